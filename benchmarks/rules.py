"""22 rules over 1,000, 10,000 and 1,000,000 positions: the catalogue against hand-written NumPy and plain objects.

Run: python -m benchmarks.rules [positions ...]. All times of one line come from one run; the answers must agree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from timeit import Timer
from typing import TypeVar

import numpy as np

from benchmarks.rules_book import a_book
from benchmarks.rules_by_hand import by_hand
from benchmarks.rules_by_objects import by_objects, validated
from riskd.measure.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.arrays import FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain

DAY = 86_400.0
# (measure, grain, parameters, warn, breach, critical); the sign says which side is bad.
RULES: tuple[tuple[str, Grain, tuple[tuple[str, float], ...], float, float, float], ...] = (
    ("leverage", Grain.ACCOUNT, (), 2.0, 3.0, 5.0),
    ("leverage", Grain.STRATEGY, (), 0.5, 1.0, 2.0),
    ("leverage", Grain.PORTFOLIO, (), 2.0, 3.0, 5.0),
    ("position_leverage", Grain.POSITION, (), 5.0, 10.0, 20.0),
    ("share_of_equity", Grain.POSITION, (), 0.2, 0.3, 0.5),
    ("share_of_equity", Grain.ASSET, (), 0.2, 0.3, 0.5),
    ("share_of_gross", Grain.ASSET, (), 0.1, 0.2, 0.4),
    ("share_of_gross", Grain.EXCHANGE, (), 0.5, 0.6, 0.7),
    ("equity_at_venue", Grain.EXCHANGE, (), 0.4, 0.5, 0.7),
    ("net_delta", Grain.ACCOUNT, (), 0.5, 1.0, 1.5),
    ("net_delta", Grain.ASSET, (), 0.1, 0.2, 0.3),
    ("margin_ratio", Grain.ACCOUNT, (), 0.02, 0.05, 0.1),
    ("liquidation_distance", Grain.POSITION, (), -0.3, -0.2, -0.1),
    ("risk_per_trade", Grain.POSITION, (), 0.01, 0.02, 0.04),
    ("open_risk", Grain.ACCOUNT, (), 0.06, 0.1, 0.15),
    ("stop_coverage", Grain.POSITION, (), -1.0, -0.99, -0.5),
    ("stop_distance", Grain.POSITION, (), 0.04, 0.06, 0.08),
    ("funding_rate", Grain.POSITION, (), 0.00003, 0.0001, 0.0003),
    ("holding_time", Grain.POSITION, (), 5 * DAY, 10 * DAY, 14 * DAY),
    ("drawdown", Grain.ACCOUNT, (("window", 10 * DAY),), 0.02, 0.05, 0.1),
    ("loss_today", Grain.ACCOUNT, (), 0.01, 0.02, 0.05),
    ("data_age", Grain.ACCOUNT, (), 30.0, 60.0, 180.0),
)
REFS = tuple((with_defaults(MeasureRef(name, parameters)), grain) for name, grain, parameters, *_ in RULES)
T = TypeVar("T")
Answer = dict[str, tuple[FloatArray, FloatArray]]


def main() -> None:
    """Prints, for each size, the times and the ratios."""
    sizes = [int(text) for text in sys.argv[1:]] or [1_000, 10_000, 1_000_000]
    print(f"{len(RULES)} rules, measures and limits; ms, best of several; Book.of is part of every pass")
    for size in sizes:
        _compare(*a_book(size))


def _compare(snapshot: Snapshot, history: History) -> None:
    size = len(snapshot.positions)
    repeats = 3 if size > 100_000 else 40
    ours, catalogue = _timed(lambda: by_catalogue(snapshot, history), repeats)
    hand, written = _timed(lambda: _judged(by_hand(snapshot, history)), repeats)
    _agree(catalogue, written)
    line = f"{size:>9,} positions: catalogue {ours:9.2f}   by hand {hand:9.2f}   ratio {ours / hand:5.1f}"
    if size <= 10_000:
        rows = validated(snapshot)
        objects, answers = _timed(lambda: _judged(by_objects(rows, snapshot, history)), 3)
        _agree(catalogue, answers)
        validation, _ = _timed(lambda: validated(snapshot), 3)
        line += (
            f"   pydantic objects {objects:9.2f} = {objects / ours:5.0f}x ours"
            f"   validating them first {validation:9.2f}"
        )
    print(line)
    every, _ = _timed(lambda: _everything(snapshot, history), repeats)
    print(f"{'':>20} the whole catalogue, every measure at every grain: {every:9.2f}")


def by_catalogue(snapshot: Snapshot, history: History) -> Answer:
    """The rules as riskd takes them."""
    book = Book.of(snapshot, history)
    everything = select_all(book)
    answer: Answer = {}
    for (ref, grain), (*_, warn, breach, critical) in zip(REFS, RULES, strict=True):
        values = take(book, ref, grain, everything).values
        answer[f"{ref.name} {grain}"] = (values, _levels(values, warn, breach, critical))
    return answer


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


def _judged(values: dict[str, FloatArray]) -> Answer:
    limits = {f"{name} {grain}": (warn, breach, critical) for name, grain, _, warn, breach, critical in RULES}
    return {name: (found, _levels(found, *limits[name])) for name, found in values.items()}


def _levels(values: FloatArray, warn: float, breach: float, critical: float) -> FloatArray:
    """0 to 3. Negative bounds are minima: there the value is bad below."""
    signed = -values if warn < 0.0 else values
    found = (signed > warn).astype(np.float64)
    return found + (signed > breach) + (signed > critical)


def _agree(left: Answer, right: Answer) -> None:
    if set(left) != set(right):
        raise SystemExit(f"not the same rules: {sorted(set(left) ^ set(right))}")
    for name, (values, levels) in left.items():
        other, other_levels = right[name]
        if not np.allclose(values, other, rtol=1e-9, atol=1e-12, equal_nan=True):
            worst = int(np.nanargmax(np.abs(values - other)))
            raise SystemExit(f"{name} differs in row {worst}: {values[worst]} and {other[worst]}")
        if (levels != other_levels).sum() > 0:
            raise SystemExit(f"{name}: {(levels != other_levels).sum()} levels differ")


def _timed(work: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Least milliseconds of several runs, and the answer."""
    with np.errstate(all="ignore"):
        answer = work()
        return min(Timer(work).repeat(repeats, 1)) * 1e3, answer


if __name__ == "__main__":
    main()
