"""How far prices are from liquidation: each position by itself, and each account as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, index
from riskd.measure.book.missing import missing_backing, missing_brackets, missing_value, symbol
from riskd.measure.book.rare import replaced
from riskd.measure.margin.brackets import brackets, cross_equity, maintenance
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import PositionColumns
from riskd.model.subject import Grain

_FALL, _RISE = -1.0, 1.0
_TO_ZERO = 1.0  # prices cannot fall further than this; upwards there is no end


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLiquidation:
    """Our own answer for each position: moves of its symbol's mark, other symbols standing still.

    Attributes:
        fall: Smallest fall that liquidates, fraction of mark; +inf none.
        rise: The same for a rise.
        paired: True where both sides of a symbol are held, so that neither direction is simply adverse.
    """

    fall: FloatArray
    rise: FloatArray
    paired: BoolArray


def liquidation_distance(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Smallest adverse move to liquidation of a position or an account."""
    if grain is Grain.ACCOUNT:
        return _of_accounts(book, book.once(adverse_move))
    return Values(book.once(nearest_distance), lambda row: _missing_distance(book, row))


def liquidation_divergence(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Difference of the venue's liquidation price and ours, over mark."""
    positions = book.tables.positions
    own = book.once(own_liquidation)
    # A long that nothing liquidates is liquidated at zero; a short that nothing liquidates, never.
    never = np.where(positions.notional >= 0.0, -_TO_ZERO, np.inf)
    ours = np.where(own.fall <= own.rise, -own.fall, own.rise)
    ours = np.where(np.isinf(ours), never, ours)
    theirs = positions.liquidation_price / positions.mark_price - 1.0
    theirs = np.where(positions.cannot_be_liquidated, never, theirs)
    apart = np.where(np.isinf(ours) & np.isinf(theirs), 0.0, np.abs(ours - theirs))

    def why(row: int) -> str:
        if np.isnan(ours[row]):
            return missing_own(book, row)
        return missing_value(book, row) or f"the venue states no liquidation price of {symbol(book, row)}"

    return Values(np.where(np.isnan(positions.notional), np.nan, apart), why)


def own_liquidation(book: Book) -> OwnLiquidation:
    """Moves to liquidation of each position by its brackets.

    Both sides of a symbol in hedge mode are one problem: they share the mark and the account. An isolated position is
    a problem of its own, backed by its own wallet. One leg alone is never liquidated by a move in its favour; two
    legs may be liquidated by either, as maintenance margin grows with price.

    Source: Binance "How to calculate liquidation price of USDS-M futures"; here solved for the move, not the price.
    """
    groups = liquidated_together(book)
    net = groups.total(book.tables.positions.notional)
    paired = _has_pairs(groups)
    equity = backing(book, groups)
    adverse = np.where(net >= 0.0, _FALL, _RISE)
    against = smallest_move(_cushion(book, groups, equity, adverse), brackets(book))
    in_favour = np.where(np.isnan(against), np.nan, np.inf)
    if paired.any():
        other_way = _cushion(book, groups, equity, -adverse).only(paired)
        in_favour = np.where(paired, smallest_move(other_way, brackets(book)), in_favour)
    falls = adverse == _FALL
    fall, rise = np.where(falls, against, in_favour), np.where(falls, in_favour, against)
    return OwnLiquidation(fall=groups.named(fall), rise=groups.named(rise), paired=paired[groups.of])


def nearest_distance(book: Book) -> FloatArray:
    """Smallest move of its mark, either way, that liquidates each position."""
    own = book.once(own_liquidation)
    if own.paired.any():
        room = book.once(room_to_liquidation)
        return np.minimum(room.fall, room.rise)
    # Where no symbol is held on both sides only one direction liquidates, and the other need not be looked at.
    positions = book.tables.positions
    theirs = _stated_room(positions, positions.notional >= 0.0)
    unknown = np.isnan(positions.notional)
    return replaced(
        np.fmin(np.minimum(own.fall, own.rise), theirs), unknown, lambda: np.full(len(unknown), np.nan)
    )


@dataclass(frozen=True, slots=True)
class Room:
    """Moves of its symbol's mark that liquidate each position, fractions of mark; +inf: none does, NaN: unknown."""

    fall: FloatArray
    rise: FloatArray


def room_to_liquidation(book: Book) -> Room:
    """Of the venue's distance and our own the nearer, where both are known; else the one that is."""
    positions = book.tables.positions
    own, long = book.once(own_liquidation), positions.notional >= 0.0
    below = 1.0 - positions.liquidation_price / positions.mark_price
    # Of a pair either side may be the right one.
    falls = np.where(own.paired, below >= 0.0, long)
    both = np.where(positions.cannot_be_liquidated, np.inf, np.abs(below))
    theirs = np.where(own.paired, both, _stated_room(positions, long))
    never = np.where(np.isnan(theirs), np.nan, np.inf)
    fall = np.fmin(own.fall, np.where(falls, theirs, never))
    rise = np.fmin(own.rise, np.where(falls, never, theirs))
    unknown = np.isnan(positions.notional)
    return Room(fall=np.where(unknown, np.nan, fall), rise=np.where(unknown, np.nan, rise))


def _stated_room(positions: PositionColumns, long: BoolArray) -> FloatArray:
    """Adverse move to the liquidation price that the venue states; a price on the wrong side of mark has been passed."""
    below = 1.0 - positions.liquidation_price / positions.mark_price
    adverse = np.maximum(np.where(long, below, -below), 0.0)
    return replaced(adverse, positions.cannot_be_liquidated, lambda: np.full(len(adverse), np.inf))


def adverse_move(book: Book) -> FloatArray:
    """For each account, the smallest move against all of its cross positions at once that liquidates it.

    Longs can lose no more than all they are worth: beyond a move of 1 only shorts go on losing.
    """
    groups, equity = cross_rows(book), book.once(cross_equity)
    against = np.where(book.tables.positions.notional >= 0.0, _FALL, _RISE)
    first = Cushion(
        equity=equity,
        gain=-groups.total(book.gross),
        most=np.full(groups.size, _TO_ZERO),
        notional=book.gross,
        growth=against * book.gross,
        instrument=book.layout.position_instrument,
        groups=groups,
    )
    move = smallest_move(first, brackets(book))
    survives = np.isinf(move)
    if not survives.any():
        return move
    # Counted from the move of 1 on, where longs are worth nothing and shorts twice what they were: margin that falls
    # with size may be short of equity before, and that was never so, as the longs were there.
    shorts = np.where(against == _RISE, book.gross, 0.0)
    second = replace(
        first,
        equity=equity - groups.total(book.gross),
        gain=-groups.total(shorts),
        most=np.full(groups.size, np.inf),
        notional=2.0 * shorts,
        growth=shorts,
    )
    return np.where(survives, _TO_ZERO + smallest_move(second.only(survives), brackets(book)), move)


def _cushion(book: Book, groups: Groups, equity: FloatArray, direction: FloatArray) -> Cushion:
    """The cushion of each group when all of its marks move by the same fraction in one direction."""
    return Cushion(
        equity=equity,
        gain=direction * groups.total(book.tables.positions.notional),
        most=np.where(direction == _FALL, _TO_ZERO, np.inf),
        notional=book.gross,
        growth=groups.named(direction) * book.gross,
        instrument=book.layout.position_instrument,
        groups=groups,
    )


def cross_rows(book: Book) -> Groups:
    """Accounts of cross positions; isolated ones stand apart."""
    accounts, isolated = book.layout.accounts, book.tables.positions.isolated
    if not isolated.any():
        return accounts
    return Groups(index(np.where(isolated, accounts.size, accounts.of)), accounts.size)


def liquidated_together(book: Book) -> Groups:
    """Rows that are liquidated together: cross positions of one symbol and account, isolated ones alone.

    Rows are in canonical order, so that rows of one symbol stand together.
    """
    markets, isolated = book.layout.position_markets, book.tables.positions.isolated
    starts = np.ones(len(markets), dtype=np.bool_)
    starts[1:] = (markets[1:] != markets[:-1]) | isolated[1:] | isolated[:-1]
    if starts.all():
        return book.layout.positions
    return Groups(np.cumsum(starts) - 1, int(starts.sum()))


def backing(book: Book, groups: Groups) -> FloatArray:
    """Equity behind each problem: of an isolated position its own; else the account's, less others' maintenance."""
    positions, account = book.tables.positions, book.layout.position_account
    needed = book.once(maintenance)
    whole, alone = cross_rows(book).total(needed), groups.total(needed)
    isolated, own_wallet = positions.isolated, positions.isolated_wallet + positions.unrealized_pnl
    if not groups.singles:
        first = np.flatnonzero(np.diff(groups.of, prepend=-1))
        account, isolated, own_wallet = account[first], isolated[first], own_wallet[first]
    cross = book.once(cross_equity)[account] - (whole[account] - alone)
    return np.where(isolated, own_wallet, cross)


def _has_pairs(groups: Groups) -> BoolArray:
    """For each group, whether it has more than one row."""
    if groups.singles:
        return np.zeros(groups.size, dtype=np.bool_)
    pairs: BoolArray = np.bincount(groups.of, minlength=groups.size) > 1
    return pairs


def _of_accounts(book: Book, moves: FloatArray) -> Values:
    return Values(moves, lambda account: missing_backing(book, account))


def _missing_distance(book: Book, row: int) -> str:
    if reason := missing_value(book, row):
        return reason
    return f"{missing_own(book, row)}; and the venue states no liquidation price"


def missing_own(book: Book, row: int) -> str:
    """Names what keeps our own liquidation price of a position from being known."""
    if reason := missing_value(book, row) or missing_brackets(book, row):
        return reason
    if book.tables.positions.isolated[row]:
        return f"isolated wallet or PnL of {symbol(book, row)}"
    return missing_backing(book, int(book.layout.position_account[row]))


SPECS = (
    MeasureSpec(
        name="liquidation_distance",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION, Grain.ACCOUNT}),
        parameters=(),
        meaning="How far prices may move against the position, or against the whole account, before liquidation.",
        formula=(
            "Position: (M - L)/M long, (L - M)/M short, at least 0; L: mark at which cross wallet + ΣuPnL meets "
            "Σ(rate·|q·M| - amount), other marks fixed (isolated: its own wallet and margin alone); the nearer of the "
            "venue's and our own. Account: smallest s with every long at M·(1-s) and every short at M·(1+s); cross only."
        ),
        source="Binance, How to calculate liquidation price of USDS-M futures; dYdX, edgeX, Bitget; pinned in test_vectors.py.",
        unknown_when=(
            "Position: neither the venue nor we have a price (brackets, cross wallet balance or a mark is missing). "
            "Account: a cross position's mark or brackets, or the cross wallet balance, is unknown."
        ),
        infinite_when="no move liquidates (price would have to fall below zero), or the account holds no cross position",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=liquidation_distance,
    ),
    MeasureSpec(
        name="liquidation_divergence",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Disagreement of the venue's liquidation price and our own: one of the inputs is wrong or stale.",
        formula="|L_venue - L_own| / M; 'cannot be liquidated' is price 0 for a long.",
        source="Our own price as for liquidation_distance.",
        unknown_when="The venue states no price, or ours cannot be computed.",
        infinite_when="one says that a short is never liquidated and the other gives a price",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=liquidation_divergence,
    ),
)
