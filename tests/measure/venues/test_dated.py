"""Dated bracket tables: which one was in force, and that every one of them is the integral of its rates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from riskd.measure.venues import MODELS, DatedBrackets, Holding, isolated, linear, liquidation_price
from riskd.model.instrument import Bracket, BracketTable
from tests.shared_data import shared_path

OCTOBER_2024 = datetime(2024, 10, 1, tzinfo=UTC)
SEPTEMBER_2026 = datetime(2026, 9, 1, tzinfo=UTC)


def a_table(read_at: datetime, *rows: tuple[str, str, str], symbol: str = "BTC/USDT:USDT") -> BracketTable:
    """Rows are floor, rate, amount."""
    caps = [floor for floor, _, _ in rows[1:]] + ["1e12"]
    return BracketTable(
        venue="binanceusdm",
        symbol=symbol,
        read_at=read_at,
        brackets=tuple(
            Bracket(
                notional_floor=Decimal(floor),
                notional_cap=Decimal(cap),
                maintenance_margin_rate=Decimal(rate),
                maintenance_amount=Decimal(amount),
                leverage_max=Decimal(20),
            )
            for (floor, rate, amount), cap in zip(rows, caps, strict=True)
        ),
    )


OLD = a_table(OCTOBER_2024, ("0", "0.004", "0"), ("50000", "0.005", "50"))
NEW = a_table(SEPTEMBER_2026, ("0", "0.004", "0"), ("300000", "0.005", "300"))
TABLES = DatedBrackets([NEW, OLD])


@pytest.mark.parametrize(
    ("at", "expected", "superseded"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), OLD, SEPTEMBER_2026),
        (OCTOBER_2024, OLD, SEPTEMBER_2026),
        (SEPTEMBER_2026, NEW, None),
        (datetime(2027, 1, 1, tzinfo=UTC), NEW, None),
    ],
)
def test_a_moment_is_answered_with_the_newest_table_that_had_been_read(
    at: datetime, expected: BracketTable, superseded: datetime | None
) -> None:
    found = TABLES.in_force("binanceusdm", "BTC/USDT:USDT", at)
    assert found is not None
    assert found.table is expected
    assert found.superseded_at == superseded
    assert found.age_seconds == (at - expected.read_at).total_seconds()


def test_the_table_that_was_used_is_named() -> None:
    found = TABLES.in_force("binanceusdm", "BTC/USDT:USDT", datetime(2025, 1, 1, tzinfo=UTC))
    assert found is not None
    assert found.named() == "BTC/USDT:USDT brackets of binanceusdm, read 2024-10-01"


def test_a_moment_before_the_first_table_has_none() -> None:
    assert TABLES.in_force("binanceusdm", "BTC/USDT:USDT", datetime(2024, 1, 1, tzinfo=UTC)) is None
    assert TABLES.in_force("binanceusdm", "ETH/USDT:USDT", SEPTEMBER_2026) is None


def test_a_table_whose_amount_is_of_another_date_is_named() -> None:
    mixed = a_table(SEPTEMBER_2026, ("0", "0.004", "0"), ("300000", "0.005", "50"), symbol="X/USDT:USDT")
    assert TABLES.unsound() == ()
    (finding,) = DatedBrackets([OLD, mixed]).unsound()
    assert finding == (
        "X/USDT:USDT of binanceusdm, read 2026-09-01: tier 2 from 300000 at 0.005: deduction 50, expected 300"
    )


def recorded() -> DatedBrackets:
    text = json.loads(shared_path("data/tiers_binance_usdm_2024-10_2026-09.json").read_text())
    return DatedBrackets(
        BracketTable(
            venue="binanceusdm",
            symbol=symbol,
            read_at=datetime.strptime(f"{date}-01", "%Y-%m-%d").replace(tzinfo=UTC),
            brackets=tuple(
                Bracket(
                    notional_floor=Decimal(repr(tier["floor"])),
                    notional_cap=Decimal(repr(tier["cap"])),
                    maintenance_margin_rate=Decimal(repr(tier["mmr"])),
                    maintenance_amount=Decimal(repr(tier["cum"])),
                    leverage_max=Decimal(repr(tier["max_leverage"])),
                )
                for tier in tiers
            ),
        )
        for date, symbols in text["snapshots"].items()
        for symbol, tiers in symbols.items()
    )


@pytest.mark.shared
def test_every_recorded_table_is_the_integral_of_its_rates() -> None:
    tables = recorded()
    assert len(tables.tables("binanceusdm", "BTC/USDT:USDT")) == 2
    assert tables.unsound() == ()


@pytest.mark.shared
def test_a_change_of_brackets_moves_a_liquidation_price() -> None:
    tables = recorded()
    prices = []
    for at in (datetime(2025, 1, 1, tzinfo=UTC), SEPTEMBER_2026):
        found = tables.in_force("binanceusdm", "BTC/USDT:USDT", at)
        assert found is not None
        holding = Holding(position=linear(100.0, 60_000.0), mark=60_000.0, maintenance=found.schedule())
        prices.append(liquidation_price(MODELS["binance_usdm"], [holding], isolated(1_000_000.0)))
    assert prices[0] is not None
    assert prices[1] is not None
    assert abs(prices[0] - prices[1]) > 1.0
