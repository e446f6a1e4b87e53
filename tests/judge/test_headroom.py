"""What is left of each limit, in numbers."""

from __future__ import annotations

import math

import pytest

from riskd.judge.evaluate import evaluate
from riskd.judge.headroom import Room, rooms
from riskd.measure.book.book import Book
from riskd.model.snapshot import Snapshot
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from tests.builders import BTC, NAN, NOW, a_history, a_position, a_snapshot, an_account
from tests.builders_rules import a_rule, at_least, at_most, within


def room(snapshot: Snapshot, rule: Rule) -> Room:
    (found,) = rooms(evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=NOW))
    return found


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
