"""The simulation finds faults: each planted one breaks the invariant that it should, within a few seeds."""

from __future__ import annotations

import pytest

from riskd.daemon.logs import silence_logs
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.run import run

_SEEDS = range(60)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_daemon_with_a_planted_fault_is_found(mutant: Mutant) -> None:
    silence_logs()
    found: set[str] = set()
    for seed in _SEEDS:
        found |= {violation.name for violation in run(seed, mutant).violations}
        if found & mutant.caught_by:
            return
    pytest.fail(f"{len(_SEEDS)} seeds of a daemon with {mutant.name} broke {sorted(found) or 'nothing'}")
