"""The daemon on the paper venue, story F36: money goes in and out, and no cycle calls it profit or loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.cycle import CycleResult
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.demo.setup import install
from riskd.daemon.demo.watch import Watch, watch
from riskd.daemon.demo.world import World, build_world
from riskd.execution import PlanResult
from riskd.paper.market.presets import demo

OUT, BACK = 20, 40  # cycles after which money goes out, and back in
POLICY = """
riskd: policy/v1
name: flows
title: Rules on equity
owner: us
version: "1"
mode: observe
rules:
  - {id: fall, title: Fall, measure: {drawdown: {window: 1d}}, per: account, max: 90%}
  - {id: day, title: Day, measure: loss_today, per: account, max: 90%}
  - {id: all, title: All, measure: {drawdown: {window: 1d}}, per: portfolio, max: 90%}
"""


@dataclass
class Treasurer:
    """Takes money out in the middle of the run, puts it back later, and notes what the rules say in every cycle."""

    world: World
    account: str
    amount: Decimal
    cycle: int = 0
    said: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def after_cycle(self, result: CycleResult) -> None:
        self.cycle += 1
        for reading in result.readings:
            for subject, value, unknown in zip(
                reading.subjects, reading.values.tolist(), reading.unknown, strict=True
            ):
                name = str(subject)
                if name in (f"account={self.account}", "portfolio"):
                    key = f"{reading.rule.id.rpartition('/')[2]} {name}"
                    self.said.setdefault(key, []).append((value, unknown))
        if self.cycle == OUT:
            self.world.venue.exchange.withdraw(self.account, self.amount)
        if self.cycle == BACK:
            self.world.venue.exchange.deposit(self.account, self.amount)

    def after_plan(self, result: PlanResult) -> None:
        raise AssertionError(result)


def told(folder: Path, share: str) -> Treasurer:
    """Ten minutes in which a share of an account's equity leaves and comes back."""
    market = demo(seed=3)
    world = build_world(market, seed=3)
    loop = VirtualLoop()
    clock = VirtualClock(loop, started_at=datetime.fromtimestamp(market.started_at_ms / 1000, UTC))
    installation = install(folder, world, endpoint=None, cycle_seconds=10)
    (folder / "flows.yaml").write_text(POLICY, encoding="utf-8")
    lines = installation.config.read_text(encoding="utf-8").splitlines()
    written = ["policies: [flows.yaml]" if line.startswith("policies:") else line for line in lines]
    installation.config.write_text("\n".join(written), encoding="utf-8")
    account = next(iter(world.venue.exchange.accounts))
    equity = world.venue.exchange.account(account).margin_balance
    treasurer = Treasurer(world, account, (equity * Decimal(share)).quantize(Decimal("0.01")))
    plan = Watch(
        installation=installation,
        clock=clock,
        connections=InsideConnections(world.venue, clock),
        notifiers=(),
        listeners=(treasurer,),
        ends_at=clock.now() + timedelta(minutes=10),
    )
    try:
        loop.run_until_complete(watch(plan))
    finally:
        loop.close()
    return treasurer


@pytest.mark.parametrize("share", ["0.15", "0.03"])
def test_money_that_goes_out_and_comes_back_is_never_a_loss(tmp_path: Path, share: str) -> None:
    treasurer = told(tmp_path, share)
    assert treasurer.cycle > 55
    assert {rule.partition(" ")[0] for rule in treasurer.said} == {"fall", "day", "all"}
    for rule, said in treasurer.said.items():
        known = [value for value, unknown in said if not unknown]
        assert max(known) < 0.02, rule
        untold = [number for number, (_, unknown) in enumerate(said, start=1) if "cash moved by" in unknown]
        # The next look but one brings the wallet's history, which tells.
        assert untold == [OUT + 1, BACK + 1], rule
        assert len(known) >= len(said) - 3, rule
