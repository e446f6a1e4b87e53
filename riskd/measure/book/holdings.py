"""Everything with a price that a subject holds: its positions, and the coins on spot that hedges name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, compact
from riskd.measure.book.missing import missing_value
from riskd.measure.exposure.exposure import missing_coin
from riskd.measure.spec import Selection
from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything with a price, position rows first and then coins.

    Attributes:
        subjects: Subject of each.
        worth: Signed notional; 0 for a position that is not selected.
        price_row: Row of its snapshot's price history; -1 where it has none.
        part: Its snapshot.
    """

    subjects: Groups
    worth: FloatArray
    price_row: IndexArray
    part: IndexArray


@dataclass(frozen=True, slots=True)
class Lines:
    """Holdings of each subject by contract, subjects one after another.

    Attributes:
        begins: First line of each subject, and after the last subject the number of lines.
        worth: Signed notional of all holdings of the contract.
        holding: One of them.
    """

    begins: IndexArray
    worth: FloatArray
    holding: IndexArray


def holdings_of(book: Book, grain: Grain, selection: Selection) -> Holdings:
    """What the subjects of a grain hold. Positions that are not selected count 0."""
    tables, layout = book.tables, book.layout
    windows, accounts = book.price_windows, book.account_groups(grain)
    rows = np.concatenate([windows.rows(part) for part in range(len(tables.snapshots))])
    spot_part = tables.account_part[tables.spot.account]
    spot_row = [
        windows.row_of_coin(int(part), tables.profiles[account].venue, asset)
        for part, account, asset in zip(spot_part, tables.spot.account, tables.spot.asset, strict=True)
    ]
    held = np.where(selection.positions, tables.positions.notional, 0.0)
    coins = np.where(tables.spot.quantity == 0.0, 0.0, tables.spot.quantity * tables.spot.price)
    return Holdings(
        subjects=Groups(
            np.concatenate([book.position_groups(grain).of, accounts.of[tables.spot.account]]), accounts.size
        ),
        worth=np.concatenate([held, coins]),
        price_row=np.concatenate([rows[layout.position_instrument], np.array(spot_row, dtype=np.intp)]),
        part=np.concatenate([tables.account_part[layout.position_account], spot_part]),
    )


def lines_of(holdings: Holdings) -> Lines:
    """The same by contract, without what is worth 0 and what belongs to no subject."""
    counted = np.flatnonzero((holdings.worth != 0.0) & (holdings.subjects.of < holdings.subjects.size))
    width = int(holdings.price_row.max(initial=-1)) + 2
    keys = holdings.subjects.of[counted] * width + holdings.price_row[counted] + 1
    groups, names = compact(keys, holdings.subjects.size * width)
    holding = np.zeros(groups.size, dtype=np.intp)
    holding[groups.of[::-1]] = counted[::-1]
    begins = np.searchsorted(names, np.arange(holdings.subjects.size + 1, dtype=np.intp) * width)
    return Lines(begins, groups.total(holdings.worth[counted]), holding)


def holding_name(book: Book, holding: int) -> str:
    """Symbol of a position, or the coin."""
    positions = len(book.tables.positions)
    if holding < positions:
        return book.tables.instruments[int(book.layout.position_instrument[holding])].symbol
    return book.tables.spot.asset[holding - positions]


def missing_worth(book: Book, holding: int) -> str:
    """Names what keeps a holding from being valued."""
    positions = len(book.tables.positions)
    if holding < positions:
        return missing_value(book, holding)
    return missing_coin(book, holding - positions)
