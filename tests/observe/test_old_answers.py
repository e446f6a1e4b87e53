"""Answers that are older than they pretend to be, told by what else was read. Each was first found by the simulation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from tests.fakes.clock import NOON
from tests.observe.world import Held, Watch, World, at, not_ok, quality, reason, report, reports

MINUTES_AGO = NOON - timedelta(minutes=5)
BTC_WAS = Held(symbol="BTCUSDT", quantity="0.900", entry="58000", changed_at=MINUTES_AGO)
BTC_IS = Held(symbol="BTCUSDT", quantity="0.500", entry="58000", changed_at=NOON - timedelta(minutes=1))


def test_a_position_that_the_balances_know_newer_is_an_old_answer() -> None:
    answers = World(held=[BTC_IS]).answers()
    old = World(held=[BTC_WAS]).answers()

    snapshot = Watch().see(reports(answers | {Surface.POSITIONS: old[Surface.POSITIONS]}))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "as it was before 11:59:00" in reason(snapshot, Surface.POSITIONS)


def test_a_position_that_changed_between_the_two_reads_is_no_old_answer() -> None:
    just = replace(BTC_IS, changed_at=NOON + timedelta(seconds=0.05))
    answers = World(held=[just]).answers()
    before = World(held=[BTC_WAS]).answers()

    snapshot = Watch().see(reports(answers | {Surface.POSITIONS: before[Surface.POSITIONS]}))

    assert not_ok(snapshot) == {}


def test_a_position_that_has_long_been_closed_is_an_old_answer() -> None:
    answers = World(held=[]).answers()
    old = World(held=[BTC_WAS]).answers()

    snapshot = Watch().see(reports(answers | {Surface.POSITIONS: old[Surface.POSITIONS]}))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "the account's balances are without it" in reason(snapshot, Surface.POSITIONS)


def test_balances_that_list_a_position_as_it_was_are_an_old_answer() -> None:
    answers = World(held=[BTC_IS]).answers()
    old = World(held=[BTC_WAS]).answers()

    snapshot = Watch().see(reports(answers | {Surface.BALANCES: old[Surface.BALANCES]}))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "balances list 0.900, as it was before" in reason(snapshot, Surface.POSITIONS)


def test_a_failed_read_does_not_take_a_doubt_back() -> None:
    watch = Watch()
    doubtful = watch.see(reports(World().answers() | {Surface.POSITIONS: []}))

    failed = [
        report(surface, None, failure="timeout", at=at(1))
        for surface in (Surface.POSITIONS, Surface.BALANCES)
    ]
    snapshot = watch.see(failed)

    assert quality(doubtful, Surface.POSITIONS) is Quality.PARTIAL
    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_an_empty_list_is_held_against_the_last_balances_however_long_ago_they_were_read() -> None:
    watch = Watch()
    watch.see(reports({s: p for s, p in World().answers().items() if s is not Surface.POSITIONS}))

    snapshot = watch.see(
        [
            report(Surface.POSITIONS, [], at=at(2)),
            report(Surface.BALANCES, None, failure="http:502", at=at(2)),
        ]
    )

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_a_wallet_that_was_read_after_the_closing_is_not_the_wallet_beside_the_position() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))
    closed = World(at=at(1), held=World().held[1:], wallet="100985").answers()
    watch.see(
        [
            report(Surface.BALANCES, closed[Surface.BALANCES], at=at(1)),
            report(Surface.POSITIONS, None, failure="timeout", at=at(1)),
        ]
    )

    watch.see(reports(World(at=at(2), held=World().held[1:], wallet="100985").answers(), at=at(2)))

    snapshot = watch.see(reports(World(at=at(3), held=World().held[1:], wallet="100985").answers(), at=at(3)))

    assert not_ok(snapshot) == {}
    assert len(snapshot.positions) == 1
