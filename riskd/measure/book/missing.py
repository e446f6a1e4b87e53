"""The words for what is missing: an unknown value always names the input that it lacks."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.margin.brackets import own_maintenance
from riskd.measure.past.prices import is_enough, known_count, too_few, with_none
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.subject import Grain


class FirstUnknown:
    """Called with a group: its first counted row whose value is NaN, -1 if none.

    It looks through the rows once, and only when asked.
    """

    __slots__ = ("_counted", "_groups", "_rows", "_values")

    def __init__(self, groups: Groups, values: FloatArray, counted: BoolArray | None = None) -> None:
        self._groups, self._values, self._counted = groups, values, counted
        self._rows: dict[int, int] | None = None

    def __call__(self, group: int) -> int:
        """The row; -1 when every counted value of the group is known."""
        if self._rows is None:
            unknown = np.isnan(self._values)
            if self._counted is not None:
                unknown &= self._counted
            rows = np.flatnonzero(unknown)[::-1]
            self._rows = dict(zip(self._groups.of[rows].tolist(), rows.tolist(), strict=True))
        return self._rows.get(group, -1)


def account_name(book: Book, account: int) -> str:
    """Id of an account, for a reason."""
    return book.tables.profiles[account].id if account >= 0 else "an account that is not configured"


def symbol(book: Book, position: int) -> str:
    """Symbol of a position, for a reason."""
    return book.tables.instruments[int(book.layout.position_instrument[position])].symbol


def missing_value(book: Book, position: int) -> str:
    """Names what keeps a position from being valued; empty when nothing does."""
    positions = book.tables.positions
    name = symbol(book, position)
    if not positions.confirmed[position]:
        return f"position {name} {positions.side(position)}: absent from the newest answer, not proven closed"
    if np.isnan(positions.mark_price[position]):
        return f"mark price of {name}"
    if np.isnan(positions.quantity[position]):
        return f"quantity of {name}"
    return f"notional of {name}" if np.isnan(positions.notional[position]) else ""


def missing_equity(book: Book, grain: Grain, subject: int) -> str:
    """Names the account whose equity is unknown; empty when none is."""
    universe = book.universe(grain)
    if universe.depends is None:
        accounts = [int(universe.account[subject])]
    elif grain is Grain.EXCHANGE:
        accounts = np.flatnonzero(book.tables.account_part == universe.part[subject]).tolist()
    else:
        accounts = universe.depends[1][universe.depends[0] == subject].tolist()
    unknown = [code for code in accounts if code < 0 or np.isnan(book.equity[code])]
    return f"equity of {account_name(book, unknown[0])}" if unknown else ""


def missing_brackets(book: Book, position: int) -> str:
    """Names the symbol whose leverage brackets are unknown; empty when they are known."""
    unknown = np.isnan(book.once(own_maintenance)[position])
    return f"leverage brackets of {symbol(book, position)}" if unknown else ""


def missing_prices(book: Book, instrument: int, seconds: float) -> str:
    """Says that too little of an instrument's price history is known; empty when enough is."""
    part, windows = int(book.tables.instrument_part[instrument]), book.price_windows
    closes = windows.closes(part, seconds)
    first = int(np.searchsorted(book.tables.instrument_part, part))
    known = known_count(with_none(closes.moves()))[windows.rows(part)[instrument - first]]
    if is_enough(known, closes.hours):
        return ""
    return too_few(book.tables.instruments[instrument].symbol, int(known), closes.hours)


def missing_backing(book: Book, account: int) -> str:
    """Names what keeps the margin of an account's cross positions from being known."""
    positions = book.tables.positions
    if np.isnan(book.tables.accounts.cross_wallet_balance[account]):
        return f"cross wallet balance of {account_name(book, account)}"
    cross = (book.layout.position_account == account) & ~positions.isolated
    for row in np.flatnonzero(cross & np.isnan(book.once(own_maintenance))).tolist():
        return missing_value(book, row) or missing_brackets(book, row)
    for row in np.flatnonzero(cross & np.isnan(positions.unrealized_pnl)).tolist():
        return f"unrealized PnL of {symbol(book, row)}"
    return ""
