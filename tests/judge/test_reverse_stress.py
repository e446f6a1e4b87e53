"""Where limits are reached: hand-worked moves, brute force on random books, and what is never called safe."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.evaluate import evaluate
from riskd.judge.first_crossing import Crossing, Fate, first_crossings
from riskd.judge.reading import UNKNOWN
from riskd.judge.reverse_stress import Reach, falls, resolution_of, reverse_stress, rises, shares
from riskd.judge.supposed import Way
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.measure.supposed.first_place import Resolution
from riskd.measure.supposed.suppose_prices import EVERYTHING, PricePath, of_coin
from riskd.model.history import History
from riskd.model.scenario import Scenario
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.load import load
from riskd.policy.rule import Rule
from tests.builders import BTC, ETH, NAN, NOW, a_history, a_position, a_snapshot, a_stop, an_account
from tests.builders_rules import a_rule, at_least, at_most
from tests.measure.moved_books import random_holdings

FINE = Resolution(absolute=1e-5)
POLICY = """
riskd: policy/v1
name: desk
title: Rules that prices move
owner: us
version: "1"
mode: observe
rules:
  - {id: leverage, title: Leverage, measure: leverage, per: account, max: {warn: 2x, breach: 4x, critical: 8x}}
  - {id: margin, title: Margin, measure: margin_ratio, per: account, max: {warn: 20%, breach: 50%}}
  - {id: room, title: Room, measure: liquidation_distance, per: position, min: {warn: 30%, critical: 10%}}
  - {id: share, title: Share, measure: share_of_equity, per: asset, max: {breach: 150%}}
  - {id: stops, title: Stops, measure: stop_coverage, per: position, min: {warn: 100%}}
  - {id: hedged, title: Hedge, measure: hedge_ratio, per: hedge, band: {warn: [50%, 150%]}}
  - {id: own, title: Own, expr: "gross / equity", unit: multiple, per: account, max: {breach: 5x}}
  - {id: age, title: Age, measure: data_age, per: account, max: {warn: 45s}}
"""


def way_of(
    snapshot: Snapshot,
    rules: Sequence[Rule],
    scenario: Scenario = EVERYTHING,
    history: History | None = None,
) -> Way:
    path = PricePath.of(snapshot, history or a_history(snapshot), scenario)
    return Way(suppose=path.at, rules=tuple(rules), now=NOW)


def reaches_of(snapshot: Snapshot, rules: Sequence[Rule], scenario: Scenario = EVERYTHING) -> list[Reach]:
    now = evaluate(rules, Book.of(snapshot, a_history(snapshot)), now=NOW)
    way = way_of(snapshot, rules, scenario)
    return list(reverse_stress(way, now, back=falls(), ahead=rises(), resolution=FINE))


def only(reaches: Sequence[Reach], level: Level) -> Reach:
    (found,) = (each for each in reaches if each.level is level)
    return found


def test_the_fall_at_which_leverage_is_reached_in_numbers() -> None:
    # 2 BTC at 60,000 on 30,000: 4x. After a fall of s it is 120,000 (1 - s) / (30,000 - 120,000 s).
    # 5x: 120 - 120 s = 150 - 600 s, s = 30/480. 6x: 120 - 120 s = 180 - 720 s, s = 60/600.
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 2)])
    reaches = reaches_of(snapshot, [a_rule(at_most(warn=3, breach=5, critical=6))])
    assert only(reaches, Level.WARN).is_now
    assert only(reaches, Level.BREACH).backwards.place == pytest.approx(-30 / 480, abs=1e-5)
    assert only(reaches, Level.CRITICAL).backwards.place == pytest.approx(-0.1, abs=1e-5)
    assert abs(only(reaches, Level.CRITICAL).backwards.place) >= 0.1, "it is beyond there, not almost"
    assert only(reaches, Level.BREACH).forwards.fate is Fate.NOT_REACHED
    assert only(reaches, Level.BREACH).value == pytest.approx(4.0)


def test_the_rise_of_one_coin_in_numbers() -> None:
    # Short 10 ETH at 3,000 on 10,000, beside 0.1 BTC: (30,000 (1 + s) + 6,000) / (10,000 - 30,000 s) = 6 at s = 24/210.
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000.0)], positions=[a_position(ETH, -10), a_position(BTC, 0.1)]
    )
    (reach,) = reaches_of(snapshot, [a_rule(at_most(breach=6))], of_coin("ETH"))
    assert reach.forwards.place == pytest.approx(24 / 210, abs=1e-5)
    assert reach.backwards.fate is Fate.NOT_REACHED


def test_what_prices_do_not_move_is_said_to_be_so() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, account="other")])
    age = a_rule(at_most(warn=45), measure="data_age", unit=Unit.DURATION)
    assert all(reach.is_unmoved for reach in reaches_of(snapshot, [age]))
    unmoved = {
        str(each.subject): each.is_unmoved for each in reaches_of(snapshot, [a_rule()], of_coin("ETH"))
    }
    assert unmoved == {"account=main": True, "account=other": False}


def test_unknown_stays_unknown_and_is_never_called_not_reached() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    for reach in reaches_of(snapshot, [a_rule()]):
        assert reach.backwards.fate is reach.forwards.fate is Fate.UNKNOWN
        assert reach.unknown == "mark price of BTC/USDT:USDT"
        assert not reach.is_now


def test_what_a_move_makes_unknown_is_unknown_from_there_on() -> None:
    rank = a_rule(at_most(warn=3), measure="adl_rank", unit=Unit.COUNT, grain=Grain.POSITION)
    (reach,) = reaches_of(a_snapshot(positions=[a_position(BTC, 1)]), [rank])
    assert reach.unknown == ""
    assert reach.forwards.fate is Fate.UNKNOWN
    assert 0.0 < reach.forwards.place <= FINE.absolute * 2
    assert "ADL rank" in reach.forwards.why


def test_a_rule_that_raises_is_unknown_and_stops_no_other() -> None:
    broken = a_rule(measure="no_such_measure", id="test/broken")
    reaches = reaches_of(a_snapshot(positions=[a_position(BTC, 2)]), [broken, a_rule()])
    fates = {(each.rule.id, each.forwards.fate) for each in reaches}
    assert ("test/broken", Fate.UNKNOWN) in fates
    assert ("test/leverage", Fate.NOT_REACHED) in fates


def test_a_stop_that_the_move_has_passed_no_longer_protects() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], orders=[a_stop(BTC, "SELL", 1, 57_000.0)])
    rule = a_rule(at_least(breach=1.0), measure="stop_coverage", unit=Unit.RATIO, grain=Grain.POSITION)
    (reach,) = reaches_of(snapshot, [rule])
    assert reach.backwards.place == pytest.approx(-0.05, abs=1e-4)


def test_the_first_crossing_counts_where_a_rule_is_not_monotone() -> None:
    # Leverage of 1x, but 3x between a tenth and a fifth of the way, and 6x beyond the half.
    def suppose(place: float) -> tuple[Snapshot, History]:
        size = 3.0 if 0.1 <= place < 0.2 else 6.0 if place >= 0.5 else 1.0
        accounts = [an_account("main", wallet=60_000.0)]
        snapshot = a_snapshot(accounts=accounts, positions=[a_position(BTC, size)])
        return snapshot, a_history(snapshot)

    way = Way(suppose=suppose, rules=(a_rule(at_most(warn=0.5, breach=2, critical=5)),), now=NOW)
    warn, breach, critical = first_crossings(way, np.linspace(0.0, 1.0, 17), FINE)
    assert warn.fate is Fate.ALREADY
    assert breach.place == pytest.approx(0.1, abs=1e-5)
    assert critical.place == pytest.approx(0.5, abs=1e-5)


def brute_force(way: Way, crossing: Crossing, places: Sequence[float]) -> float | None:
    """The first of many places at which a subject is at a level or unknown, one book after another."""
    for place in places:
        snapshot, history = way.suppose(place)
        (reading,) = evaluate([crossing.rule], Book.of(snapshot, history), now=NOW)
        row = reading.row_of(crossing.subject)
        assert row is not None
        if reading.levels[row] >= crossing.level or reading.levels[row] == UNKNOWN:
            return place
    return None


@settings(max_examples=8, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), backwards=st.booleans())
def test_reverse_stress_agrees_with_brute_force(seed: int, backwards: bool) -> None:
    snapshot, history = random_holdings(seed).at(lambda _: 0.0)
    way = way_of(snapshot, tuple(load([("desk.yaml", POLICY)]).rules), history=history)
    grid = (falls() if backwards else rises())[:61]
    for crossing in first_crossings(way, grid, Resolution(absolute=0.0006)):
        seen = brute_force(way, crossing, grid.tolist())
        if crossing.fate in (Fate.NOT_REACHED, Fate.UNMOVED):
            assert seen is None
        elif crossing.fate is Fate.ALREADY:
            assert seen == 0.0
        else:
            assert seen is not None
            assert 0.0 <= abs(seen) - abs(crossing.place) < 0.005
            assert brute_force(way, crossing, [crossing.place]) == crossing.place


def test_many_places_at_once_are_judged_as_each_alone() -> None:
    snapshot, history = random_holdings(3).at(lambda _: 0.0)
    way = way_of(snapshot, tuple(load([("desk.yaml", POLICY)]).rules), history=history)
    places = falls()[:40]
    together = way.scan(places, range(len(way.rules)))
    alone = [way.scan(np.array([place]), range(len(way.rules))) for place in places]
    for number, scanned in enumerate(together):
        for row, single in enumerate(alone):
            assert np.array_equal(scanned.values[row], single[number].values[0], equal_nan=True)
            assert np.array_equal(scanned.levels[row], single[number].levels[0])


def test_the_places_that_are_looked_at() -> None:
    assert falls()[0] == rises()[0] == shares()[0] == 0.0
    assert falls()[100] == -0.5
    assert rises()[100] == 0.5
    assert falls()[-1] == pytest.approx(-0.99)
    assert rises()[-1] == pytest.approx(3.0)
    assert shares()[-1] == pytest.approx(1.5)
    assert resolution_of(10).absolute < resolution_of(1_000).absolute < 0.005
    assert not math.isnan(falls().sum())
