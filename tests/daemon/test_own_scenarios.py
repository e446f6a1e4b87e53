"""A crash that the configuration defines is measured by the daemon, and one that it does not define is never nothing."""

from __future__ import annotations

import math
from pathlib import Path

from riskd.daemon.once import look_with
from riskd.daemon.settings_file import read_settings
from riskd.judge.reading import Reading
from riskd.policy.load import load
from tests.daemon.inside import installed

POLICY = """
riskd: policy/v1
name: shocks
title: Crashes and shocks
owner: us
version: "1"
mode: observe
rules:
  - {id: own, title: Own, measure: {stress_loss: {scenario: luna}}, per: account, max: 30%}
  - {id: none, title: None, measure: {stress_loss: {scenario: terra}}, per: account, max: 30%}
  - {id: beta, title: Beta, measure: {beta_shock: {window: 30h}}, per: account, min: 10%}
"""
SCENARIOS = "scenarios: [{id: luna, title: Terra fails, others: -40%, moves: {BTC: -30%}}]\n"


def test_one_look_takes_the_desks_own_crash_and_reads_bitcoin_for_betas(tmp_path: Path) -> None:
    loop, clock, connections, installation = installed(tmp_path, POLICY)
    with installation.config.open("a", encoding="utf-8") as config:
        config.write(f"\n{SCENARIOS}")
    try:
        settings = read_settings(installation.config)
        sight = loop.run_until_complete(
            look_with(settings, load([("shocks.yaml", POLICY)]), clock, connections)
        )
    finally:
        loop.close()
    readings = {reading.rule.id.partition("/")[2]: reading for reading in sight.result.readings}
    assert all(math.isfinite(loss) for loss in readings["own"].values.tolist())
    assert max(readings["own"].values.tolist()) > 0.3
    assert set(_reasons(readings["none"])) == {"no scenario 'terra' in riskd.yaml"}
    history = sight.result.book.tables.histories[0]
    assert history.market.symbol == ("BTC/USDT:USDT",)
    shocks = dict(zip(map(str, readings["beta"].subjects), readings["beta"].values.tolist(), strict=True))
    assert 0.0 < shocks["account=hedge"] < 1.0
    # The demo's market has half a day of past, and a beta needs a day.
    assert math.isnan(shocks["account=swing"])
    assert any("SOL/USDT:USDT and BTC" in reason for reason in _reasons(readings["beta"]))


def _reasons(reading: Reading) -> list[str]:
    return [reason for reason in reading.unknown if reason]
