"""Maintenance margin by leverage brackets: ``rate * notional - amount``, piecewise linear and convex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book import Book
from riskd.measure.groups import IndexArray, index
from riskd.model.arrays import FloatArray


@dataclass(frozen=True, slots=True)
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
        floors = self.floor.ravel()
        climbing = np.arange(len(place), dtype=np.intp)
        for _ in range(1, width):
            above = notional[climbing] >= floors[place[climbing] + 1]
            climbing = climbing[above]
            if len(climbing) == 0:
                break
            place[climbing] += 1
        return place

    def maintenance(self, instrument: IndexArray, notional: FloatArray) -> FloatArray:
        """Maintenance margin of unsigned notionals; NaN where the notional or the table is unknown."""
        place = self.number(instrument, notional)
        return self.rate.ravel()[place] * notional - self.amount.ravel()[place]


def brackets(book: Book) -> Brackets:
    """The bracket tables of a book."""
    quotes = book.tables.quotes
    return Brackets(quotes.bracket_floor, quotes.bracket_rate, quotes.bracket_amount)


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
