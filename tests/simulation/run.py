"""Runs seeds, and prints how to see one again.

python -m tests.simulation.run 42            one seed
python -m tests.simulation.run 0 1000        a thousand of them
python -m tests.simulation.run 42 --mutant resends
python -m tests.simulation.run 42 --dies-at 1-400    one seed four hundred times: its first life ends at each of these steps
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr
from dataclasses import asdict, dataclass
from io import StringIO
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from riskd.adapters.system_clock import SystemClock
from riskd.daemon.logs import silence_logs
from tests.simulation.invariants_record import canaries, secrets_in
from tests.simulation.lives import identity_key
from tests.simulation.mutants import MUTANTS, NONE, Mutant
from tests.simulation.script import Script
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


def run(seed: int, mutant: Mutant = NONE, script: Script | None = None) -> Result:
    """Live through one seed.

    Args:
        mutant: A fault planted in the daemon.
        script: Leaves out pieces of the story, and notes those that happen.
    """
    log = StringIO()
    # Paths stand in the journal: seen from inside the folder they are the same in every run.
    with TemporaryDirectory(prefix="riskd-sim-") as folder, chdir(folder), redirect_stderr(log):
        world = World(seed, Path(), mutant, script)
        world.run()
        outputs = _outputs(world)
        _no_secret(world, [*outputs, log.getvalue().encode()])
        return Result(
            seed=seed,
            violations=tuple(world.violations.found),
            digest=hashlib.sha256(b"".join(outputs)).hexdigest(),
            seconds=world.clock.monotonic(),
            cycles=world.sight.cycles,
            judged=world.sight.known,
            lives=world.lives.count,
            orders=len(world.orders.sent_ids),
            fills=len(world.truth.fills),
            entries=world.books.head[0],
            posts=len(world.channel.posts),
            checks=world.violations.checks,
        )


def _outputs(world: World) -> list[bytes]:
    """Journal, ledger, trades and what people were told."""
    posts = [(post.at, post.place, post.message) for post in world.channel.posts]
    return [*world.storage.contents(), repr(world.truth.trades).encode(), repr(posts).encode()]


def _no_secret(world: World, outputs: Sequence[bytes]) -> None:
    found = secrets_in(outputs, canaries(world.accounts, identity_key(world.seed)))
    world.violations.check(not found, "I16", f"{len(found)} secrets are in what riskd wrote or said: {found}")


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    silence_logs()
    words = list(arguments)
    deaths = words.pop(words.index("--dies-at") + 1) if "--dies-at" in words else "0-0"
    numbers = [int(word) for word in words if word.isdigit()]
    mutant = next((known for known in MUTANTS if known.name in words), NONE)
    first, count = numbers[0] if numbers else 0, numbers[1] if len(numbers) > 1 else 1
    steps = range(int(deaths.partition("-")[0]), int(deaths.partition("-")[2]) + 1)
    clock, totals, broken = SystemClock(), Counter[str](), 0
    began = clock.monotonic()
    for seed, dies_at in product(range(first, first + count), steps):
        result = run(seed, mutant, Script(dies_at=dies_at))
        numbers_of = {name: value for name, value in asdict(result).items() if isinstance(value, int | float)}
        totals.update({name: round(value) for name, value in numbers_of.items() if name != "seed"})
        if result.violations:
            broken += 1
            _say(f"{result}{f' (its first life ends at step {dies_at})' if dies_at else ''}")
        elif count * len(steps) == 1:
            _say(result.digest)
    took = clock.monotonic() - began
    _say(
        f"{count * len(steps)} runs, {broken} broken, {took:.1f} s, {totals['seconds'] / took:.0f} times real time: {dict(totals)}"
    )
    return 1 if broken else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
