"""Positions are held against the fills at quiet moments, and a difference stays until somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from riskd.daemon.fill_book import FillBook
from riskd.model.desk import AccountProfile, Desk
from riskd.model.flow import TradeRow
from riskd.observe.facts import PositionFact, PositionKey, Positions
from riskd.observe.fields import Fault
from riskd.observe.known import AccountMemory, Flow, Heard, HeldPosition, Known
from tests.fakes.clock import NOON
from tests.observe.test_flows import a_trade

BTC = "BTC/USDT:USDT"
DESK = Desk(accounts=(AccountProfile(id="a", venue="v"), AccountProfile(id="main", venue="v")))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def held(quantity: str, side: str = "BOTH", *, confirmed: bool = True) -> HeldPosition:
    fact = PositionFact(
        key=PositionKey(BTC, side),
        quantity=Decimal(quantity),
        entry_price=Decimal(1),
        mark_price=Decimal(1),
        unrealized_pnl=Decimal(0),
        notional=Decimal(1),
        initial_margin=None,
        maintenance_margin=None,
        liquidation_price=None,
        isolated_wallet=None,
        adl_rank=None,
        leverage=None,
        updated_ms=0,
    )
    return HeldPosition(fact=fact, seen_at=NOON, missing_since=None if confirmed else NOON)


@dataclass
class Story:
    """One account over time."""

    book: FillBook = field(default_factory=lambda: FillBook(DESK))
    since: float = -1e6

    def see(
        self,
        seconds: float,
        quantity: str | Sequence[HeldPosition],
        fills: Sequence[TradeRow],
        *,
        read: float | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> list[tuple[float, float]]:
        """Positions of a moment, and fills read at another (ten seconds later unless told); the comparisons after it."""
        positions = [held(quantity)] if isinstance(quantity, str) and quantity != "0" else list(quantity)
        rows = [row for row in positions if isinstance(row, HeldPosition)]
        memory = AccountMemory(
            positions=Heard(value=Positions(rows=()), requested_at=at(seconds), faults=faults),
            book=tuple(rows),
            fills={
                BTC: Flow(
                    rows=tuple(fills),
                    since=at(self.since),
                    until=at(seconds + 10 if read is None else read),
                )
            },
        )
        self.book.take_in(Known(accounts={"main": memory}))
        columns = self.book.columns()
        assert set(columns.account.tolist()) <= {1}
        moments = [moment - NOON.timestamp() for moment in columns.compared_at.tolist()]
        return list(zip(columns.difference.tolist(), moments, strict=True))


def test_the_watch_begins_with_what_is_held() -> None:
    assert Story().see(0, "2", []) == [(0.0, 0.0)]


def test_fills_that_explain_a_change_leave_no_difference() -> None:
    story = Story()
    story.see(0, "2", [])
    bought = [a_trade(30, "1.5")]
    assert story.see(40, "3.5", bought) == [(0.0, 0.0)]  # too soon for another comparison
    assert story.see(100, "3.5", bought) == [(0.0, 100.0)]


def test_a_change_without_a_fill_is_a_difference_that_stays() -> None:
    story = Story()
    story.see(0, "2", [])
    assert story.see(100, "1", []) == [(-1.0, 100.0)]
    assert story.see(200, "1", []) == [(-1.0, 100.0)]  # nothing new: compared again after five minutes
    assert story.see(500, "1", []) == [(-1.0, 500.0)]


def test_a_fill_that_the_position_does_not_show_is_a_difference() -> None:
    story = Story()
    story.see(0, "2", [])
    assert story.see(400, "2", [a_trade(100, "-0.5")]) == [(0.5, 400.0)]


def test_nothing_is_compared_before_the_fills_around_it_have_been_read() -> None:
    story = Story()
    assert story.see(0, "2", [], read=4.0) == []
    assert story.book.due() == {"main": (BTC,)}
    assert story.see(10, "2", [], read=6.0) == [(0.0, 0.0)]
    assert story.book.due() == {}


def test_a_moment_around_which_something_was_filled_is_not_compared() -> None:
    story = Story()
    story.see(0, "2", [])
    busy = [a_trade(99, "1")]
    assert story.see(100, "3", busy) == [(0.0, 0.0)]
    assert story.see(110, "3", busy) == [(0.0, 110.0)]


def test_both_sides_of_hedge_mode_count_together() -> None:
    story = Story()
    both = [held("2", "LONG"), held("-1", "SHORT")]
    assert story.see(0, both, []) == [(0.0, 0.0)]
    closed = [a_trade(50, "1", side="SHORT")]
    assert story.see(100, [held("2", "LONG")], closed) == [(0.0, 100.0)]


def test_a_gap_in_the_fills_begins_the_watch_anew() -> None:
    story = Story()
    story.see(0, "2", [])
    story.since = 50
    assert story.see(400, "7", []) == [(0.0, 400.0)]


def test_what_was_closed_by_fills_is_forgotten_and_what_was_not_is_told() -> None:
    story = Story()
    story.see(0, "2", [])
    assert story.see(100, "0", [a_trade(50, "-2")]) == []
    other = Story()
    other.see(0, "2", [])
    assert other.see(100, "0", []) == [(-2.0, 100.0)]


def test_a_doubtful_position_is_not_compared() -> None:
    story = Story()
    assert story.see(0, [held("2", confirmed=False)], []) == []
    assert story.see(0, "2", [], faults=(Fault("", "a row"),)) == []
    assert story.book.due() == {}
