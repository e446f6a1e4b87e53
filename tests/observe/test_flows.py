"""Rows of many reads are one row each, and a gap between two reads is never papered over."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from riskd.model.flow import IncomeKind, IncomeRow, TradeRow
from riskd.model.order import Direction
from riskd.model.report import Report, Surface
from riskd.observe.corroborate import closing_filled, opened_at
from riskd.observe.facts import PositionFact, PositionKey
from riskd.observe.flows import ROWS_MAX, booked_between, extended
from riskd.observe.known import AccountMemory, Flow, HeldPosition
from tests.fakes.clock import NOON
from tests.observe.rows import ms
from tests.observe.world import BTC, report


def an_entry(number: int, amount: str = "-1") -> IncomeRow:
    """An entry at NOON plus its number of seconds."""
    return IncomeRow(
        id=f"f:{number}",
        kind=IncomeKind.FUNDING,
        symbol=BTC,
        amount=Decimal(amount),
        asset="USDT",
        at=NOON + timedelta(seconds=number),
    )


def a_trade(number: int, quantity: str, *, side: str = "BOTH") -> TradeRow:
    """A fill at NOON plus its number of seconds; a negative quantity sells."""
    signed = Decimal(quantity)
    return TradeRow(
        id=str(number),
        order_id="1",
        symbol=BTC,
        position_side=side,
        direction=Direction.BUY if signed > 0 else Direction.SELL,
        quantity=abs(signed),
        price=Decimal(60000),
        realized_pnl=Decimal(0),
        fee=Decimal(0),
        fee_asset="USDT",
        maker=False,
        at=NOON + timedelta(seconds=number),
    )


def read(covers_from: datetime, at: datetime, *, complete: bool = True) -> Report:
    return report(Surface.INCOME, [], at=at, covers_from=covers_from, complete=complete)


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def test_overlapping_reads_count_each_row_once() -> None:
    first = extended(None, [an_entry(1), an_entry(2)], read(seconds(0), seconds(10)))

    both = extended(first, [an_entry(2), an_entry(11)], read(seconds(2), seconds(20)))

    assert [row.id for row in both.rows] == ["f:1", "f:2", "f:11"]
    assert (both.since, both.until) == (seconds(0), seconds(20))


def test_a_read_that_does_not_reach_back_starts_anew() -> None:
    first = extended(None, [an_entry(1)], read(seconds(0), seconds(10)))

    second = extended(first, [an_entry(100)], read(seconds(60), seconds(120)))

    assert [row.id for row in second.rows] == ["f:100"]
    assert second.since == seconds(60)


def test_an_incomplete_read_knows_nothing_of_what_came_after_its_last_row() -> None:
    flow = extended(None, [an_entry(1), an_entry(2)], read(seconds(0), seconds(60), complete=False))

    assert flow.until == seconds(2)


def test_a_read_without_rows_still_says_that_there_were_none() -> None:
    first = extended(None, [an_entry(1)], read(seconds(0), seconds(10)))

    assert extended(first, [], read(seconds(5), seconds(20))).until == seconds(20)


def test_old_rows_are_let_go_and_the_beginning_moves_with_them() -> None:
    rows = [an_entry(number) for number in range(ROWS_MAX + 10)]

    flow = extended(None, rows, read(seconds(-1), seconds(9999)))

    assert len(flow.rows) == ROWS_MAX
    assert flow.since > seconds(10)


def test_bookings_are_summed_only_where_nothing_is_missing() -> None:
    flow = Flow(rows=(an_entry(1, "-5"), an_entry(8, "-7")), since=seconds(-60), until=seconds(10))
    account = AccountMemory(entries=flow)

    assert booked_between(account, seconds(4), seconds(10)) == Decimal(-7)
    assert booked_between(account, seconds(-100), seconds(10)) is None
    assert booked_between(account, seconds(4), seconds(60)) is None


def test_a_position_was_opened_where_it_last_left_zero_or_turned() -> None:
    key = PositionKey(BTC, "BOTH")
    flow = Flow(
        rows=(a_trade(1, "-1"), a_trade(2, "3"), a_trade(3, "2"), a_trade(4, "-1")),
        since=seconds(0),
        until=seconds(9),
    )

    assert opened_at(key, Decimal(3), flow) == seconds(2)
    assert opened_at(key, Decimal(2), flow) == seconds(2)  # 1 was held short before: it turned
    assert opened_at(key, Decimal(50), flow) is None


def test_fills_of_the_other_side_of_hedge_mode_close_nothing() -> None:
    fact = PositionFact(
        key=PositionKey(BTC, "LONG"),
        quantity=Decimal(2),
        entry_price=Decimal(1),
        mark_price=Decimal(1),
        unrealized_pnl=Decimal(0),
        notional=Decimal(2),
        initial_margin=None,
        maintenance_margin=None,
        liquidation_price=None,
        isolated_wallet=None,
        adl_rank=None,
        leverage=None,
        updated_ms=ms(NOON),
    )
    held = HeldPosition(fact=fact, seen_at=NOON)
    other = Flow(rows=(a_trade(1, "-2", side="SHORT"),), since=seconds(-9), until=seconds(9))
    own = Flow(rows=(a_trade(1, "-2", side="LONG"),), since=seconds(-9), until=seconds(9))

    assert not closing_filled(held, other)
    assert closing_filled(held, own)
