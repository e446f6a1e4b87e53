"""How much more may be held, and opened, in numbers; that the answer is the boundary, on books that really hold so much."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.judge.evaluate import evaluate
from riskd.judge.first_crossing import Fate
from riskd.judge.larger import Binding, More, least_reached, more_of
from riskd.measure.book.book import Book
from riskd.measure.catalogue import with_defaults
from riskd.measure.spec import MeasureRef, Unit
from riskd.measure.supposed.growth import Growth, growth_of_held, growth_of_opening
from riskd.measure.supposed.suppose_opened import Opening
from riskd.model.history import History
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from tests.builders import (
    BTC,
    ETH,
    NAN,
    NOW,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    a_stop,
    a_surface,
    an_account,
    an_equity_series,
    an_instrument,
)
from tests.builders_rules import a_rule, at_least, at_most, within
from tests.measure.larger_books import larger, opened, opening_of, row_of
from tests.measure.moved_books import Holdings, random_holdings

ROOM = a_rule(
    at_least(warn=0.35, breach=0.2),
    id="test/room",
    measure="liquidation_distance",
    unit=Unit.RATIO,
    grain=Grain.ACCOUNT,
)
STOPS = a_rule(
    at_least(warn=1.0), id="test/stops", measure="stop_coverage", unit=Unit.RATIO, grain=Grain.POSITION
)
LOT = Decimal("0.001")


def more(snapshot: Snapshot, *rules: Rule, row: int = 0) -> More:
    return more_of(growth_of_held(snapshot, row), a_history(snapshot), rules=rules, now=NOW)


def opened_more(snapshot: Snapshot, *rules: Rule, symbol: str = ETH, side: str = "long") -> More:
    (instrument,) = (code for code, each in enumerate(snapshot.instruments) if each.symbol == symbol)
    opening = Opening(account=0, instrument=instrument, side=side, strategy=0, leverage=10.0, isolated=False)
    return more_of(growth_of_opening(snapshot, opening), a_history(snapshot), rules=rules, now=NOW)


def quantities(found: More) -> Sequence[Decimal | None]:
    return [binding.quantity for binding in found.bindings]


def notionals(found: More) -> Sequence[float]:
    return [binding.notional for binding in found.bindings]


# ---- what is held ------------------------------------------------------------------------------------------------


def test_how_much_more_leverage_allows_in_whole_lots() -> None:
    # 60,000 on 30,000 is 2x. 4x: 60,000 + N = 4 (30,000 - 0.0005 N), N = 60,000 / 1.002 = 59,880; 5x: 90,000 / 1.0025.
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 1)])
    found = more(snapshot, a_rule(at_most(warn=4, breach=5)))
    assert quantities(found) == [Decimal("0.998"), Decimal("1.496")], "lots of 60 dollars"
    assert notionals(found) == [59_880.0, 89_760.0]
    assert found.growth.held == 60_000.0
    assert found.growth.affordable == pytest.approx(24_000.0 / 0.1005)


def test_the_rule_that_is_reached_first_binds() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 1)])
    found = more(snapshot, a_rule(at_most(warn=3, breach=4)), ROOM)
    names = [binding.first.rule.id for binding in found.bindings if binding.first is not None]
    # Room of 35 % is left at about 2.8x, of 20 % at about 4.9x.
    assert names == ["test/room", "test/leverage"]


def test_stops_grow_with_the_position_and_so_do_not_bind() -> None:
    orders = [a_stop(BTC, "SELL", 1, 57_000.0)]
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], orders=orders)
    (binding,) = more(snapshot, STOPS).bindings
    assert (binding.quantity, binding.notional, binding.first) == (None, math.inf, None)


def test_a_limit_that_is_reached_already_leaves_no_room_and_says_that_it_is() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=10_000.0)], positions=[a_position(BTC, 1)])
    warn, breach, critical = more(snapshot, a_rule(at_most(warn=2, breach=5, critical=8))).bindings
    assert (warn.quantity, warn.notional, warn.now) == (Decimal(0), 0.0, Level.BREACH)
    assert (breach.quantity, breach.now) == (Decimal(0), Level.BREACH)
    assert breach.first is not None
    assert breach.first.fate is Fate.ALREADY
    assert critical.now is Level.OK
    assert critical.notional > 0.0


def test_what_only_the_fee_makes_worse_leaves_no_room_once_it_is_in_breach() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=80_000.0)], positions=[a_position(BTC, 1)])
    history = a_history(snapshot, equity={"main": an_equity_series([(7_200.0, 100_000.0), (60.0, 80_000.0)])})
    rule = a_rule(at_most(breach=0.1, critical=0.22), id="test/fall", unit=Unit.RATIO)
    fall = replace(rule, measure=MeasureRef("drawdown", (("window", 86_400.0),)))
    breach, critical = more_of(growth_of_held(snapshot, 0), history, rules=(fall,), now=NOW).bindings
    assert (breach.quantity, breach.now) == (Decimal(0), Level.BREACH)
    # 2,000 more are lost in fees of 5 bps on 4,000,000.
    assert critical.notional == pytest.approx(4_000_000.0, abs=60.0)


def test_an_account_without_equity_has_no_room_and_takes_none_from_the_others() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=30_000.0), an_account("broke", wallet=-200_000.0)],
        positions=[a_position(BTC, 1), a_position(BTC, 1, account="broke")],
    )
    (main,) = more(snapshot, a_rule(at_most(breach=5))).bindings
    assert main.notional == 89_760.0
    (broke,) = more(snapshot, a_rule(at_most(breach=5)), row=1).bindings
    assert (broke.quantity, broke.now) == (Decimal(0), Level.BREACH)


def test_a_limit_of_another_account_does_not_bind() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other", wallet=10_000.0)],
        positions=[a_position(ETH, 1), a_position(BTC, 1, account="other")],
    )
    (binding,) = more(snapshot, a_rule(at_most(breach=5))).bindings
    assert binding.notional == pytest.approx((500_000 - 3_000) / 1.0025, abs=3.0)


def test_a_position_that_brings_a_rule_back_is_not_bound_by_it() -> None:
    # 1 BTC of spot, hedged by half of one: more of the short mends the hedge, up to where it is too much.
    snapshot = a_snapshot(
        positions=[a_position(BTC, -0.5)], spot=[a_spot("BTC", 1.0, 60_000.0)], hedges=(a_hedge("carry"),)
    )
    hedge = a_rule(at_least(breach=0.9), measure="hedge_ratio", unit=Unit.RATIO, grain=Grain.HEDGE)
    assert notionals(more(snapshot, hedge)) == [math.inf]
    band = replace(hedge, limit=within(breach=(0.9, 1.1)))
    assert quantities(more(snapshot, band)) == [None], "the first crossing was before it began"


def test_what_cannot_be_judged_and_may_bind_is_named_beside_the_answer() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[a_position(ETH, 1), a_position(BTC, 1, account="other", mark=NAN)],
    )
    alone = more(snapshot, a_rule(at_most(breach=5)))
    assert alone.unclear == (), "nothing done in one account changes what is said of another"
    assert alone.bindings[0].unclear == ()
    both = more(
        snapshot, a_rule(at_most(breach=5)), a_rule(at_most(breach=5), id="test/all", grain=Grain.PORTFOLIO)
    )
    assert [(each.rule.id, each.why) for each in both.unclear] == [
        ("test/all", "mark price of BTC/USDT:USDT")
    ]
    (binding,) = both.bindings
    assert binding.first is not None
    assert [each.rule.id for each in binding.unclear] == ["test/all"], "so that this is the most it can be"


def test_where_nothing_can_be_judged_the_room_is_unknown_and_not_without_limit() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], accounts=[an_account("main", wallet=NAN)])
    (binding,) = more(snapshot, a_rule(at_most(breach=5))).bindings
    assert binding.quantity is None
    assert math.isnan(binding.notional)
    assert [each.why for each in binding.unclear] == ["equity of main"]


# ---- what nobody holds -------------------------------------------------------------------------------------------


def a_book(*, wallet: float = 30_000.0, **instrument: object) -> Snapshot:
    return a_snapshot(
        accounts=[an_account("main", wallet=wallet)],
        positions=[a_position(BTC, 1)],
        instruments=[an_instrument(ETH, **instrument)],
    )


def test_how_much_may_be_opened_in_numbers() -> None:
    # As above, in lots of three dollars: 59,880.23 and 89,775.56.
    found = opened_more(a_book(), a_rule(at_most(warn=4, breach=5)))
    assert notionals(found) == [59_880.0, 89_775.0]
    assert quantities(found) == [Decimal("19.960"), Decimal("29.925")]
    assert str(found.growth.position) == "account=main symbol=ETH/USDT:USDT side=long"
    assert found.growth.held == 0.0


def test_what_any_position_breaks_leaves_no_room_and_what_there_is_apart_from_it_is_told() -> None:
    warn, breach = opened_more(a_book(), STOPS, a_rule(at_most(warn=4, breach=5))).bindings
    assert (warn.quantity, warn.now) == (Decimal(0), Level.OK)
    assert warn.first is not None
    assert warn.first.rule.id == "test/stops"
    assert warn.first.subject.part("symbol") == ETH
    assert warn.apart is not None
    assert warn.apart.notional == 59_880.0
    assert (breach.notional, breach.apart) == (89_775.0, None)


def test_less_than_the_smallest_order_is_no_room() -> None:
    # A dollar is left before 2x, and the venue takes no order below twenty.
    snapshot = a_book(wallet=30_000.5, notional_min="20")
    (binding,) = opened_more(snapshot, a_rule(at_most(breach=2))).bindings
    assert (binding.quantity, binding.now) == (Decimal(0), Level.OK)
    assert binding.apart is not None
    assert binding.apart.notional == math.inf


def test_a_limit_on_the_number_of_positions_leaves_no_room_for_one_more() -> None:
    count = a_rule(at_most(breach=1), measure="open_positions", unit=Unit.COUNT)
    (binding,) = opened_more(a_book(), count).bindings
    assert (binding.quantity, binding.now) == (Decimal(0), Level.OK)


def test_a_short_is_measured_as_a_short() -> None:
    # Net 60,000 long: a short brings it down, and is out of the band only when it is 60,000 + 1x of equity.
    net = a_rule(within(breach=(-1.0, 5.0)), id="test/net", measure="net_delta", unit=Unit.RATIO)
    snapshot = a_book()
    (short,) = opened_more(snapshot, net, side="short").bindings
    # 60,000 - N = -(30,000 - 0.0005 N): N = 90,000 / 1.0005.
    assert short.notional == pytest.approx(90_000 / 1.0005, abs=3.0)
    (long,) = opened_more(snapshot, net).bindings
    assert long.notional == pytest.approx(90_000 / 1.0025, abs=3.0)


def test_without_brackets_what_needs_them_is_unknown_and_what_does_not_is_told() -> None:
    found = opened_more(a_book(brackets=()), a_rule(at_most(breach=5)), ROOM)
    breach = found.bindings[-1]
    assert breach.first is not None
    assert breach.notional == 89_775.0
    assert [each.rule.id for each in breach.unclear] == ["test/room"]
    assert [each.why for each in found.unclear] == ["leverage brackets of ETH/USDT:USDT"]


def test_a_place_in_the_queue_that_only_the_venue_knows_is_unknown() -> None:
    rank = a_rule(at_most(breach=3), measure="adl_rank", unit=Unit.COUNT, grain=Grain.POSITION)
    (binding,) = opened_more(a_book(), rank).bindings
    assert math.isnan(binding.notional)
    assert [str(each.subject) for each in binding.unclear] == ["account=main symbol=ETH/USDT:USDT side=long"]


def test_an_account_whose_positions_are_not_known_has_no_room_that_anybody_knows() -> None:
    blind = a_surface(Surface.POSITIONS, quality=Quality.BLIND, age_seconds=None, reason="http:502")
    snapshot = a_snapshot(instruments=[an_instrument(ETH)], surfaces=[blind])
    (binding,) = opened_more(snapshot, a_rule(at_most(breach=5))).bindings
    assert math.isnan(binding.notional)


# ---- the boundary ------------------------------------------------------------------------------------------------

RULES = (
    a_rule(at_most(warn=3, breach=6, critical=12), id="test/leverage"),
    a_rule(at_most(warn=1.5, breach=4), id="test/desk", grain=Grain.PORTFOLIO),
    a_rule(
        at_most(warn=0.1, breach=0.3, critical=0.6), id="test/margin", measure="margin_ratio", unit=Unit.RATIO
    ),
    a_rule(
        at_least(warn=0.3, breach=0.15, critical=0.05),
        id="test/room",
        measure="liquidation_distance",
        unit=Unit.RATIO,
        grain=Grain.POSITION,
    ),
    a_rule(
        at_most(warn=2, breach=5),
        id="test/share",
        measure="share_of_equity",
        unit=Unit.RATIO,
        grain=Grain.ASSET,
    ),
    replace(
        a_rule(at_least(warn=0.3, breach=0.1), id="test/shock", unit=Unit.RATIO),
        measure=with_defaults(MeasureRef("account_shock")),
    ),
)


def reached(book: tuple[Snapshot, History], level: Level) -> set[tuple[str, Subject]]:
    """Every rule and subject that is at a level or beyond."""
    readings = evaluate(RULES, Book.of(*book), now=NOW)
    return {
        (reading.rule.id, reading.subject(row))
        for reading in readings
        for row, each in enumerate(reading.levels.tolist())
        if each >= level
    }


def check_boundary(binding: Binding, growth: Growth, held_with: Callable[[Decimal], Holdings]) -> None:
    """One lot more breaches what binds, and so much does not: of books that are built with the position in them."""
    if binding.apart is not None:
        check_boundary(binding.apart, growth, held_with)
        return
    if binding.first is None or binding.quantity is None:
        return
    key = (binding.first.rule.id, binding.first.subject)
    smallest, kept, broken = (
        reached(held_with(quantity).at(_unmoved), binding.level)
        for quantity in (growth.quantity(growth.smallest), binding.quantity, binding.quantity + LOT)
    )
    assert key not in kept
    assert key in broken
    assert kept <= smallest, "no other rule was reached before"


def _unmoved(_: str) -> float:
    return 0.0


@settings(max_examples=25, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_may_be_opened_is_the_boundary_of_books_that_really_hold_it(seed: int) -> None:
    holdings = random_holdings(seed)
    opening = opening_of(holdings, seed)
    assume(opening is not None)
    assert opening is not None
    snapshot, history = holdings.at(_unmoved)
    growth = growth_of_opening(snapshot, opening)
    found = more_of(growth, history, rules=RULES, now=NOW)
    assert found.unclear == ()
    assert [binding.level for binding in found.bindings] == [Level.WARN, Level.BREACH, Level.CRITICAL]
    for binding in found.bindings:
        check_boundary(binding, growth, partial(opened, holdings, growth, opening.stop))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_how_much_more_may_be_held_is_the_boundary_too(seed: int) -> None:
    holdings = random_holdings(seed)
    assume(holdings.positions)
    row = seed % len(holdings.positions)
    snapshot, history = holdings.at(_unmoved)
    growth = growth_of_held(snapshot, row_of(snapshot, holdings, row))
    for binding in more_of(growth, history, rules=RULES, now=NOW).bindings:
        check_boundary(binding, growth, lambda quantity: larger(holdings, row, round(quantity / LOT)))


def test_the_least_number_is_found_wherever_the_search_begins() -> None:
    for least in range(1, 40):
        for far in range(least, 41):
            for near in range(41):
                found = least_reached(partial(operator.le, least), near=near, far=far, kept=0)
                assert found == least
