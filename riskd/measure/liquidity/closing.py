"""What a subject would have to trade to close what it holds: one order for each contract, or for each side of its book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import FirstUnknown, missing_value
from riskd.measure.liquidity.markets import ASKS, BIDS
from riskd.measure.spec import Selection, Values
from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is closed, one row for each subject and contract (and side).

    Attributes:
        subjects: Subject of each row.
        instrument: Contract of each row.
        side: Side of the order book that the close hits.
        quantity: Base units; NaN where that of a position is unknown.
        worth: Gross notional; NaN likewise, or where a mark is.
        missing_position: Names what is unknown of the positions of a subject; empty when nothing is.
    """

    subjects: Groups
    instrument: IndexArray
    side: IndexArray
    quantity: FloatArray
    worth: FloatArray
    missing_position: Callable[[int], str]

    def largest(self, values: FloatArray, missing: Callable[[int], str]) -> Values:
        """The largest of its rows for each subject; 0 for one that holds nothing.

        Args:
            values: One for each row, >= 0.
            missing: Names what keeps the value of a row from being known, where no position does.
        """
        return self.explained(np.maximum(self.subjects.highest(values), 0.0), values, missing)

    def explained(self, found: FloatArray, values: FloatArray, missing: Callable[[int], str]) -> Values:
        """What was ``found`` of each subject from the values of its rows, with the reason where that is unknown."""
        unknown_row = FirstUnknown(self.subjects, values)

        def why(subject: int) -> str:
            if reason := self.missing_position(subject):
                return reason
            row = unknown_row(subject)
            return missing(row) if row >= 0 else ""

        return Values(found, why)


def by_contract(book: Book, grain: Grain, selection: Selection) -> Closing:
    """What a subject holds of a contract, long and short together: closing both trades both."""
    return _closing(book, grain, selection, np.zeros(len(book.tables.positions), dtype=np.intp), book.gross)


def by_side(book: Book, grain: Grain, selection: Selection) -> Closing:
    """What a subject holds of a contract, long and short apart: they are closed into different sides of its book."""
    quantity = book.tables.positions.quantity
    return _closing(book, grain, selection, np.where(quantity < 0.0, ASKS, BIDS), quantity)


def _closing(book: Book, grain: Grain, selection: Selection, side: IndexArray, needed: FloatArray) -> Closing:
    groups, layout = book.position_groups(grain), book.layout
    counted = index(np.flatnonzero(selection.positions & (groups.of < groups.size)))
    subject, instrument, side = groups.of[counted], layout.position_instrument[counted], side[counted]
    quantity, worth = np.abs(book.tables.positions.quantity)[counted], book.gross[counted]
    if not groups.singles:
        keys = (subject * max(len(book.tables.instruments), 1) + instrument) * 2 + side
        _, first, row = np.unique(keys, return_index=True, return_inverse=True)
        orders = Groups(index(row), len(first))
        quantity, worth = orders.total(quantity), orders.total(worth)
        subject, instrument, side = subject[first], instrument[first], side[first]
    unknown_position = FirstUnknown(groups, needed, selection.positions)

    def missing_position(number: int) -> str:
        position = unknown_position(number)
        return missing_value(book, position) if position >= 0 else ""

    return Closing(
        subjects=Groups(subject, groups.size),
        instrument=instrument,
        side=side,
        quantity=quantity,
        worth=worth,
        missing_position=missing_position,
    )
