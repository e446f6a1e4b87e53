"""22 rules over 1,000, 10,000 and 1,000,000 positions: riskd, hand-written NumPy, plain objects and policy engines.

Run: python -m benchmarks.rules [positions ...]. All times of one table come from one run, and the answers must agree rule by
rule and subject by subject, or the run fails. Policy engines are an optional group of packages (docs/benchmarks.md).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from timeit import Timer
from typing import TypeVar

import numpy as np

from benchmarks.peers import PEERS, Levels, Peer, installed, titled
from benchmarks.rules_book import a_book
from benchmarks.rules_by_hand import by_hand
from benchmarks.rules_by_objects import by_objects, validated
from benchmarks.rules_limits import DAY, REFS, RULES, Answer, judged, levels
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.measure.spec import MeasureRef
from riskd.model.history import History
from riskd.model.snapshot import Snapshot

# Plain objects and engines that judge row by row are timed up to here: beyond it they only take longer.
_MOST_ROWS = 10_000
T = TypeVar("T")


def main() -> None:
    """Prints, for each size, the times and the ratios."""
    sizes = [int(text) for text in sys.argv[1:]] or [1_000, 10_000, 1_000_000]
    print(
        f"{len(RULES)} rules, measures and limits; ms, best of several; Book.of is part of every pass of riskd"
    )
    for size in sizes:
        compare(*a_book(size))


def compare(snapshot: Snapshot, history: History) -> None:
    """Prints the table of one book.

    Raises:
        SystemExit: Two answers differ.
    """
    size = len(snapshot.positions)
    repeats = 5 if size > 100_000 else 40
    ours, answer = _timed(lambda: by_catalogue(snapshot, history), repeats)
    print(f"\n{size:,} positions, {len(snapshot.desk.accounts):,} accounts{'':>21}ms  times riskd")
    _line("riskd", ours, ours)
    hand, written = _timed(lambda: judged(by_hand(snapshot, history)), repeats)
    _agree("by hand", answer, written)
    _line("NumPy by hand, for this book", hand, ours)
    if size <= _MOST_ROWS:
        _row_by_row(snapshot, history, answer, ours)
    every, _ = _timed(lambda: _everything(snapshot, history), repeats)
    _line(f"riskd, all {len(CATALOGUE)} measures at every grain", every, ours)


def by_catalogue(snapshot: Snapshot, history: History) -> Answer:
    """The rules as riskd takes them."""
    book = Book.of(snapshot, history)
    everything = select_all(book)
    answer: Answer = {}
    for ref, grain in REFS:
        rule = f"{ref.name} {grain}"
        values = take(book, ref, grain, everything).values
        answer[rule] = (values, levels(rule, values))
    return answer


def _row_by_row(snapshot: Snapshot, history: History, answer: Answer, ours: float) -> None:
    validation, rows = _timed(lambda: validated(snapshot), 3)
    objects, found = _timed(lambda: judged(by_objects(rows, snapshot, history)), 5)
    _agree("pydantic objects", answer, found)
    _line("Python over pydantic objects", objects, ours)
    _line("  and validating them first", objects + validation, ours)
    for name in PEERS:
        peer = installed(name)
        if peer is None:
            print(f"{name:<48} not installed (docs/benchmarks.md says how)")
            continue
        preparation, given = _timed(lambda peer=peer: peer.prepare(rows, snapshot, history), 3)  # type: ignore[misc]  # mypy infers no defaults of lambdas
        judging, said = _timed(lambda peer=peer, given=given: peer.judge(given), 5)  # type: ignore[misc]  # as above
        agree_on_levels(name, answer, said)
        _line(f"{titled(name)}{_coverage(peer)}", judging, ours)
        _line("  and preparing its input first", judging + preparation, ours)


def _coverage(peer: Peer) -> str:
    return "" if len(peer.says) == len(RULES) else f", {len(peer.says)} of {len(RULES)} rules"


def _line(what: str, spent: float, ours: float) -> None:
    print(f"{what:<48} {spent:12.2f}  {spent / ours:8.2f}")


def _everything(snapshot: Snapshot, history: History) -> int:
    book = Book.of(snapshot, history)
    taken = 0
    for name, spec in CATALOGUE.items():
        given = tuple(
            (parameter.name, parameter.words[0] if parameter.words else parameter.default or DAY)
            for parameter in spec.parameters
        )
        for grain in sorted(spec.grains):
            taken += len(take(book, MeasureRef(name, given), grain, select_all(book)).values)
    return taken


def _agree(name: str, ours: Answer, theirs: Answer) -> None:
    if set(ours) != set(theirs):
        raise SystemExit(f"{name}: not the same rules: {sorted(set(ours) ^ set(theirs))}")
    for rule, (values, _) in ours.items():
        other, _ = theirs[rule]
        if not np.allclose(values, other, rtol=1e-9, atol=1e-12, equal_nan=True):
            worst = int(np.nanargmax(np.abs(values - other)))
            raise SystemExit(f"{name}: {rule} differs in row {worst}: {values[worst]} and {other[worst]}")
    agree_on_levels(name, ours, {rule: found.tolist() for rule, (_, found) in theirs.items()})


def agree_on_levels(name: str, ours: Answer, said: Levels) -> None:
    """Compares what an engine says of each subject with what riskd says.

    Raises:
        SystemExit: They differ.
    """
    for rule, theirs in said.items():
        own = ours[rule][1].tolist()
        if len(own) != len(theirs):
            raise SystemExit(f"{name}: {rule} has {len(theirs)} subjects, riskd has {len(own)}")
        differing = [row for row, pair in enumerate(zip(own, theirs, strict=True)) if pair[0] != pair[1]]
        if differing:
            row = differing[0]
            raise SystemExit(
                f"{name}: {rule} differs for {len(differing)} subjects, the first {row}: "
                f"level {theirs[row]}, riskd {own[row]}"
            )


def _timed(work: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Least milliseconds of several runs, and the answer."""
    with np.errstate(all="ignore"):
        answer = work()
        return min(Timer(work).repeat(repeats, 1)) * 1e3, answer


if __name__ == "__main__":
    main()
