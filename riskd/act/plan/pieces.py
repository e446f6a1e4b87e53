"""A position cut into the pieces in which a linear programme may close it: levels of its order book, slices of its brackets.

Each piece costs more than the one before it and frees no more margin, so that the programme takes them in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.act.plan.prices import Curve
from riskd.act.plan.scene import Scene
from riskd.act.plan.steps import Steps
from riskd.measure.book.groups import IndexArray, index
from riskd.model.arrays import FloatArray

_PIECES_IN_ALL = 12_000
_PIECES_MIN, _PIECES_MAX = 8, 64
_NARROWEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Pieces of positions, those of one position together and in order.

    Attributes:
        row: Position of each piece.
        start: Share of the position that is closed when the piece begins.
        width: Share of the position that the piece is.
        cost: Settlement currency for closing it, >= 0.
        market: Market side of each piece that several positions share, level by level; -1: it has its own.
        depth: Base units of each shared level, by its number.
        units: Base units of each piece.
        most: Largest share of the position that may be closed, by piece.
    """

    row: IndexArray
    start: FloatArray
    width: FloatArray
    cost: FloatArray
    market: IndexArray
    depth: FloatArray
    units: FloatArray
    most: FloatArray

    @property
    def is_shared(self) -> bool:
        """Whether any two positions are closed into one side of a book."""
        return len(self.depth) > 0

    def shares(self, solution: FloatArray) -> dict[int, float]:
        """Share of each position that is closed when each piece is closed as far as ``solution`` says."""
        closed = np.bincount(self.row, weights=self.width * solution)
        return {row: float(closed[row]) for row in np.flatnonzero(closed > _NARROWEST).tolist()}


def pieces_of(scene: Scene, steps: Mapping[int, Steps]) -> Pieces:
    """The pieces of every position that can be reduced."""
    count = max(_PIECES_MIN, min(_PIECES_MAX, _PIECES_IN_ALL // max(1, len(steps))))
    parts: list[_Part] = []
    depth: list[float] = []
    plain: list[Steps] = []
    for rows in scene.prices.together:
        mine = [row for row in rows if row in steps]
        if len(mine) == 1 and len(rows) == 1:
            if len(_brackets(scene, mine[0])):
                parts.append(_alone(scene, steps[mine[0]], count))
            else:
                plain.append(steps[mine[0]])
        elif mine:
            curve = scene.prices.curve(mine[0]).coarse(count)
            parts += [_beside(steps[row], curve, len(depth)) for row in mine]
            depth += np.diff(curve.upto, prepend=0.0).tolist()
    if plain:
        parts += _levels_only(scene, plain, count)
    parts.sort(key=lambda part: part.row)
    return _joined(parts, depth)


@dataclass(frozen=True, slots=True)
class _Part:
    """The pieces of one position: their ends as shares of it, what each costs, and the shared level of each."""

    row: int
    start: FloatArray
    width: FloatArray
    cost: FloatArray
    market: IndexArray
    held: float
    most: float


def _alone(scene: Scene, step: Steps, count: int) -> _Part:
    """A position that has a side of a book to itself."""
    held, most = float(step.held), float(step.largest / step.held)
    curve = scene.prices.curve(step.row).coarse(count)
    cuts = np.concatenate([curve.upto / held, _brackets(scene, step.row), [most]])
    ends = np.unique(cuts[(cuts > 0.0) & (cuts <= most)])
    ends = ends[np.diff(ends, prepend=0.0) > _NARROWEST]
    ends[-1] = most
    paid = np.interp(ends * held, np.append(0.0, curve.upto), np.append(0.0, curve.paid))
    none = np.full(len(ends), -1, dtype=np.intp)
    return _Part(
        step.row,
        np.append(0.0, ends[:-1]),
        np.diff(ends, prepend=0.0),
        np.diff(paid, prepend=0.0),
        none,
        held,
        most,
    )


def _levels_only(scene: Scene, steps: Sequence[Steps], count: int) -> list[_Part]:
    """Positions that lie in their first bracket and have a side of a book to themselves, all of them at once."""
    rows = [step.row for step in steps]
    held = np.array([float(step.held) for step in steps])
    most = np.array([float(step.largest / step.held) for step in steps])
    levels = scene.prices.levels(rows)
    width = levels.width / held[levels.owner]
    first = np.append(True, levels.owner[1:] != levels.owner[:-1])
    ends = np.cumsum(width)
    ends = ends - (ends - width)[first][levels.owner]
    start = np.minimum(ends - width, most[levels.owner])
    slope = levels.cost / width
    width = np.minimum(ends, most[levels.owner]) - start
    kept = (width > _NARROWEST) | first
    owner, start, width, slope = levels.owner[kept], start[kept], width[kept], slope[kept]
    edges = np.searchsorted(owner, np.arange(len(rows) + 1))
    low, high = slope[edges[:-1]], slope[edges[1:] - 1]
    step = np.maximum((high - low) / (count - 1), 1e-300)
    bin_of = np.where(
        (edges[1:] - edges[:-1] <= count)[owner],
        np.arange(len(owner)),
        np.floor((slope - low[owner]) / step[owner]),
    )
    begins = np.flatnonzero(np.append(True, (owner[1:] != owner[:-1]) | (bin_of[1:] != bin_of[:-1])))
    owner, start = owner[begins], start[begins]
    cost, width = np.add.reduceat(slope * width, begins), np.add.reduceat(width, begins)
    edges = np.searchsorted(owner, np.arange(len(rows) + 1)).tolist()
    return [
        _Part(
            row,
            start[begin:end],
            width[begin:end],
            cost[begin:end],
            np.full(end - begin, -1, dtype=np.intp),
            float(held[number]),
            float(most[number]),
        )
        for number, (row, begin, end) in enumerate(zip(rows, edges[:-1], edges[1:], strict=True))
    ]


def _beside(step: Steps, curve: Curve, first: int) -> _Part:
    """A position that shares its side of a book: of each level it may take what it needs, and all together what there is."""
    held, most = float(step.held), float(step.largest / step.held)
    level = np.diff(curve.upto, prepend=0.0)
    width = np.minimum(level / held, most)
    price = np.diff(curve.paid, prepend=0.0) / level
    market = index(np.arange(first, first + len(level)))
    return _Part(step.row, np.zeros(len(level)), width, price * width * held, market, held, most)


def _brackets(scene: Scene, row: int) -> FloatArray:
    """Shares at which closing a position takes it into a lower bracket."""
    positions, quotes = scene.snapshot.positions, scene.snapshot.quotes
    floors = quotes.bracket_floor[int(positions.instrument[row])]
    notional = abs(float(positions.notional[row]))
    inner = floors[(floors > 0.0) & (floors < notional)]
    return np.sort(1.0 - inner / notional)


def _joined(parts: list[_Part], depth: list[float]) -> Pieces:
    sizes = [len(part.width) for part in parts]

    def column(name: str) -> FloatArray:
        return np.concatenate([np.zeros(0), *(getattr(part, name) for part in parts)])

    width = column("width")
    return Pieces(
        row=index(np.repeat([part.row for part in parts], sizes)) if parts else index([]),
        start=column("start"),
        width=width,
        cost=column("cost"),
        market=index(column("market").astype(np.intp)),
        depth=np.array(depth, dtype=np.float64),
        units=width * np.repeat([part.held for part in parts], sizes) if parts else width,
        most=np.repeat([part.most for part in parts], sizes) if parts else width,
    )
