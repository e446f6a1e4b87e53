"""The demo's installation: the same configuration file, credential files and state directory that a desk would have."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from riskd.adapters.package_files import policies_directory
from riskd.daemon.demo.world import World
from riskd.paper.dialect.http import Rights

_QUOTE = "USDT"

COUNTDOWN_SECONDS = 180
"""How long a plan of the policy is shown before it executes: three seconds on a terminal, where an hour passes in a minute."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the demo keeps its things.

    Attributes:
        folder: Holds `riskd.yaml`, `credentials/`, the journal and the ledger.
    """

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "riskd.yaml"


def install(folder: Path, world: World, *, endpoint: str | None, cycle_seconds: int) -> Installation:
    """Write configuration and credentials for the paper desk.

    Args:
        folder: Made when absent.
        world: The venue to watch.
        endpoint: Where it listens; None when it is in this process.
        cycle_seconds: How often the daemon looks.
    """
    installation = Installation(folder)
    credentials = folder / "credentials"
    credentials.mkdir(parents=True, exist_ok=True, mode=0o700)
    for account in world.desk.accounts:
        for rights in Rights:
            key = world.key(account.name, rights)
            _write_secret(
                credentials / f"{account.name}-{rights.value}", {"api_key": key.key, "secret": key.secret}
            )
    installation.config.write_text(_config(world, endpoint, cycle_seconds), encoding="utf-8")
    return installation


def unified(venue_symbol: str) -> str:
    """``BTCUSDT`` as riskd calls it: ``BTC/USDT:USDT``."""
    return f"{venue_symbol.removesuffix(_QUOTE)}/{_QUOTE}:{_QUOTE}"


def _config(world: World, endpoint: str | None, cycle_seconds: int) -> str:
    # Over HTTP the demo runs sixty times as fast as the clock: answers are sixty times as old when they come, and a clock
    # that is read a hundredth of a second late is off by most of a second.
    data_age, clock_skew = ("15s", "0.5s") if endpoint is None else ("60s", "30s")
    where = "" if endpoint is None else f"\n    endpoint: {endpoint}"
    accounts = "\n".join(
        f"""  - id: {account.name}
    venue: binanceusdm{where}
    credential: {account.name}-read
    trading_credential: {account.name}-trade
    mode: enforce
    desk: paper
    labels: {{env: demo}}
    strategies:
      - {{symbols: ["*"], strategy: {account.strategy}}}"""
        for account in world.desk.accounts
    )
    return f"""# The paper desk of `riskd demo`. Simulated money; the keys open nothing else.
riskd: config/v1
mode: enforce                 # a real installation begins with observe
state: .
orders: {{data_age_max: {data_age}, clock_skew_max: {clock_skew}, countdown: {COUNTDOWN_SECONDS}s}}
policies: ["{policies_directory() / "demo.yaml"}"]
cycle: {{every: {cycle_seconds}s, near_limits: {cycle_seconds}s}}
accounts:
{accounts}
hedges:
  - id: btc-carry
    legs: [{{account: hedge, spot: BTC}}, {{account: hedge, symbol: "BTC/USDT:USDT"}}]
grids:
  - {{id: btc-grid, account: grid, symbol: "BTC/USDT:USDT"}}
"""


def _write_secret(path: Path, fields: Mapping[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(fields, file)
