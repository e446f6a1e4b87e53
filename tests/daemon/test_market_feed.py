"""The daemon on the paper venue: markets and collateral reach the measures that look at them, within a minute."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import numpy as np

from riskd.cycle import CycleResult
from riskd.daemon.once import look_with
from riskd.daemon.settings_file import read_settings
from riskd.execution import PlanResult
from riskd.judge.reading import Reading
from riskd.policy.load import load
from tests.daemon.inside import installed, watched

POLICY = """
riskd: policy/v1
name: market
title: Rules on markets and collateral
owner: us
version: "1"
mode: observe
rules:
  - {id: time, title: Time, measure: exit_time, per: account, max: 1d}
  - {id: volume, title: Volume, measure: share_of_volume, per: asset, max: 1%}
  - {id: open, title: Open, measure: share_of_open_interest, per: position, max: 5%}
  - {id: depth, title: Depth, measure: {share_of_depth: {within: 2%}}, per: position, max: 50%}
  - {id: cost, title: Cost, measure: exit_cost, per: portfolio, max: 5%}
  - {id: spread, title: Spread, measure: spread, per: instrument, max: 1%}
  - {id: peg, title: Peg, measure: peg_gap, per: account, max: 1%}
  - {id: coins, title: Coins, measure: collateral_share, per: account, max: 10%}
  - {id: fallen, title: Fallen, measure: collateral_stress, per: account, max: 90%}
"""
RULES = {"time", "volume", "open", "depth", "cost", "spread", "peg", "coins", "fallen"}


class Seen:
    """The last cycle in which each rule knew all of its subjects, and how long that took."""

    def __init__(self) -> None:
        self.known: dict[str, Reading] = {}
        self.cycles = 0
        self.known_after = 0

    def after_cycle(self, result: CycleResult) -> None:
        self.cycles += 1
        for reading in result.readings:
            if len(reading) and not np.isnan(reading.values).any():
                self.known[reading.rule.id.removeprefix("market/")] = reading
        if not self.known_after and set(self.known) == RULES:
            self.known_after = self.cycles

    def after_plan(self, result: PlanResult) -> None:
        raise AssertionError(result)


def assert_sensible(known: dict[str, Reading]) -> None:
    """The desk of the demo is small beside its markets, pays to leave them, and is backed by dollars alone."""
    assert set(known) == RULES
    for rule, most in (("time", 3_600.0), ("volume", 0.01), ("open", 0.02), ("depth", 0.5), ("cost", 0.05)):
        values = known[rule].values
        assert ((values >= 0.0) & (values < most)).all(), rule
        assert values.max() > 0.0, rule
    assert known["cost"].values[0] > 0.0005, "the fee alone is more"
    assert ((known["spread"].values > 0.0) & (known["spread"].values < 0.01)).all()
    for rule in ("peg", "coins"):
        assert set(known[rule].values.tolist()) == {0.0}, rule
    assert ((known["fallen"].values >= 0.0) & (known["fallen"].values < 1.0)).all()


def test_the_watch_learns_markets_and_collateral_within_a_minute(tmp_path: Path) -> None:
    seen = Seen()
    ended_at = watched(tmp_path, POLICY, seen, minutes=8)
    assert 0 < seen.known_after <= 6
    assert_sensible(seen.known)
    last = [reading.judged_at for reading in seen.known.values() if reading.judged_at is not None]
    assert ended_at - min(last) < timedelta(minutes=1), "all are still known at the end"


def test_one_look_reads_markets_and_collateral(tmp_path: Path) -> None:
    loop, clock, connections, installation = installed(tmp_path, POLICY)
    try:
        settings = read_settings(installation.config)
        bundle = load([("own.yaml", POLICY)])
        sight = loop.run_until_complete(look_with(settings, bundle, clock, connections))
    finally:
        loop.close()
    readings = {reading.rule.id.removeprefix("market/"): reading for reading in sight.result.readings}
    unknown = {rule: why for rule, reading in readings.items() for why in reading.unknown if why}
    assert unknown == {}
    assert not any(math.isnan(value) for reading in readings.values() for value in reading.values.tolist())
    assert_sensible(readings)
