"""Betas and what rests on them in plain Python, one hour and one position after another."""

from __future__ import annotations

import math

from riskd.model.desk import HedgeLeg
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, is_spot, known, times, total
from tests.measure.reference_cases import Parameters, Selected, each, equity_behind, over_equity
from tests.measure.reference_exposure import leg_worth
from tests.measure.reference_prices import HOUR, Series, coin_series, hours_of, leg_series, log_moves, series

AT_PAR = {"USDC", "USDT", "FDUSD", "BUSD", "USD1", "TUSD", "DAI"}


def market_series(ref: Reference, venue: str, window: float) -> Series:
    """Closes of Bitcoin at a venue."""
    market, begins = ref.h.market, ref.now - (hours_of(window) + 1) * HOUR
    if venue not in market.venue:
        return {}
    closes = market.close[market.venue.index(venue)].tolist()
    pairs = zip(market.at.tolist(), closes, strict=True)
    return {int(at): close for at, close in pairs if begins < at <= ref.now and not math.isnan(close)}


def beta(ref: Reference, venue: str, asset: str, closes: Series, window: float) -> Known:
    """Slope of a coin's moves on Bitcoin's."""
    if asset == "BTC":
        return 1.0
    if asset in AT_PAR:
        return 0.0
    own, market = log_moves(closes), log_moves(market_series(ref, venue, window))
    both = sorted(own.keys() & market.keys())
    if len(both) < max(24, math.ceil(0.9 * hours_of(window))):
        return None
    x, y = [market[at] for at in both], [own[at] for at in both]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((a - mean_x) ** 2 for a in x)
    if spread == 0 or all(b == mean_y for b in y):
        return None
    slope = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    return slope if 0 <= slope <= 5 else None


def beta_of_row(ref: Reference, row: int, window: float) -> Known:
    instrument = ref.s.instruments[int(ref.p.instrument[row])]
    closes = series(ref, instrument.venue, instrument.symbol, window)
    return beta(ref, instrument.venue, instrument.base, closes, window)


def beta_of_coin(ref: Reference, row: int, window: float) -> Known:
    venue, asset = ref.profiles[int(ref.s.spot.account[row])].venue, ref.s.spot.asset[row]
    return beta(ref, venue, asset, coin_series(ref, venue, asset, window), window)


def beta_of_leg(ref: Reference, leg: HedgeLeg, window: float) -> Known:
    venue = ref.profiles[ref.owner(leg)].venue
    asset = leg.name if is_spot(leg) else leg.name.partition("/")[0]
    return beta(ref, venue, asset, leg_series(ref, leg, window), window)


def beta_delta(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    window = parameters["window"]

    def value(subject: Subjects) -> Known:
        if grain is Grain.HEDGE:
            hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
            moved = [_moved(leg_worth(ref, leg), beta_of_leg(ref, leg, window)) for leg in hedge.legs]
        else:
            moved = [
                _moved(ref.notional(r), beta_of_row(ref, r, window)) for r in subject.rows if selected[r]
            ]
            moved += [_moved(_worth(ref, c), beta_of_coin(ref, c, window)) for c in subject.coins]
        return over_equity(total(moved), equity_behind(ref, grain, subject))

    return each(ref, grain, value)


def _worth(ref: Reference, coin: int) -> Known:
    return times(known(ref.s.spot.quantity[coin]), known(ref.s.spot.price[coin]))


def _moved(worth: Known, slope: Known) -> Known:
    return 0.0 if worth == 0 else times(worth, slope)
