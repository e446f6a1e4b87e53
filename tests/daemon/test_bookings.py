"""Bookings are put together fill by fill, valued in dollars, and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from riskd.daemon import bookings
from riskd.daemon.bookings import BookingKeeper
from riskd.model.desk import UNLABELLED, AccountProfile, Desk, StrategyMatch
from riskd.model.flow import IncomeKind, IncomeRow
from riskd.model.history import NO_BOOKINGS, BookingColumns
from riskd.observe.facts import QuoteFact
from riskd.observe.known import AccountMemory, Flow, Heard, Known, VenueMemory

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
DESK = Desk(
    accounts=(
        AccountProfile(id="a", venue="binanceusdm"),
        AccountProfile(
            id="b",
            venue="binanceusdm",
            strategies=(
                StrategyMatch(symbols=("BTC/*",), strategy="scalp"),
                StrategyMatch(symbols=("*",), strategy="rest"),
            ),
        ),
    )
)


def an_entry(
    kind: IncomeKind,
    amount: str,
    *,
    ago: float = 60.0,
    trade: str = "",
    symbol: str = BTC,
    asset: str = "USDT",
    number: int = 1,
) -> IncomeRow:
    return IncomeRow(
        id=f"{kind}:{number}:{symbol}:{trade}",
        kind=kind,
        symbol=symbol,
        amount=Decimal(amount),
        asset=asset,
        at=NOW - timedelta(seconds=ago),
        trade=trade,
    )


def a_flow(*rows: IncomeRow, since: float = 86_400.0, until: float = 0.0) -> Flow[IncomeRow]:
    return Flow(
        rows=tuple(sorted(rows, key=lambda row: row.at)),
        since=NOW - timedelta(seconds=since),
        until=NOW - timedelta(seconds=until),
    )


def a_quote(price: str) -> QuoteFact:
    return QuoteFact(
        mark_price=Decimal(price),
        index_price=Decimal(price),
        funding_rate=None,
        next_funding_ms=None,
        quoted_ms=1,
    )


def known(
    flows: Mapping[str, Flow[IncomeRow]],
    quotes: Mapping[str, QuoteFact] | None = None,
    *,
    quoted: bool = True,
) -> Known:
    heard: Heard[Mapping[str, QuoteFact]] = Heard(value=dict(quotes or {})) if quoted else Heard()
    return Known(
        venues={"binanceusdm": VenueMemory(quotes=heard)},
        accounts={name: AccountMemory(entries=flow) for name, flow in flows.items()},
    )


def kept(
    *rows: IncomeRow, quotes: Mapping[str, QuoteFact] | None = None, account: str = "a"
) -> BookingColumns:
    keeper = BookingKeeper(DESK, days=31)
    keeper.take_in(known({account: a_flow(*rows)}, quotes), NOW)
    return keeper.columns()


def test_nothing_is_there_before_something_was_taken_in() -> None:
    assert BookingKeeper(DESK, days=31).columns() is NO_BOOKINGS


def test_the_result_and_the_fee_of_a_fill_are_one_row() -> None:
    found = kept(
        an_entry(IncomeKind.REALIZED_PNL, "-12.5", trade="7"),
        an_entry(IncomeKind.COMMISSION, "-0.5", trade="7"),
        an_entry(IncomeKind.COMMISSION, "-0.4", trade="8", ago=50.0),
        an_entry(IncomeKind.REALIZED_PNL, "3", trade="7", symbol=ETH, ago=40.0),
    )
    assert found.realized.tolist() == [-12.5, 0.0, 3.0]
    assert found.fee.tolist() == [0.5, 0.4, 0.0]
    assert found.closes.tolist() == [True, False, True]
    assert [found.symbol[line] for line in found.line.tolist()] == [BTC, BTC, ETH]
    assert found.at.tolist() == [NOW.timestamp() - ago for ago in (60.0, 50.0, 40.0)]


def test_entries_without_a_fill_stand_alone_and_transfers_are_none_of_them() -> None:
    found = kept(
        an_entry(IncomeKind.FUNDING, "-2", number=1, ago=30.0),
        an_entry(IncomeKind.FUNDING, "5", number=2, ago=20.0),
        an_entry(IncomeKind.LIQUIDATION_FEE, "-9", number=3, ago=10.0),
        an_entry(IncomeKind.TRANSFER, "1000", symbol=""),
        an_entry(IncomeKind.OTHER, "77", symbol=""),
    )
    assert found.funding.tolist() == [-2.0, 5.0, 0.0]
    assert found.fee.tolist() == [0.0, 0.0, 9.0]
    assert not found.closes.any()


def test_a_fee_in_another_coin_counts_at_its_index_price() -> None:
    entries = (
        an_entry(IncomeKind.REALIZED_PNL, "10", trade="7"),
        an_entry(IncomeKind.COMMISSION, "-0.01", trade="7", asset="BNB"),
    )
    found = kept(*entries, quotes={"BNB/USDT:USDT": a_quote("600")})
    assert found.fee.tolist() == [6.0]
    unpriced = kept(*entries)
    assert np.isnan(unpriced.fee).tolist() == [True]
    assert unpriced.realized.tolist() == [10.0]


def test_a_strategy_is_named_once_for_each_contract() -> None:
    found = kept(
        an_entry(IncomeKind.REALIZED_PNL, "1", trade="1"),
        an_entry(IncomeKind.REALIZED_PNL, "1", trade="2", ago=59.0),
        an_entry(IncomeKind.COMMISSION, "-1", trade="3", symbol=ETH),
        an_entry(IncomeKind.LIQUIDATION_FEE, "-1", symbol=""),
        account="b",
    )
    assert sorted(zip(found.symbol, found.strategy, strict=True)) == [
        ("", UNLABELLED),
        (BTC, "scalp"),
        (ETH, "rest"),
    ]
    assert set(found.account.tolist()) == {1}


def test_what_was_read_twice_counts_once_and_late_entries_join_their_fill() -> None:
    keeper = BookingKeeper(DESK, days=31)
    result = an_entry(IncomeKind.REALIZED_PNL, "-5", trade="7")
    fee = an_entry(IncomeKind.COMMISSION, "-1", trade="7")
    keeper.take_in(known({"a": a_flow(result)}), NOW)
    keeper.take_in(known({"a": a_flow(result, fee)}), NOW)
    keeper.take_in(known({"a": a_flow(result, fee)}), NOW)
    found = keeper.columns()
    assert (found.realized.tolist(), found.fee.tolist()) == ([-5.0], [1.0])


def test_columns_are_the_same_object_until_something_new_was_read() -> None:
    keeper = BookingKeeper(DESK, days=31)
    seen = known({"a": a_flow(an_entry(IncomeKind.FUNDING, "1"))})
    keeper.take_in(seen, NOW)
    first = keeper.columns()
    keeper.take_in(seen, NOW)
    assert keeper.columns() is first
    keeper.take_in(known({"a": a_flow(an_entry(IncomeKind.FUNDING, "1"), until=-5.0)}), NOW)
    assert keeper.columns() is not first


def test_it_waits_for_the_first_prices() -> None:
    keeper = BookingKeeper(DESK, days=31)
    entry = an_entry(IncomeKind.COMMISSION, "-0.01", trade="7", asset="BNB")
    keeper.take_in(known({"a": a_flow(entry)}, quoted=False), NOW)
    assert keeper.columns() is NO_BOOKINGS
    keeper.take_in(known({"a": a_flow(entry)}, {"BNB/USDT:USDT": a_quote("600")}), NOW)
    assert keeper.columns().fee.tolist() == [6.0]


def test_it_knows_since_when_nothing_is_missing() -> None:
    keeper = BookingKeeper(DESK, days=31)
    keeper.take_in(known({"a": a_flow(since=7200.0)}), NOW)
    assert keeper.columns().complete_since[0] == NOW.timestamp() - 7200.0
    assert np.isnan(keeper.columns().complete_since[1])
    # The memory of the reader is shorter than ours: what we hold already stays complete.
    keeper.take_in(known({"a": a_flow(since=60.0, until=-60.0)}), NOW)
    assert keeper.columns().complete_since[0] == NOW.timestamp() - 7200.0


def test_after_a_gap_it_starts_anew() -> None:
    keeper = BookingKeeper(DESK, days=31)
    keeper.take_in(known({"a": a_flow(an_entry(IncomeKind.FUNDING, "1", ago=9000.0), until=7200.0)}), NOW)
    keeper.take_in(known({"a": a_flow(an_entry(IncomeKind.FUNDING, "2", number=2), since=3600.0)}), NOW)
    found = keeper.columns()
    assert found.funding.tolist() == [2.0]
    assert found.complete_since[0] == NOW.timestamp() - 3600.0


def test_what_is_too_old_is_dropped_and_no_longer_said_to_be_complete() -> None:
    keeper = BookingKeeper(DESK, days=2)
    old = an_entry(IncomeKind.FUNDING, "1", ago=3 * 86_400.0)
    young = an_entry(IncomeKind.FUNDING, "2", number=2, ago=86_400.0)
    keeper.take_in(known({"a": a_flow(old, young, since=9 * 86_400.0)}), NOW)
    found = keeper.columns()
    assert found.funding.tolist() == [2.0]
    assert found.complete_since[0] == NOW.timestamp() - 2 * 86_400.0


def test_only_so_many_rows_are_kept_the_newest() -> None:
    most = bookings.ROWS_MAX
    rows = [
        an_entry(IncomeKind.FUNDING, str(n), number=n, ago=float(most + 10 - n)) for n in range(most + 10)
    ]
    found = kept(*rows)
    assert len(found.at) == most
    assert found.funding[0] == 10.0
    assert found.complete_since[0] == pytest.approx(found.at[0] - 1.0, abs=1e-3)
