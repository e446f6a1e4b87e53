"""Entries of the wallet's history: what kind they are, and which fill they belong to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from riskd.model.flow import IncomeKind
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.normalise import dialect_of
from tests.observe.rows import VENUE, an_entry, listing

BINANCE = dialect_of(VENUE)
LISTING = listing("BTC", "ETH", "ADA", "COMP")


def test_income_is_told_apart_by_kind_and_number() -> None:
    rows: list[Any] = [
        {
            "symbol": "",
            "incomeType": "TRANSFER",
            "income": "-0.37500000",
            "asset": "USDT",
            "info": "TRANSFER",
            "time": 1570608000000,
            "tranId": "9689322392",
            "tradeId": "",
        },
        {
            "symbol": "BTCUSDT",
            "incomeType": "COMMISSION",
            "income": "-0.01000000",
            "asset": "USDT",
            "info": "COMMISSION",
            "time": 1570636800000,
            "tranId": 9689322392,
            "tradeId": "2059192",
        },
    ]

    read = BINANCE.income([*rows, rows[1]], LISTING, PLAUSIBLE)

    assert read.faults == ()
    transfer, fee = read.value
    assert (transfer.kind, transfer.amount, transfer.symbol) == (
        IncomeKind.TRANSFER,
        Decimal("-0.37500000"),
        "",
    )
    assert (fee.kind, fee.symbol, fee.at) == (
        IncomeKind.COMMISSION,
        "BTC/USDT:USDT",
        datetime(2019, 10, 9, 16, tzinfo=UTC),
    )
    assert transfer.id != fee.id
    assert (transfer.trade, fee.trade) == ("", "2059192")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("REALIZED_PNL", IncomeKind.REALIZED_PNL),
        ("DELIVERED_SETTELMENT", IncomeKind.REALIZED_PNL),
        ("INSURANCE_CLEAR", IncomeKind.LIQUIDATION_FEE),
        ("FUNDING_FEE", IncomeKind.FUNDING),
        ("API_REBATE", IncomeKind.OTHER),
    ],
)
def test_the_kinds_of_income_that_matter_are_told_apart(word: str, kind: IncomeKind) -> None:
    row: Any = an_entry(word, "-1", at=datetime(2026, 3, 4, tzinfo=UTC), symbol="BTCUSDT")

    assert BINANCE.income([row], LISTING, PLAUSIBLE).value[0].kind is kind


@pytest.mark.parametrize("trade", ["", None, "not a number", 7, "7"])
def test_an_entry_counts_whatever_stands_where_its_fill_is_named(trade: str | int | None) -> None:
    row: Any = an_entry("COMMISSION", "-1", at=datetime(2026, 3, 4, tzinfo=UTC), symbol="BTCUSDT")

    (entry,) = BINANCE.income([row | {"tradeId": trade}], LISTING, PLAUSIBLE).value

    assert entry.trade == ("7" if trade in (7, "7") else "")
