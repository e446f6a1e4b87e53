"""Which subject of a supposed book is which of the book as it stands: what is closed whole is no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from riskd.act.plan.scene import Scene
from riskd.act.plan.suppose import Closing
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.model.subject import Grain

# Their subjects are those that are held; of all other grains a desk has the same, whatever it holds.
_HELD = frozenset({Grain.ASSET, Grain.STRATEGY, Grain.CLUSTER})


def gone_in(scene: Scene, closing: Closing) -> tuple[int, ...]:
    """Positions of the account of which nothing is left."""
    held = scene.snapshot.positions.quantity_exact
    return tuple(row for row, quantity in closing.items() if quantity == abs(held[row]))


def rows_after(
    before: Book, block: Book, grain: Grain, closed: Sequence[Sequence[int]]
) -> Iterator[IndexArray]:
    """For each closing the row of every subject in the block; -1 where nothing is left of it.

    Args:
        before: The book as it stands.
        block: One book for each closing, in their order.
        grain: Of the subjects.
        closed: Positions that are closed whole in each book; ``gone_in`` tells.
    """
    start, held, size = 0, 0, before.universe(grain).size
    for part, gone in enumerate(closed):
        if grain is Grain.POSITION and gone:
            yield _renumbered(size, gone, start)
        elif grain is Grain.ASSET and gone and not len(before.layout.shape.spot_assets):
            yield _by_position(before, block, held, gone)
        elif grain is Grain.CLUSTER or (grain in _HELD and gone):
            yield _by_name(before, block, grain, part)
        else:
            yield np.arange(start, start + size, dtype=np.intp)
        start = int(np.searchsorted(block.universe(grain).part, part, side="right"))
        held += len(before.tables.positions) - len(gone)


def _renumbered(size: int, gone: Sequence[int], start: int) -> IndexArray:
    kept = np.ones(size, dtype=np.bool_)
    kept[list(gone)] = False
    return np.where(kept, start + np.cumsum(kept) - 1, -1)


def _by_position(before: Book, block: Book, start: int, gone: Sequence[int]) -> IndexArray:
    """The asset of each position that is left; an asset of which none is left is gone."""
    groups = before.position_groups(Grain.ASSET)
    kept = np.ones(len(groups.of), dtype=np.bool_)
    kept[list(gone)] = False
    after = block.position_groups(Grain.ASSET).of[start : start + int(kept.sum())]
    rows = np.full(groups.size, -1, dtype=np.intp)
    rows[groups.of[kept]] = after
    return rows


def _by_name(before: Book, block: Book, grain: Grain, part: int) -> IndexArray:
    universe = block.universe(grain)
    at = {universe.subjects[row]: row for row in np.flatnonzero(universe.part == part).tolist()}
    return np.array([at.get(subject, -1) for subject in before.universe(grain).subjects], dtype=np.intp)
