"""What the market publishes is believed while it is young, moving and consistent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from riskd.model.report import JsonValue, Surface
from riskd.model.snapshot import Quality
from tests.fakes.clock import NOON
from tests.observe.rows import ms
from tests.observe.world import BTC, Watch, World, at, not_ok, quality, reason, report, reports


def spoil(answers: dict[Surface, JsonValue], surface: Surface, row: int, **fields: JsonValue) -> None:
    """Overwrite fields of one row of a list answer."""
    rows: Any = answers[surface]
    rows[row].update(fields)


def moving(cycle: int) -> World:
    """A world in which one mark moves and the other does not."""
    return World(at=at(cycle), marks={"BTCUSDT": str(60000 + cycle), "ETHUSDT": "3000"})


def test_a_venue_whose_clock_is_far_from_ours_is_said() -> None:
    answers = World().answers() | {Surface.SERVER_TIME: {"serverTime": ms(NOON + timedelta(seconds=3))}}

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.SERVER_TIME) is Quality.PARTIAL
    assert "+2.950 s" in reason(snapshot, Surface.SERVER_TIME)


def test_marks_are_old_by_the_venues_own_time() -> None:
    answers = World().answers() | {
        Surface.MARKS: World(at=NOON - timedelta(seconds=45)).answers()[Surface.MARKS]
    }

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.MARKS) is Quality.STALE
    assert np.isnan(snapshot.quotes.mark_price).all()
    assert snapshot.positions.mark_price.tolist() == [60_000.0, 3_000.0]  # the positions' own


def test_one_old_mark_among_young_ones_is_partial() -> None:
    answers = World().answers()
    spoil(answers, Surface.MARKS, 0, time=ms(NOON - timedelta(seconds=45)))

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.MARKS) is Quality.PARTIAL
    assert BTC in reason(snapshot, Surface.MARKS)
    assert np.isnan(snapshot.quotes.mark_price[0])
    assert snapshot.quotes.mark_price[1] == 3_000.0


def test_a_mark_of_a_time_to_come_is_refused() -> None:
    answers = World().answers()
    spoil(answers, Surface.MARKS, 0, time=ms(NOON + timedelta(seconds=60)))

    assert quality(Watch().see(reports(answers)), Surface.MARKS) is Quality.PARTIAL


def test_a_mark_that_stands_still_while_others_move_is_dead() -> None:
    watch = Watch()
    for cycle in range(7):
        watch.see(reports(moving(cycle).answers(), at=at(cycle)))

    snapshot = watch.see(reports(moving(7).answers(), at=at(7)))

    assert quality(snapshot, Surface.MARKS) is Quality.PARTIAL
    assert "stands still" in reason(snapshot, Surface.MARKS)
    assert np.isnan(snapshot.quotes.mark_price[1])


def test_a_quiet_market_is_not_dead() -> None:
    watch = Watch()
    for cycle in range(12):
        watch.see(reports(World(at=at(cycle)).answers(), at=at(cycle)))

    snapshot = watch.see(reports(World(at=at(12)).answers(), at=at(12)))

    assert not_ok(snapshot) == {}


def test_a_contract_that_settles_needs_no_mark_and_hurts_nobody_else() -> None:
    answers = World().answers()
    listing: Any = answers[Surface.INSTRUMENTS]
    listing["symbols"][1]["status"] = "SETTLING"
    marks: Any = answers[Surface.MARKS]
    del marks[1]

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.MARKS) is Quality.OK
    assert np.isnan(snapshot.quotes.mark_price[1])
    assert not snapshot.instruments[1].tradable


def test_a_bad_row_of_a_contract_that_nobody_holds_hurts_nobody() -> None:
    answers = World(held=World().held[:1]).answers()
    spoil(answers, Surface.MARKS, 1, markPrice="NaN")

    assert quality(Watch().see(reports(answers)), Surface.MARKS) is Quality.OK


def test_a_position_marked_far_from_the_published_mark_is_doubtful() -> None:
    answers = World().answers()
    other = World(marks={"BTCUSDT": "64000", "ETHUSDT": "3000"}).answers()
    answers[Surface.MARKS] = other[Surface.MARKS]

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "is marked at" in reason(snapshot, Surface.POSITIONS)


def test_a_funding_time_that_does_not_fit_the_interval_makes_the_interval_unknown() -> None:
    answers = World().answers()
    spoil(answers, Surface.MARKS, 0, nextFundingTime=ms(NOON.replace(hour=20)))

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.FUNDING_INTERVALS) is Quality.PARTIAL
    assert np.isnan(snapshot.quotes.funding_interval_hours[0])


def test_an_interval_that_is_listed_no_more_is_kept_until_a_second_answer_says_so() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))
    silent: list[JsonValue] = [{"symbol": "BTCUSDT", "fundingIntervalHours": 8}]

    first = watch.see([report(Surface.FUNDING_INTERVALS, silent, at=at(1))])
    second = watch.see([report(Surface.FUNDING_INTERVALS, silent, at=at(2))])

    assert quality(first, Surface.FUNDING_INTERVALS) is Quality.PARTIAL
    assert first.quotes.funding_interval_hours.tolist() == [8.0, 4.0]
    assert quality(second, Surface.FUNDING_INTERVALS) is Quality.OK
    assert second.quotes.funding_interval_hours.tolist() == [8.0, 8.0]


def test_a_contract_that_is_listed_no_more_is_tradable_until_a_second_answer_says_so() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))
    listing: Any = World().answers()[Surface.INSTRUMENTS]
    del listing["symbols"][1]

    first = watch.see([report(Surface.INSTRUMENTS, listing, at=at(1))])
    second = watch.see([report(Surface.INSTRUMENTS, listing, at=at(2))])

    assert quality(first, Surface.INSTRUMENTS) is Quality.PARTIAL
    assert first.instruments[1].tradable
    assert quality(second, Surface.INSTRUMENTS) is Quality.OK
    assert not second.instruments[1].tradable
