"""The daemon on the paper venue: what its accounts book reaches the measures that look at it, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.cycle import CycleResult
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.demo.setup import Installation, install
from riskd.daemon.demo.watch import Watch, watch
from riskd.daemon.demo.world import ACCOUNTS, World, build_world
from riskd.daemon.once import look_with
from riskd.daemon.settings_file import read_settings
from riskd.execution import PlanResult
from riskd.paper.engine.types import Income, IncomeKind
from riskd.paper.market.presets import demo
from riskd.policy.load import load

POLICY = """
riskd: policy/v1
name: booked
title: Rules on what was booked
owner: us
version: "1"
mode: observe
rules:
  - {id: streak, title: Streak, measure: losing_streak, per: account, max: 3}
  - {id: fees, title: Fees, measure: {fees_paid: {window: 1d}}, per: account, max: 1%}
  - {id: burn, title: Burn, measure: {fee_burn: {window: 1d, least: 1}}, per: account, max: 30%}
  - {id: lost, title: Lost, measure: {realized_loss: {window: 1d}}, per: account, max: 5%}
  - {id: brake, title: Brake, measure: loss_and_heat, per: account, max: 6%}
  - {id: flips, title: Flips, measure: funding_flip, per: position, max: 2}
"""


class Last:
    """The last cycle."""

    def __init__(self) -> None:
        self.result: CycleResult | None = None

    def after_cycle(self, result: CycleResult) -> None:
        self.result = result

    def after_plan(self, result: PlanResult) -> None:
        raise AssertionError(result)


def installed(folder: Path) -> tuple[World, VirtualLoop, VirtualClock, Installation]:
    market = demo(seed=3)
    world = build_world(market, seed=3)
    loop = VirtualLoop()
    clock = VirtualClock(loop, started_at=datetime.fromtimestamp(market.started_at_ms / 1000, UTC))
    installation = install(folder, world, endpoint=None, cycle_seconds=10)
    (folder / "booked.yaml").write_text(POLICY, encoding="utf-8")
    lines = installation.config.read_text(encoding="utf-8").splitlines()
    written = ["policies: [booked.yaml]" if line.startswith("policies:") else line for line in lines]
    installation.config.write_text("\n".join(written), encoding="utf-8")
    return world, loop, clock, installation


def test_one_look_knows_what_was_booked(tmp_path: Path) -> None:
    world, loop, clock, installation = installed(tmp_path)
    world.venue.advance_to(world.venue.now_ms + 8 * 60_000)
    loop.run_until_complete(clock.sleep_until(clock.monotonic() + 8 * 60.0))
    try:
        looking = look_with(
            read_settings(installation.config),
            load([("booked.yaml", POLICY)]),
            clock,
            InsideConnections(world.venue, clock),
        )
        sight = loop.run_until_complete(looking)
    finally:
        loop.close()
    readings = {reading.rule.id: reading for reading in sight.result.readings}
    fees = readings["booked/fees"].values * sight.result.snapshot.accounts.equity
    for code, account in enumerate(ACCOUNTS):
        paid = sums_of(world.venue.exchange.income(account), IncomeKind.COMMISSION)[-1]
        assert float(fees[code]) == pytest.approx(-paid)
    assert (fees > 0.0).all()


def test_fees_and_losses_are_those_that_the_venue_booked(tmp_path: Path) -> None:
    world, loop, clock, installation = installed(tmp_path)
    last = Last()
    plan = Watch(
        installation=installation,
        clock=clock,
        connections=InsideConnections(world.venue, clock),
        notifiers=(),
        listeners=(last,),
        ends_at=clock.now() + timedelta(minutes=8),
    )
    try:
        loop.run_until_complete(watch(plan))
    finally:
        loop.close()
    assert last.result is not None
    readings = {reading.rule.id: reading for reading in last.result.readings}
    assert not any(np.isnan(reading.values).any() for reading in readings.values())
    equity = last.result.snapshot.accounts.equity
    fees = readings["booked/fees"].values * equity
    lost = readings["booked/lost"].values * equity
    for code, account in enumerate(ACCOUNTS):
        rows = world.venue.exchange.income(account)
        paid = sums_of(rows, IncomeKind.COMMISSION)
        net = sums_of(rows, IncomeKind.COMMISSION, IncomeKind.REALIZED_PNL, IncomeKind.FUNDING_FEE)
        # Income is read every minute: the newest entries may not have been seen.
        assert float(fees[code]) in [pytest.approx(-each) for each in paid]
        assert float(lost[code]) in [pytest.approx(max(0.0, -each)) for each in net]
    assert (fees > 0.0).all()


def sums_of(rows: Sequence[Income], *kinds: IncomeKind) -> list[float]:
    """What the entries of some kinds had added up to after each of them."""
    return list(accumulate((float(row.amount) for row in rows if row.kind in kinds), initial=0.0))
