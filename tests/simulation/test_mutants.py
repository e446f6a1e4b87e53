"""The simulation finds faults: each planted one breaks the invariant that it should, within a few seeds."""

from __future__ import annotations

import pytest

from riskd.daemon.logs import silence_logs
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.names import HARNESS, invariants_used
from tests.simulation.run import run

_SEEDS = 300  # each mutant begins with one that is known to find it, so that a run needs few
_REPEATS = "I19"  # not a check at a moment: two runs of one seed are compared


@pytest.fixture(autouse=True)
def quiet() -> None:
    silence_logs()


@pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in MUTANTS if _REPEATS not in mutant.caught_by],
    ids=lambda mutant: mutant.name,
)
def test_a_daemon_with_a_planted_fault_is_found(mutant: Mutant) -> None:
    found: set[str] = set()
    for step in range(_SEEDS):
        seed = (mutant.found_by + step) % _SEEDS
        found |= {violation.name for violation in run(seed, mutant).violations}
        if found & mutant.caught_by:
            return
    pytest.fail(f"{_SEEDS} seeds of a daemon with {mutant.name} broke {sorted(found) or 'nothing'}")


def test_a_daemon_that_throws_dice_does_not_repeat_itself() -> None:
    [dicing] = [mutant for mutant in MUTANTS if _REPEATS in mutant.caught_by]
    assert run(dicing.found_by, dicing).digest != run(dicing.found_by, dicing).digest


def test_no_invariant_is_without_a_fault_that_breaks_it() -> None:
    broken = {name for mutant in MUTANTS if len(mutant.caught_by) == 1 for name in mutant.caught_by}
    assert invariants_used() - HARNESS - broken == set()


def test_every_planted_fault_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
