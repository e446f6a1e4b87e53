"""Runs seeds, and prints how to see one again.

python -m tests.simulation.run 42            one seed
python -m tests.simulation.run 0 1000        a thousand of them
python -m tests.simulation.run 42 --mutant resends
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from riskd.adapters.system_clock import SystemClock
from riskd.daemon.logs import silence_logs
from tests.simulation.mutants import MUTANTS, NONE, Mutant
from tests.simulation.violations import Violation
from tests.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one seed.

    Attributes:
        digest: Of the journal, the ledger, the channel and every trade: the same seed gives the same.
        seconds: Of the simulation.
        judged: Times at which an account's leverage was known.
    """

    seed: int
    violations: tuple[Violation, ...]
    digest: str
    seconds: float
    cycles: int
    judged: int
    lives: int
    orders: int
    fills: int
    entries: int
    posts: int
    checks: int

    def __str__(self) -> str:
        found = "\n".join(f"  {violation}" for violation in self.violations[:5])
        return f"seed {self.seed} breaks:\n{found}\nSee it again: RISKD_SEED={self.seed} python -m pytest tests/simulation -k seed"


def run(seed: int, mutant: Mutant = NONE) -> Result:
    """Live through one seed."""
    # Paths stand in the journal: seen from inside the folder they are the same in every run.
    with TemporaryDirectory(prefix="riskd-sim-") as folder, chdir(folder):
        world = World(seed, Path(), mutant)
        world.run()
        return Result(
            seed=seed,
            violations=tuple(world.violations.found),
            digest=_digest(world),
            seconds=world.clock.monotonic(),
            cycles=world.sight.cycles,
            judged=world.sight.known,
            lives=world.lives,
            orders=len(world.orders.sent_ids),
            fills=len(world.truth.fills),
            entries=world.books.head[0],
            posts=len(world.channel.posts),
            checks=world.violations.checks,
        )


def _digest(world: World) -> str:
    digest = hashlib.sha256()
    for part in world.storage.contents():
        digest.update(part)
    digest.update(repr(world.truth.trades).encode())
    digest.update(repr([(post.at, post.place, post.message) for post in world.channel.posts]).encode())
    return digest.hexdigest()


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    silence_logs()
    numbers = [int(word) for word in arguments if word.isdigit()]
    mutant = next((known for known in MUTANTS if known.name in arguments), NONE)
    first, count = numbers[0] if numbers else 0, numbers[1] if len(numbers) > 1 else 1
    clock, totals, broken = SystemClock(), Counter[str](), 0
    began = clock.monotonic()
    for seed in range(first, first + count):
        result = run(seed, mutant)
        numbers_of = {name: value for name, value in asdict(result).items() if isinstance(value, int | float)}
        totals.update({name: round(value) for name, value in numbers_of.items() if name != "seed"})
        if result.violations:
            broken += 1
            _say(str(result))
        elif count == 1:
            _say(result.digest)
    took = clock.monotonic() - began
    _say(
        f"{count} seeds, {broken} broken, {took:.1f} s, {totals['seconds'] / took:.0f} times real time: {dict(totals)}"
    )
    return 1 if broken else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
