"""How far prices go along a path until something is liquidated: an account's cross positions, or an isolated position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, index
from riskd.measure.margin.brackets import cross_equity, maintenance
from riskd.measure.margin.liquidation import cross_rows
from riskd.measure.margin.market_move import Direction, Exposed, smallest_market_move
from riskd.measure.supposed.first_place import Resolution, first_places
from riskd.measure.supposed.suppose_prices import PricePath
from riskd.model.arrays import BoolArray, FloatArray, IntArray, codes

_LIQUIDATED, _UNKNOWN = 1, -1
_STEPS, _RESOLUTION = 400, Resolution(absolute=1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLiquidations:
    """Unsigned shares of a path; +inf: none; NaN: not known.

    Attributes:
        of_accounts: Of the cross positions of each account.
        of_positions: Of each isolated position; +inf for the others.
    """

    of_accounts: FloatArray
    of_positions: FloatArray


def first_liquidations(path: PricePath, *, towards: float, most: float) -> FirstLiquidations:
    """The smallest share of a path that liquidates each account and each isolated position, if nobody trades on the way.

    Exact, by the segments of the brackets, where all prices move one way and nothing that backs the account moves; else the
    first on a grid of a four hundredth of ``most``, which sees nothing that is over within a step of it.

    Args:
        path: Of the prices.
        towards: 1.0 along the scenario, -1.0 against it.
        most: How far a path is walked where it cannot be solved, > 0.
    """
    weight = path.of_positions * towards
    one_way = bool((weight >= 0.0).all() or (weight <= 0.0).all())
    still = path.coin_gains(1.0) == 0.0
    if not one_way:
        return _walked(path, towards * most)
    solved = _solved(path, weight)
    if still.all():
        return solved
    walked = _walked(path, towards * most).of_accounts
    return FirstLiquidations(
        of_accounts=np.where(still, solved.of_accounts, walked), of_positions=solved.of_positions
    )


def _solved(path: PricePath, weight: FloatArray) -> FirstLiquidations:
    book = Book.of(path.snapshot, path.history)
    way = Direction.RISE if (weight >= 0.0).all() else Direction.FALL
    groups = (cross_rows(book), _isolated_rows(book))
    equity = (book.once(cross_equity), book.once(_isolated_equity))
    accounts, positions = (
        smallest_market_move(book, Exposed(groups=each, equity=own, weight=np.abs(weight)), way)
        for each, own in zip(groups, equity, strict=True)
    )
    return FirstLiquidations(of_accounts=accounts, of_positions=positions)


def _walked(path: PricePath, end: float) -> FirstLiquidations:
    places = np.linspace(0.0, end, _STEPS + 1)
    accounts = len(path.snapshot.desk.accounts)

    def look(tried: FloatArray, _wanted: BoolArray) -> IntArray:
        # What is not known ends the walk as well: nobody can say that a place beyond it is the first.
        left = np.array([_left(path, place) for place in tried.tolist()])
        return codes(np.where(np.isnan(left), _UNKNOWN, np.where(left > 0.0, 0, _LIQUIDATED)))

    first = first_places(look, places, accounts + len(path.snapshot.positions), _RESOLUTION)
    found = np.where(first.what == _UNKNOWN, np.nan, np.abs(first.place))
    return FirstLiquidations(of_accounts=found[:accounts], of_positions=found[accounts:])


def _left(path: PricePath, share: float) -> FloatArray:
    """What is left above maintenance margin of each account and each isolated position; +inf where nothing is held."""
    book = Book.of(*path.at(share))
    needed = book.once(maintenance)
    left = [
        np.where(groups.touched(np.ones(len(needed), dtype=np.bool_)), equity - groups.total(needed), np.inf)
        for groups, equity in (
            (cross_rows(book), book.once(cross_equity)),
            (_isolated_rows(book), book.once(_isolated_equity)),
        )
    ]
    return np.concatenate(left)


def _isolated_rows(book: Book) -> Groups:
    """Each isolated position by itself."""
    rows = len(book.gross)
    return Groups(index(np.where(book.tables.positions.isolated, np.arange(rows), rows)), rows)


def _isolated_equity(book: Book) -> FloatArray:
    positions = book.tables.positions
    own: FloatArray = np.where(
        positions.isolated, positions.isolated_wallet + positions.unrealized_pnl, np.inf
    )
    return own
