"""All alerts one step on: absence is missing data, closing must be proven, and healthy subjects cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.advance import NO_LONGER_SEEN, SCOPE_NOT_SEEN, Advance, advance
from riskd.judge.evaluate import evaluate
from riskd.judge.lifecycle import step
from riskd.judge.transition import Reason
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.alert import AlertKey, AlertState, Condition, EventKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, Subject, account_subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Match, MissingThen, Rule, Selector
from tests.builders import (
    BTC,
    ETH,
    NOW,
    PositionRow,
    a_history,
    a_position,
    a_snapshot,
    a_surface,
    an_account,
)
from tests.builders_rules import a_rule, at_most

SHARE = a_rule(
    at_most(warn=0.3, breach=0.5),
    measure="share_of_equity",
    unit=Unit.RATIO,
    grain=Grain.POSITION,
    id="test/share",
    clear_for=60,
    missing_hold=60,
)
LONG = position_subject("main", BTC, "long")
KEY = AlertKey(rule=SHARE.id, subject=LONG)


def never(_: Subject) -> bool:
    return False


def always(_: Subject) -> bool:
    return True


class Story:
    """Alerts over a sequence of snapshots, 30 seconds apart."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.states: dict[AlertKey, AlertState] = {}
        self.ticks = 0
        self.last: Advance | None = None

    def tick(
        self,
        positions: Sequence[PositionRow] = (),
        *,
        closed: Callable[[Subject], bool] = never,
        rules: Sequence[Rule] | None = None,
        **changes: object,
    ) -> list[str]:
        """Advance by one snapshot; the kinds of the events."""
        now = NOW + timedelta(seconds=30 * self.ticks)
        self.ticks += 1
        snapshot = a_snapshot(
            accounts=[an_account("main", wallet=100_000)],
            positions=positions,
            **changes,  # type: ignore[arg-type]
        )
        self.last = self._advance(snapshot, self.rules if rules is None else rules, now, closed)
        self.states = self.last.states
        return [event.kind.value for event in self.last.events]

    def _advance(
        self, snapshot: Snapshot, rules: Sequence[Rule], now: datetime, closed: Callable[[Subject], bool]
    ) -> Advance:
        readings = evaluate(rules, Book.of(snapshot, a_history(snapshot)), now=now)
        return advance(readings, self.states, now=now, closed=closed)


BIG = [a_position(BTC, 1)]
SMALL = [a_position(BTC, 0.1)]


def test_a_healthy_book_has_no_states_and_no_events() -> None:
    story = Story(SHARE)
    assert story.tick(SMALL) == []
    assert story.states == {}


def test_an_alert_fires_clears_and_resolves_over_snapshots() -> None:
    story = Story(SHARE)
    assert story.tick(BIG) == ["fired"]
    assert story.tick(SMALL) == ["clearing"]
    assert story.tick(SMALL) == []
    assert story.tick(SMALL) == ["resolved"]
    assert story.states[KEY].episode == 1


def test_a_position_that_vanishes_is_unknown_and_never_resolved() -> None:
    story = Story(SHARE)
    story.tick(BIG)
    assert [story.tick([]) for _ in range(4)] == [[], [], ["unknown"], []]
    assert story.states[KEY].level is Level.BREACH
    assert story.last is not None
    assert story.tick(SMALL) == ["known_again", "clearing"]


def test_the_reason_of_a_vanished_subject_is_told() -> None:
    story = Story(replace(SHARE, missing_hold_seconds=0.0))
    story.tick(BIG)
    story.tick([])
    assert story.last is not None
    assert story.last.unknown == {KEY: NO_LONGER_SEEN}


def test_a_position_that_is_proven_closed_resolves_at_once() -> None:
    story = Story(SHARE)
    story.tick(BIG)
    assert story.tick([], closed=always) == ["resolved"]
    assert story.last is not None
    assert story.last.events[0].reason == "subject_closed"


def test_a_subject_that_is_there_is_never_closed_whatever_anybody_says() -> None:
    story = Story(SHARE)
    story.tick(BIG)
    assert story.tick(BIG, closed=always) == []


def test_a_rule_that_is_removed_ends_its_alerts() -> None:
    story = Story(SHARE)
    story.tick(BIG)
    assert story.tick(BIG, rules=[]) == ["resolved"]
    assert story.last is not None
    assert story.last.events[0].reason == "rule_removed"
    assert story.tick(BIG, rules=[]) == []


def test_an_alert_of_a_changed_rule_ends_when_the_new_limit_is_not_exceeded_and_goes_on_when_it_is() -> None:
    high = a_snapshot(positions=[a_position(BTC, 10)])
    old, loose, strict = (a_rule(at_most(breach=limit)) for limit in (5, 50, 5.5))
    fired = advance(evaluate([old], Book.of(high, a_history(high)), now=NOW), {}, now=NOW, closed=never)
    assert [event.kind for event in fired.events] == [EventKind.FIRED]

    def under(rule: Rule, changed: frozenset[str]) -> list[str]:
        readings = evaluate([rule], Book.of(high, a_history(high)), now=NOW)
        moved = advance(readings, fired.states, now=NOW, closed=never, changed=changed)
        return [event.reason for event in moved.events]

    assert under(loose, frozenset({loose.id})) == [Reason.RULE_CHANGED]
    assert under(strict, frozenset({strict.id})) == []
    # Without a word the book would seem to have come back by itself.
    assert under(loose, frozenset()) == [Reason.CLEARED]


def test_a_subject_that_leaves_the_rules_scope_ends_its_alert_only_when_that_was_seen() -> None:
    scoped = replace(
        SHARE, where=Selector((("strategy", Match(any_of=("swing",))),)), missing_hold_seconds=0.0
    )
    story = Story(scoped)
    story.tick(BIG)
    other = [a_position(BTC, 1, strategy="hedge")]
    stale = [a_surface(Surface.ORDERS, quality=Quality.STALE)]
    assert story.tick(other, surfaces=stale) == ["unknown"]
    assert story.last is not None
    assert story.last.unknown == {KEY: SCOPE_NOT_SEEN}
    assert story.tick(other, surfaces=stale, closed=always) == []
    assert story.tick(other) == ["resolved"]
    assert story.last is not None
    assert story.last.events[0].reason == "not_covered"


def test_blindness_makes_every_covered_subject_unknown_with_the_cause() -> None:
    story = Story(replace(SHARE, missing_hold_seconds=0.0))
    blind = [a_surface(Surface.POSITIONS, quality=Quality.BLIND, reason="timeout")]
    assert story.tick(SMALL, surfaces=blind) == ["unknown"]
    assert story.last is not None
    assert "timeout" in story.last.unknown[KEY]
    assert story.tick(SMALL) == ["known_again"]


def test_a_rule_that_raises_holds_its_alerts_and_says_so() -> None:
    story = Story(replace(SHARE, missing_hold_seconds=0.0))
    story.tick(BIG)
    broken = replace(story.rules[0], measure=replace(SHARE.measure, name="no_such_measure"))
    assert story.tick(BIG, rules=[broken]) == ["unknown"]
    assert story.tick(BIG, rules=[broken], closed=always) == []
    assert story.states[KEY].level is Level.BREACH


def test_missing_data_as_breach_works_through_the_whole_judge() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH)
    story = Story(rule)
    blind = [a_surface(Surface.BALANCES, quality=Quality.BLIND)]
    assert story.tick(SMALL, surfaces=blind) == ["fired"]
    assert story.states[AlertKey(rule=rule.id, subject=account_subject("main"))].level is Level.BREACH


def test_only_states_that_are_another_than_before_are_named_as_changed() -> None:
    story = Story(SHARE)
    changed = []
    for rows in (BIG, SMALL, SMALL, SMALL, SMALL):
        story.tick(rows)
        assert story.last is not None
        changed.append(story.last.changed)
    assert changed == [(KEY,), (KEY,), (KEY,), (KEY,), ()]
    assert story.states[KEY].condition is Condition.OK


def test_an_alert_that_stays_unknown_is_not_named_as_changed() -> None:
    story = Story(replace(SHARE, missing_hold_seconds=0.0))
    story.tick(BIG)
    changed = []
    for _ in range(3):
        story.tick([])
        assert story.last is not None
        changed.append(story.last.changed)
    assert changed == [(KEY,), (), ()]


def test_alerts_of_two_positions_do_not_touch_each_other() -> None:
    story = Story(SHARE)
    assert story.tick([a_position(BTC, 1), a_position(ETH, 5)]) == ["fired"]
    assert story.tick([a_position(BTC, 1), a_position(ETH, 20)]) == ["fired"]
    assert story.tick([a_position(BTC, 0.1), a_position(ETH, 20)]) == ["clearing"]
    assert len(story.states) == 2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_touching_few_subjects_says_the_same_as_stepping_all(data: st.DataObject) -> None:
    """Against the plain way: every subject of every snapshot is stepped."""
    symbols = (BTC, ETH, "SOL/USDT:USDT")
    story, plain = Story(SHARE), dict[AlertKey, AlertState]()
    for tick in range(data.draw(st.integers(2, 12))):
        sizes = data.draw(st.tuples(*[st.sampled_from([0.1, 0.35, 0.6])] * 3))
        blind = data.draw(st.booleans())
        rows = [
            a_position(symbol, share * 100_000 / mark)
            for symbol, share, mark in zip(symbols, sizes, (60_000, 3_000, 150), strict=True)
        ]
        surfaces = [a_surface(Surface.BALANCES, quality=Quality.STALE)] if blind else []
        story.tick(rows, surfaces=surfaces)
        for symbol, share in zip(symbols, sizes, strict=True):
            key = AlertKey(rule=SHARE.id, subject=position_subject("main", symbol, "long"))
            plain[key], _ = step(
                plain.get(key, AlertState()),
                at=NOW + timedelta(seconds=30 * tick),
                value=None if blind else share,
                thresholds=SHARE.limit.thresholds,
                rule=SHARE,
            )
    for key, expected in plain.items():
        found = story.states.get(key, AlertState())
        assert replace(found, last_good_at=None) == replace(expected, last_good_at=None)


def test_events_of_many_subjects_come_in_the_order_of_the_book() -> None:
    story = Story(SHARE)
    symbols = [f"S{number:03d}/USDT:USDT" for number in range(20)]
    story.tick([a_position(symbol, 600) for symbol in reversed(symbols)])
    assert story.last is not None
    assert [event.key.subject.part("symbol") for event in story.last.events] == symbols
    assert {event.kind for event in story.last.events} == {EventKind.FIRED}
    assert np.all([event.version == 1 for event in story.last.events])
