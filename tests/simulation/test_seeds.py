"""Stories of the daemon, each from a seed: faults, restarts, kills, people; and nothing may ever be broken."""

from __future__ import annotations

import os

import pytest

from riskd.daemon.logs import silence_logs
from tests.simulation.run import run
from tests.simulation.script import Script

# RISKD_SEED shows one seed again; RISKD_SEEDS runs more of them, as continuous integration does (.ci/run).
SEEDS = (
    [int(os.environ["RISKD_SEED"])]
    if "RISKD_SEED" in os.environ
    else list(range(int(os.environ.get("RISKD_SEEDS", "60"))))
)


@pytest.fixture(autouse=True)
def quiet() -> None:
    silence_logs()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_is_broken_by_the_seed(seed: int) -> None:
    result = run(seed)
    assert not result.violations, str(result)
    assert result.checks > 0


def test_the_seeds_together_trade_restart_and_judge() -> None:
    """A simulation in which nothing happens would break nothing."""
    results = [run(seed) for seed in range(12)]
    assert sum(result.orders for result in results) > 5
    assert sum(result.fills for result in results) > 5
    assert sum(result.lives for result in results) > len(results)
    assert sum(result.judged for result in results) > 100


@pytest.mark.parametrize("seed", [0, 8, 1], ids=["DuckDB", "journal file", "memory"])
def test_the_same_seed_gives_the_same_journal_ledger_channel_and_trades(seed: int) -> None:
    assert run(seed).digest == run(seed).digest


@pytest.mark.parametrize("step", [1, 2, 5, 11, 23, 48, 101, 211, 433, 887])
def test_a_life_may_end_at_any_await_and_any_touch_of_the_world(step: int) -> None:
    result = run(5, script=Script(dies_at=step))
    assert not result.violations, str(result)
    assert result.lives > 1
