"""The price history is read a few contracts at a time and only where a rule looks at it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np

from riskd.daemon.prices import PriceKeeper, read_on_demand
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.arrays import floats
from riskd.model.desk import Cluster, Desk
from riskd.model.history import NO_PRICES
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.observe.facts import CandleFacts
from riskd.observe.known import Heard, Known, VenueMemory
from riskd.policy.formula import Binary, Column, Formula, Operator
from tests.builders import BTC, ETH, NOW, VENUE, a_position, a_snapshot
from tests.builders_rules import a_ladder, a_rule

HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
LAST_HOUR = int(NOW.timestamp()) // 3600


def known(**closes: dict[int, int]) -> Known:
    """Closes of BTC and ETH by hours before the last full one, with a high 2 above and a low 1 below each."""
    found = {
        f"{coin}/USDT:USDT": candles({LAST_HOUR - ago: float(price) for ago, price in prices.items()})
        for coin, prices in closes.items()
    }
    return Known(venues={VENUE: VenueMemory(candles=Heard(value=found, requested_at=NOW))})


def candles(closes: dict[int, float]) -> CandleFacts:
    """Closes by the number of their hour."""
    hours = sorted(closes)
    close = floats([closes[hour] for hour in hours])
    at = np.array(hours, dtype=np.int64) * HOUR_MS
    return CandleFacts(closed_ms=at, high=close + 2.0, low=close - 1.0, close=close)


def holding(*symbols: str, **changes: object) -> Snapshot:
    return a_snapshot(positions=[a_position(symbol, 1) for symbol in symbols], **changes)  # type: ignore[arg-type]


def test_what_is_held_and_not_known_is_due_a_few_at_a_time_and_not_again_at_once() -> None:
    keeper = PriceKeeper()
    names = [f"C{number}/USDT:USDT" for number in range(7)]
    first = keeper.due(holding(*names))
    assert first == {VENUE: tuple(names[:5])}
    assert keeper.due(holding(*names)) == {VENUE: tuple(names[5:])}
    assert keeper.due(holding(*names)) == {}
    later = holding(*names, taken_at=NOW + timedelta(seconds=61))
    assert keeper.due(later) == {VENUE: tuple(names[:5])}


def test_what_is_known_up_to_the_last_hour_is_due_again_with_the_next() -> None:
    keeper = PriceKeeper()
    keeper.due(holding(BTC))
    keeper.take_in(known(BTC={0: 60_000, 1: 59_000}), NOW)
    minutes = timedelta(minutes=2)
    assert keeper.due(holding(BTC, taken_at=NOW + minutes)) == {}
    assert keeper.due(holding(BTC, taken_at=NOW + HOUR)) == {VENUE: (BTC,)}


def test_candles_become_rows_on_one_grid_with_holes() -> None:
    keeper = PriceKeeper()
    keeper.due(holding(BTC, ETH))
    keeper.take_in(known(ETH={0: 3_000, 2: 2_900}, BTC={1: 60_000}), NOW)
    columns = keeper.columns(NOW)
    assert (columns.venue, columns.symbol, columns.asset) == ((VENUE, VENUE), (BTC, ETH), ("BTC", "ETH"))
    assert columns.at.tolist() == [(LAST_HOUR - ago) * 3600.0 for ago in (2, 1, 0)]
    np.testing.assert_array_equal(columns.close, [[np.nan, 60_000, np.nan], [2_900, np.nan, 3_000]])
    np.testing.assert_array_equal(columns.high, columns.close + 2.0)
    np.testing.assert_array_equal(columns.low, columns.close - 1.0)
    assert keeper.columns(NOW) is columns
    assert keeper.columns(NOW + HOUR).close.shape == (2, 4)


def test_what_is_old_is_forgotten_and_what_is_new_corrects() -> None:
    keeper = PriceKeeper(days=1)
    keeper.due(holding(BTC))
    keeper.take_in(known(BTC={0: 60_000, 23: 50_000, 24: 49_000}), NOW)
    assert keeper.columns(NOW).close[0, 0] == 50_000
    keeper.take_in(known(BTC={0: 60_001}), NOW)
    assert keeper.columns(NOW).close[0, -1] == 60_001
    keeper.take_in(Known(), NOW + timedelta(days=2))
    assert keeper.columns(NOW + timedelta(days=2)).close.shape == (0, 0)


def test_a_contract_that_was_away_has_no_prices_of_the_hours_between() -> None:
    keeper = PriceKeeper(days=1)
    keeper.due(holding(BTC))
    keeper.take_in(known(BTC={20: 50_000, 21: 49_000}), NOW)
    keeper.take_in(
        known(BTC={-10: 61_000, 30: 1}), NOW + 10 * HOUR
    )  # ten hours later, and one too old to be kept
    close = keeper.columns(NOW + 10 * HOUR).close
    assert close.shape == (1, 1)
    assert keeper.columns(NOW).close.shape == (0, 0)  # what lies ahead of a moment is not seen from it
    keeper.take_in(known(BTC={-12: 62_000}), NOW + 12 * HOUR)
    np.testing.assert_array_equal(keeper.columns(NOW + 12 * HOUR).close, [[61_000, np.nan, 62_000]])


def test_a_contract_that_is_read_no_more_is_forgotten_alone() -> None:
    keeper = PriceKeeper(days=1)
    keeper.due(holding(BTC, ETH))
    keeper.take_in(known(BTC={0: 60_000}, ETH={0: 3_000}), NOW)
    keeper.take_in(known(ETH={-24: 3_100}), NOW + 24 * HOUR)
    later = keeper.columns(NOW + 24 * HOUR)
    assert (later.symbol, later.close.tolist()) == ((ETH,), [[3_100.0]])


def test_nothing_known_is_no_history() -> None:
    assert PriceKeeper().columns(NOW) is NO_PRICES


def test_only_rules_that_look_at_prices_or_fills_cause_them_to_be_read() -> None:
    desk = Desk(accounts=())
    named = Desk(accounts=(), clusters=(Cluster(name="majors", assets=("BTC",)),))
    by_cluster = a_rule(measure="share_of_gross", grain=Grain.CLUSTER)
    assert read_on_demand([a_rule()], desk) == frozenset()
    assert read_on_demand([a_rule(measure="reconciliation_gap")], desk) == {Surface.TRADES}
    assert read_on_demand([a_rule(measure="var")], desk) == {Surface.CANDLES}
    assert read_on_demand([by_cluster], desk) == {Surface.CANDLES}
    ladder = a_ladder(MeasureRef("var"), (0.5, {"breach": 5}), (math.inf, {"breach": 3}))
    assert read_on_demand([a_rule(ladder)], desk) == {Surface.CANDLES}
    tree = Binary(Operator.ADD, Column("var"), Column("leverage"))
    formula = Formula(text="var + leverage", tree=tree, unit=Unit.MULTIPLE)
    assert read_on_demand([replace(a_rule(measure="expr"), formula=formula)], desk) == {Surface.CANDLES}
    assert read_on_demand([by_cluster], named) == frozenset()
    assert read_on_demand([a_rule(measure="no_such")], desk) == frozenset()
