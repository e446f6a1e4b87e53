"""Many seeds at once, on every core; what is done stays done, until the code changes.

python -m tests.simulation.many 300            seeds 0 to 299
python -m tests.simulation.many 0-9999         ten thousand
python -m tests.simulation.many 0-9999 --jobs 1
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import TimeoutError as NoAnswer
from multiprocessing import get_context
from pathlib import Path
from time import process_time  # noqa: TID251 - a figure of the run: what a seed costs in processor time

from riskd.adapters.system_clock import SystemClock
from riskd.daemon.logs import silence_logs
from tests.simulation.run import run

_ROOT = Path(__file__).resolve().parents[2]
_CODE = ("riskd", "storage", "tests/simulation", "tests/fakes")
_SEEDS_OF_A_PROCESS = 200  # then another one takes its place, so that nothing can pile up
_PROGRESS_SECONDS = 10.0
_HANGS_SECONDS = (
    60.0  # a hundred times what a seed takes: it is looked at by its number, in a process of its own
)
_SHOWN = ("lives", "cycles", "judged", "orders", "fills", "entries", "posts", "checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of one seed.

    Attributes:
        broken: The first violation, in words; empty: none.
        processor_seconds: What it cost.
        virtual_seconds: What it lived through.
        counts: How much happened, by name.
    """

    seed: int
    broken: str
    processor_seconds: float
    virtual_seconds: float
    counts: dict[str, int]


def live(seed: int) -> Done:
    """One seed, in a process of its own."""
    silence_logs()
    began = process_time()
    try:
        result = run(seed)
    except Exception as error:  # noqa: BLE001 - a seed that ends the harness is a finding too, and not the end of all others
        broken, seconds, counts = f"{type(error).__name__}: {error}", 0.0, {}
    else:
        broken = str(result.violations[0]) if result.violations else ""
        seconds, counts = result.seconds, {name: getattr(result, name) for name in _SHOWN}
    return Done(
        seed=seed,
        broken=broken,
        processor_seconds=process_time() - began,
        virtual_seconds=seconds,
        counts=counts,
    )


def on_all_cores(seeds: Sequence[int], jobs: int) -> Iterator[Done]:
    """Each seed as it is finished. When none is for a long time, those that were begun first are given up."""
    left = dict.fromkeys(seeds)
    while left:
        with get_context("spawn").Pool(jobs, maxtasksperchild=_SEEDS_OF_A_PROCESS) as pool:
            coming = pool.imap_unordered(live, list(left))
            try:
                while left:
                    one = coming.next(timeout=_HANGS_SECONDS)
                    del left[one.seed]
                    yield one
            except NoAnswer:
                for seed in list(left)[:jobs]:
                    del left[seed]
                    yield _hung(seed)


def _hung(seed: int) -> Done:
    text = f"off: it had not ended after {_HANGS_SECONDS:.0f} s"
    return Done(seed=seed, broken=text, processor_seconds=0.0, virtual_seconds=0.0, counts={})


class Shelf:
    """Finished seeds, in a file that belongs to one state of the code.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"seeds-{fingerprint()}.jsonl"

    def finished(self) -> dict[int, Done]:
        """Every seed that was written down; a line that was cut off by a kill counts for nothing."""
        done = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            try:
                found = Done(**json.loads(line))
            except ValueError:
                continue
            done[found.seed] = found
        return done

    def add(self, done: Done) -> None:
        """One more."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(done)) + "\n")


def fingerprint() -> str:
    """Of all the code that a seed runs through."""
    digest = hashlib.sha256()
    for path in sorted(path for part in _CODE for path in (_ROOT / part).rglob("*") if _is_code(path)):
        digest.update(f"{path.relative_to(_ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _is_code(path: Path) -> bool:
    return path.suffix in {".py", ".sql"} and path.is_file()


def seeds_of(words: Sequence[str]) -> range:
    """``300`` is the first three hundred, ``40-59`` are twenty.

    Raises:
        ValueError: It is neither.
    """
    first, dash, last = (words[0] if words else "300").partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


def summary(done: Sequence[Done], *, wall_seconds: float, fresh: int, jobs: int) -> Iterator[str]:
    """What the seeds did and cost.

    Args:
        wall_seconds: Of the seeds of this run.
        fresh: How many these are; others were finished before.
    """
    totals = Counter[str]()
    for one in done:
        totals.update(one.counts)
    processor = sum(one.processor_seconds for one in done)
    virtual = sum(one.virtual_seconds for one in done)
    broken = sum(bool(one.broken) for one in done)
    yield f"{len(done)} seeds, {broken} broken; {virtual / 3600:.0f} hours of the desk's time"
    yield ", ".join(f"{totals[name]:,} {name}" for name in _SHOWN)
    if done:
        each = processor / len(done)
        yield f"{each:.2f} s of processor time a seed: {3600 / each:,.0f} seeds an hour on each core"
    if fresh:
        yield (
            f"this run: {fresh} seeds in {wall_seconds:.0f} s with {jobs} processes, {fresh / wall_seconds * 3600:,.0f} seeds"
            " an hour"
        )


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    words = list(arguments)
    jobs = int(words.pop(words.index("--jobs") + 1)) if "--jobs" in words else os.cpu_count() or 1
    seeds = seeds_of([word for word in words if not word.startswith("--")])
    shelf, clock = Shelf(_ROOT / "build" / "simulation"), SystemClock()
    done = {seed: one for seed, one in shelf.finished().items() if seed in seeds}
    left = [seed for seed in seeds if seed not in done]
    if done:
        _say(f"{len(done)} of {len(seeds)} seeds are finished in {shelf.path.relative_to(_ROOT)}")
    for one in done.values():
        _tell(one)
    began = said = clock.monotonic()
    for fresh, one in enumerate(on_all_cores(left, jobs), start=1):
        shelf.add(one)
        done[one.seed] = one
        _tell(one)
        now = clock.monotonic()
        if now - said >= _PROGRESS_SECONDS:
            said = now
            rate = fresh / (now - began) * 3600
            _say(f"{len(done)} of {len(seeds)} seeds, {rate:,.0f} an hour")
    wall_seconds = clock.monotonic() - began
    for line in summary(list(done.values()), wall_seconds=wall_seconds, fresh=len(left), jobs=jobs):
        _say(line)
    return 1 if any(one.broken for one in done.values()) else 0


def _tell(one: Done) -> None:
    if one.broken:
        _say(f"seed {one.seed} breaks {one.broken}")
        _say(f"  see it again:  python -m tests.simulation.run {one.seed}")
        _say(f"  make it small: python -m tests.simulation.shrink {one.seed}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
