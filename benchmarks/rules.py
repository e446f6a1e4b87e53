"""22 rules over 1,000, 10,000 and 1,000,000 positions: riskd, hand-written NumPy, plain objects and policy engines.

Run: python -m benchmarks.rules [positions ...]. All times of one table come from one run, and the answers must agree rule by
rule and subject by subject, or the run fails. Times are those of the processor: other programs on the machine do not count
against whoever is timed while they run, and nothing here uses a second thread. Policy engines are an optional group of packages
(docs/benchmarks.md).
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from time import process_time  # noqa: TID251  # a benchmark measures time, and judges nothing by it
from timeit import Timer
from typing import TypeVar

import numpy as np

from benchmarks.peers import PEERS, Levels, Peer, installed, titled
from benchmarks.rules_book import a_book
from benchmarks.rules_by_hand import by_hand
from benchmarks.rules_by_objects import by_objects, validated
from benchmarks.rules_cycles import Moment, later
from benchmarks.rules_limits import COMPILED, DAY, REFS, RULES, Answer, judged, levels
from riskd.judge.evaluate import evaluate
from riskd.judge.reading import Reading
from riskd.measure.book.book import Book
from riskd.measure.book.layout import Layout
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
        f"{len(RULES)} rules, measures and limits; ms, best of several cycles in each of which all prices are others; "
        "Book.of is part of every pass of riskd"
    )
    for size in sizes:
        compare(*a_book(size))


def compare(snapshot: Snapshot, history: History) -> None:
    """Prints the table of one book.

    Raises:
        SystemExit: Two answers differ.
    """
    size = len(snapshot.positions)
    few = size > 100_000
    moments = [later(snapshot, history, cycles) for cycles in range(1, 3 if few else 9)]
    repeats = 6 if few else 80
    first = _least(lambda moment: _judged_by(Book.of(*moment)), moments, repeats)
    ours = _least(_Cycles().measured, moments, repeats)
    evaluated = _least(_Cycles().evaluated, moments, repeats)
    hand = _least(lambda moment: judged(by_hand(*moment)), moments, repeats)
    _check(moments)
    print(f"\n{size:,} positions, {len(snapshot.desk.accounts):,} accounts{'':>21}ms  times riskd")
    _line("riskd, measures and limits", ours, ours)
    _line("  in its first cycle", first, ours)
    _line("  and readings with reasons (judge.evaluate)", evaluated, ours)
    _line("NumPy by hand, for this book", hand, ours)
    if size <= _MOST_ROWS:
        _row_by_row(snapshot, history, by_catalogue(snapshot, history), ours)
    every, _ = _timed(lambda: _everything(snapshot, history), 3)
    _line(f"riskd, all {len(CATALOGUE)} measures at every grain", every, ours)


class _Cycles:
    """Cycle after cycle of one daemon, which keeps the layout of the last."""

    def __init__(self) -> None:
        self._layout: Layout | None = None

    def book(self, moment: Moment) -> Book:
        """The book of a cycle."""
        book = Book.of(*moment, self._layout)
        self._layout = book.layout
        return book

    def measured(self, moment: Moment) -> Answer:
        """Values and levels."""
        return _judged_by(self.book(moment))

    def evaluated(self, moment: Moment) -> tuple[Reading, ...]:
        """What the daemon's own judge makes of them."""
        return evaluate(COMPILED, self.book(moment), now=moment[0].taken_at)


def _check(moments: Sequence[Moment]) -> None:
    """A cycle that follows another says what a first one does, to the bit, and NumPy by hand agrees."""
    cycles = _Cycles()
    with np.errstate(all="ignore"):
        for moment in moments:
            answer, alone = cycles.measured(moment), _judged_by(Book.of(*moment))
            for rule, (values, _) in alone.items():
                if values.tobytes() != answer[rule][0].tobytes():
                    raise SystemExit(f"{rule} differs from what a first cycle says")
            _agree("by hand", answer, judged(by_hand(*moment)))
            said = zip(answer, cycles.evaluated(moment), strict=True)
            agree_on_levels("judge.evaluate", answer, {rule: found.levels.tolist() for rule, found in said})


def by_catalogue(snapshot: Snapshot, history: History) -> Answer:
    """The rules as riskd takes them in a first cycle."""
    return _judged_by(Book.of(snapshot, history))


def _judged_by(book: Book) -> Answer:
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
        return min(Timer(work, timer=process_time).repeat(repeats, 1)) * 1e3, answer


def _least(work: Callable[[Moment], object], moments: Sequence[Moment], repeats: int) -> float:
    """Least milliseconds of several runs, each of another moment than the one before: no answer can be kept."""
    turns = itertools.cycle(moments)
    with np.errstate(all="ignore"):
        work(next(turns))
        return min(Timer(lambda: work(next(turns)), timer=process_time).repeat(repeats, 1)) * 1e3


if __name__ == "__main__":
    main()
