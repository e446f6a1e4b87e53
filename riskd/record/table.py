"""Rows that come one at a time, collected into the columns of a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

import numpy as np

from riskd.model.arrays import floats
from riskd.record.block import Block, NumberColumn, Vocabulary, block, stamps, whole

Cell: TypeAlias = str | int | float | bool | datetime | Decimal | None


class Type(Enum):
    """What a column holds. All but WHOLE and FLAG may be None."""

    TEXT = "text"
    REAL = "real"
    WHOLE = "whole"
    FLAG = "flag"
    STAMP = "stamp"


class Table:
    """Rows of one table.

    Args:
        name: Name of the table.
        columns: Name and type of each column, in order.
    """

    def __init__(self, name: str, columns: Mapping[str, Type]) -> None:
        self.name = name
        self._types = columns
        self._cells: dict[str, list[Cell]] = {column: [] for column in columns}

    def add(self, **cells: Cell) -> None:
        """One row: a cell for every column, no more and no fewer."""
        if cells.keys() != self._types.keys():
            raise KeyError(f"{self.name}: {sorted(cells.keys() ^ self._types.keys())} are missing or unknown")
        for column, cell in cells.items():
            self._cells[column].append(cell)

    def block(self) -> Block:
        """The rows so far."""
        words = Vocabulary()
        texts = {
            column: words.codes(None if cell is None else str(cell) for cell in self._cells[column])
            for column, kind in self._types.items()
            if kind is Type.TEXT
        }
        numbers = {
            column: _NUMBERS[kind](self._cells[column])
            for column, kind in self._types.items()
            if kind is not Type.TEXT
        }
        return block(self.name, words, numbers, texts)


def _flags(cells: list[Cell]) -> NumberColumn:
    return np.array(cells, dtype=np.bool_)


def _stamps(cells: list[Cell]) -> NumberColumn:
    return stamps(cell if isinstance(cell, datetime) else None for cell in cells)


def _whole(cells: list[Cell]) -> NumberColumn:
    return whole(int(cell) for cell in cells if isinstance(cell, int))


_NUMBERS: Mapping[Type, Callable[[list[Cell]], NumberColumn]] = {
    Type.REAL: floats,
    Type.WHOLE: _whole,
    Type.FLAG: _flags,
    Type.STAMP: _stamps,
}
