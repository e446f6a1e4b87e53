"""Beta: how far the price of a coin moves for each percent that the market coin moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.past.prices import DAY_HOURS, HOUR, Closes, moves_in_common, no_tie, with_none
from riskd.measure.spec import Parameter, Unit
from riskd.model.arrays import BoolArray, FloatArray, floats
from riskd.model.history import MARKET_COIN, PriceColumns
from riskd.model.scenario import PAR_COINS

# On the recorded hours of 2020 to 2026 coins had betas of 0.3 to 3.2, in crashes too.
BETA_MAX = 5.0

BETA_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning=f"How far back moves are compared with those of {MARKET_COIN}.",
    default=30 * DAY_HOURS * HOUR,
)
BETA_FORMULA = (
    f"β = Cov(r, m) / Var(m): r hourly log moves of the coin's mark price, m those of {MARKET_COIN} at the same venue, hours that "
    f"both have; 1 for {MARKET_COIN} itself, 0 for coins at par with the dollar."
)
BETA_UNKNOWN = (
    "Unknown too while fewer than 90 % of the window's hours, or fewer than 24, have a move of both prices, one of them stood "
    f"still, or a beta is below 0 or above {BETA_MAX:g}, so that nothing follows from a move of the market."
)


@dataclass(frozen=True, slots=True)
class Betas:
    """Betas of a book.

    Attributes:
        of_instruments: Of each instrument; NaN unknown.
        of_coins: Of each spot row, by the coin's perpetual; NaN unknown.
    """

    of_instruments: FloatArray
    of_coins: FloatArray
    _book: Book
    _pasts: tuple[_Past, ...]

    def why_instrument(self, instrument: int) -> str:
        """Why the beta of an instrument is not known."""
        part = int(self._book.tables.instrument_part[instrument])
        first = int(np.searchsorted(self._book.tables.instrument_part, part))
        row = int(self._book.price_windows.rows(part)[instrument - first])
        listed = self._book.tables.instruments[instrument]
        return self._pasts[part].why(listed.venue, listed.symbol, row)

    def why_coin(self, coin: int) -> str:
        """Why the beta of a spot row is not known."""
        part, venue, asset = _places_of_coins(self._book)[coin]
        row = self._book.price_windows.row_of_coin(part, venue, asset)
        return self._pasts[part].why(venue, asset, row)


def betas_of(book: Book, window: float) -> Betas:
    """Betas of everything that has a price, over the ``window`` seconds before each snapshot."""
    windows, pasts = book.price_windows, _pasts(book, window)
    known: dict[tuple[int, int], FloatArray] = {}
    found = []
    for part, snapshot in enumerate(book.tables.snapshots):
        key = (id(snapshot.instruments), id(pasts[part]))
        if key not in known:
            pairs = zip(snapshot.instruments, windows.rows(part).tolist(), strict=True)
            known[key] = floats([pasts[part].beta(one.venue, one.base, row) for one, row in pairs])
        found.append(known[key])
    coins = [
        pasts[part].beta(venue, asset, windows.row_of_coin(part, venue, asset))
        for part, venue, asset in _places_of_coins(book)
    ]
    return Betas(np.concatenate(found), floats(coins), book, tuple(pasts))


def slopes(moves: FloatArray, market: FloatArray, least: int) -> FloatArray:
    """Least-squares slope of each row on ``market`` over the hours that both have; NaN with fewer than ``least``.

    NaN too where one of the two stood still: a price that does not move while the market does is no price. Both are
    centred on their common hours first, so that the sums do not lose the small numbers in the large ones.
    """
    with np.errstate(all="ignore"):  # no hour in common, and no variance, are answers
        return _slopes(moves, market, least)


def _slopes(moves: FloatArray, market: FloatArray, least: int) -> FloatArray:
    both = np.isfinite(moves) & np.isfinite(market)
    count = index(both.sum(axis=1))
    across, along = (
        _centred(values, both, count) for values in (moves, np.broadcast_to(market, moves.shape))
    )
    varies = (along * along).sum(axis=1)
    stands = (across * across).sum(axis=1) == 0.0
    return np.where((count >= least) & ~stands, (across * along).sum(axis=1) / varies, np.nan)


def _centred(values: FloatArray, counted: BoolArray, count: IndexArray) -> FloatArray:
    mean = np.where(counted, values, 0.0).sum(axis=1) / count
    return np.where(counted, values - mean[:, None], 0.0)


@dataclass(frozen=True, slots=True)
class _Past:
    """Prices before one moment.

    Attributes:
        moves: ``(contracts of the history, hours)`` log moves; the last row is NaN and stands for no contract.
        market: Moves of the market coin in the same hours, by venue.
        slopes: Of each contract on the market coin, by the venue of the latter.
        wanted: How many moves both must have.
    """

    moves: FloatArray
    market: Mapping[str, FloatArray]
    slopes: Mapping[str, FloatArray]
    wanted: int

    def beta(self, venue: str, asset: str, row: int) -> float:
        """Beta of what a row of the history is about; NaN where it is not known or says nothing."""
        if asset == MARKET_COIN:
            return 1.0
        slope = self._slope(venue, row)
        return 0.0 if asset in PAR_COINS else slope if 0.0 <= slope <= BETA_MAX else np.nan

    def why(self, venue: str, name: str, row: int) -> str:
        """Why there is none."""
        slope = self._slope(venue, row)
        if not np.isnan(slope):
            return f"beta of {name} to {MARKET_COIN}: {slope:.2f} is not between 0 and {BETA_MAX:g}"
        pair = np.vstack([self.moves[row], self.market.get(venue, self.moves[-1])])
        return no_tie([name, MARKET_COIN], pair, self.wanted)

    def _slope(self, venue: str, row: int) -> float:
        return float(self.slopes[venue][row]) if venue in self.slopes else np.nan


def _pasts(book: Book, window: float) -> list[_Past]:
    """What is known before each snapshot, worked out once for all that share their past."""
    windows, found = book.price_windows, {}
    pasts = []
    for part in range(len(book.tables.snapshots)):
        closes, (market, market_closes) = windows.closes(part, window), windows.market(part, window)
        key = (id(closes), id(market_closes))
        if key not in found:
            found[key] = _past(closes, market, market_closes)
        pasts.append(found[key])
    return pasts


def _past(closes: Closes, market: PriceColumns, market_closes: Closes) -> _Past:
    with np.errstate(all="ignore"):  # the logarithm of no price is no move
        moves, of_market = with_none(closes.log_moves()), market_closes.log_moves()
    wanted = moves_in_common(closes)
    rows = _at(closes.at[1:], market_closes.at[1:], of_market)
    by_venue = dict(zip(market.venue, rows, strict=True))
    return _Past(
        moves, by_venue, {venue: slopes(moves, row, wanted) for venue, row in by_venue.items()}, wanted
    )


def _at(wanted: FloatArray, at: FloatArray, table: FloatArray) -> FloatArray:
    """The columns of a table that belong to the wanted moments; NaN for one that it has not."""
    places = np.searchsorted(at, wanted)
    found = np.append(at, np.nan)[places] == wanted
    padded = np.hstack([table, np.full((len(table), 1), np.nan)])
    return padded[:, np.where(found, places, table.shape[1])]


def _places_of_coins(book: Book) -> list[tuple[int, str, str]]:
    """Snapshot, venue and coin of each spot row."""
    tables = book.tables
    owners: Iterable[int] = tables.spot.account.tolist()
    return [
        (int(tables.account_part[account]), tables.profiles[account].venue, asset)
        for account, asset in zip(owners, tables.spot.asset, strict=True)
    ]
