"""Maintenance margin by leverage brackets: ``rate * notional - amount``, piecewise linear, mostly convex."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.layout import Layout
from riskd.model.arrays import BoolArray, FloatArray

# A step at a floor of less than this share of the margin there is the rounding of a table, not a jump.
_ROUNDED = 1e-9


@dataclass(frozen=True)
class Brackets:
    """The bracket tables of all instruments.

    Attributes:
        floor: ``(instruments, brackets)``, rising in a row, +inf beyond the last.
        rate: Maintenance margin rate, NaN where unknown.
        amount: Maintenance amount, NaN where unknown.
    """

    floor: FloatArray
    rate: FloatArray
    amount: FloatArray

    def number(self, instrument: IndexArray, notional: FloatArray) -> IndexArray:
        """Which bracket an unsigned notional lies in, as a place in the flattened tables.

        Brackets are tried from below, and only rows above a floor are tried against the next: most positions are
        small, so that the work is little more than one comparison a row.
        """
        width = self.floor.shape[1]
        place = index(instrument * width)
        if width == 1:
            return place
        climbing = np.flatnonzero(notional >= self.floor[:, 1][instrument])
        for level in range(2, width + 1):
            place[climbing] += 1
            if level == width or len(climbing) == 0:
                break
            climbing = climbing[notional[climbing] >= self.floor[:, level][instrument[climbing]]]
        return place

    @cached_property
    def all_even(self) -> bool:
        """Whether no table is ``uneven``."""
        return not self.uneven.any()

    @cached_property
    def uneven(self) -> BoolArray:
        """By instrument, True where margin jumps at a floor or the rate falls with size.

        Such margin is not convex: a venue takes one rate on the whole position, or a table was read wrong. Found once
        for each table, as the solver asks for it with every question.
        """
        with np.errstate(all="ignore"):  # what is unknown is neither even nor uneven
            floor, steeper = self.floor[:, 1:], np.diff(self.rate, axis=1)
            jump = floor * steeper - np.diff(self.amount, axis=1)
            jumps = np.abs(jump) > _ROUNDED * self.rate[:, 1:] * floor
            found = (jumps | (steeper < 0.0)) & np.isfinite(floor)
        return np.asarray(np.any(found, axis=1), dtype=np.bool_)

    def maintenance(self, instrument: IndexArray, notional: FloatArray) -> FloatArray:
        """Maintenance margin of unsigned notionals; NaN where the notional or the table is unknown."""
        place = self.number(instrument, notional)
        return self.rate.ravel()[place] * notional - self.amount.ravel()[place]


def brackets(book: Book) -> Brackets:
    """The bracket tables of a book."""
    return book.layout.once(_tables)


def own_maintenance(book: Book) -> FloatArray:
    """Maintenance margin of each position from its brackets at its mark price; NaN where the table is unknown."""
    return brackets(book).maintenance(book.layout.position_instrument, book.gross)


def maintenance(book: Book) -> FloatArray:
    """Maintenance margin of each position: from brackets, or as the venue states it where they are unknown."""
    own = book.once(own_maintenance)
    return np.where(np.isnan(own), book.tables.positions.maintenance_margin, own)


def cross_equity(book: Book) -> FloatArray:
    """For each account, what backs its cross positions: cross wallet + unrealized PnL of the cross positions."""
    positions = book.tables.positions
    pnl = book.layout.accounts.total(positions.unrealized_pnl, ~positions.isolated)
    return book.tables.accounts.cross_wallet_balance + pnl


def _tables(layout: Layout) -> Brackets:
    shape = layout.shape
    return Brackets(shape.bracket_floor, shape.bracket_rate, shape.bracket_amount)
