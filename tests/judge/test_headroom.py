"""How much more may be held, and what is left of each limit, in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from riskd.judge.evaluate import evaluate
from riskd.judge.first_crossing import Fate
from riskd.judge.headroom import More, Room, more_of, rooms
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
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
    an_account,
)
from tests.builders_rules import a_rule, at_least, at_most, within

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


def more(snapshot: Snapshot, *rules: Rule, row: int = 0) -> More:
    return more_of(snapshot, a_history(snapshot), row, rules=rules, now=NOW)


def room(snapshot: Snapshot, rule: Rule) -> Room:
    (found,) = rooms(evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=NOW))
    return found


def notionals(found: More) -> Sequence[float]:
    return [binding.notional for binding in found.bindings]


def test_how_much_more_leverage_allows_in_numbers() -> None:
    # 60,000 on 30,000 is 2x. 4x: 60,000 + N = 4 (30,000 - 0.0005 N), N = 60,000 / 1.002; 5x: 90,000 / 1.0025.
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 1)])
    found = more(snapshot, a_rule(at_most(warn=4, breach=5)))
    assert notionals(found) == pytest.approx([60_000 / 1.002, 90_000 / 1.0025], rel=1e-3)
    assert found.bindings[0].notional >= 60_000 / 1.002, "beyond there, not almost"
    assert found.notional == 60_000.0
    assert found.affordable == pytest.approx(24_000.0 / 0.1005)


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
    assert (binding.notional, binding.first) == (math.inf, None)


def test_a_limit_that_is_reached_already_leaves_no_room() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=10_000.0)], positions=[a_position(BTC, 1)])
    (binding,) = more(snapshot, a_rule(at_most(breach=5))).bindings
    assert binding.notional == 0.0
    assert binding.first is not None
    assert binding.first.fate is Fate.ALREADY


def test_a_limit_of_another_account_does_not_bind() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other", wallet=10_000.0)],
        positions=[a_position(ETH, 1), a_position(BTC, 1, account="other")],
    )
    (binding,) = more(snapshot, a_rule(at_most(breach=5))).bindings
    assert binding.notional == pytest.approx((500_000 - 3_000) / 1.0025, rel=1e-3)


def test_a_position_that_brings_a_rule_back_is_not_bound_by_it() -> None:
    # 1 BTC of spot, hedged by half of one: more of the short mends the hedge.
    snapshot = a_snapshot(
        positions=[a_position(BTC, -0.5)], spot=[a_spot("BTC", 1.0, 60_000.0)], hedges=(a_hedge("carry"),)
    )
    hedge = a_rule(at_least(breach=0.9), measure="hedge_ratio", unit=Unit.RATIO, grain=Grain.HEDGE)
    assert room(snapshot, hedge).level == Level.BREACH
    assert notionals(more(snapshot, hedge)) == [math.inf]


def test_what_cannot_be_judged_is_named_beside_the_answer() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[a_position(ETH, 1), a_position(BTC, 1, account="other", mark=NAN)],
    )
    found = more(snapshot, a_rule(at_most(breach=5)))
    assert [(str(each.subject), each.why) for each in found.unclear] == [
        ("account=other", "mark price of BTC/USDT:USDT")
    ]


def test_what_is_left_of_a_limit() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 2)])
    found = room(snapshot, a_rule(at_most(warn=3, breach=5, critical=6)))
    assert (found.value, found.level, found.next_level) == (4.0, Level.WARN, Level.BREACH)
    assert (found.limit, found.room) == (5.0, 1.0)
    assert found.used == pytest.approx(0.8)
    beyond = room(snapshot, a_rule(at_most(warn=2, breach=3)))
    assert (beyond.next_level, beyond.limit, beyond.room) == (None, 3.0, 0.0)
    below = room(snapshot, a_rule(at_least(breach=1.0)))
    assert (below.limit, below.room) == (1.0, 3.0)
    band = room(snapshot, a_rule(within(breach=(3.5, 6.0))))
    assert (band.limit, band.room) == (3.5, 0.5)


def test_what_is_left_of_an_unknown_value_is_unknown() -> None:
    found = room(a_snapshot(positions=[a_position(BTC, 1, mark=NAN)]), a_rule())
    assert math.isnan(found.room)
    assert math.isnan(found.value)
    assert found.next_level is None
    assert found.why == "mark price of BTC/USDT:USDT"
