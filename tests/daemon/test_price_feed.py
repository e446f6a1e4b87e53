"""The daemon on the paper venue: prices and fills reach the measures that look at them, in minutes."""

from __future__ import annotations

import math
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
name: past
title: Rules that look back
owner: us
version: "1"
mode: observe
rules:
  - {id: room, title: Room, measure: {liquidation_distance_vol: {window: 10h}}, per: position, min: 4sigma}
  - {id: tail, title: Tail, measure: {var: {confidence: 85%, horizon: 1h, window: 10h}}, per: portfolio, max: 5%}
  - {id: crash, title: Crash, measure: {stress_loss: {scenario: adl-2025-10-10}}, per: account, max: 30%}
  - {id: skew, title: Skew, measure: clock_skew, per: exchange, max: 1s}
  - {id: fills, title: Fills, measure: reconciliation_gap, per: account, max: 2%}
"""


class Seen:
    """The last cycle in which each rule knew all of its subjects, and every gap between positions and fills."""

    def __init__(self) -> None:
        self.known: dict[str, Reading] = {}
        self.gaps: set[float] = set()

    def after_cycle(self, result: CycleResult) -> None:
        for reading in result.readings:
            if len(reading) and not np.isnan(reading.values).any():
                self.known[reading.rule.id] = reading
            if reading.rule.id == "past/fills":
                self.gaps.update(reading.values[~np.isnan(reading.values)].tolist())

    def after_plan(self, result: PlanResult) -> None:
        raise AssertionError(result)


def test_the_watch_learns_prices_and_fills_within_minutes(tmp_path: Path) -> None:
    seen = Seen()
    watched(tmp_path, POLICY, seen, minutes=3)
    assert set(seen.known) == {f"past/{rule}" for rule in ("room", "tail", "crash", "skew", "fills")}
    assert 0.0 < float(seen.known["past/tail"].values[0]) < 1.0
    assert float(seen.known["past/skew"].values[0]) < 1.0
    assert seen.gaps == {0.0}


def test_one_look_reads_the_past_of_what_is_held(tmp_path: Path) -> None:
    loop, clock, connections, installation = installed(tmp_path, POLICY)
    try:
        settings = read_settings(installation.config)
        bundle = load([("past.yaml", POLICY)])
        sight = loop.run_until_complete(look_with(settings, bundle, clock, connections))
    finally:
        loop.close()
    readings = {reading.rule.id: reading for reading in sight.result.readings}
    assert not any(math.isnan(value) for value in readings["past/room"].values.tolist())
    assert not math.isnan(float(readings["past/tail"].values[0]))
