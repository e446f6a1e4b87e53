"""Volatility, correlation, clusters, value at risk and stress in plain Python, one hour after another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from riskd.measure.market_risk.scenarios import SCENARIOS
from riskd.model.desk import HedgeLeg
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, is_spot, known, times, total
from tests.measure.reference_cases import (
    Parameters,
    Selected,
    by_row,
    each,
    equity_behind,
    over_equity,
)
from tests.measure.reference_exposure import coin
from tests.measure.reference_liquidation import liquidation_distance

SCENARIO = "adl-2025-10-10"
HOUR = 3600
MONTH = 30 * 24 * HOUR
Series = dict[int, float]


def series(ref: Reference, venue: str, symbol: str, window: float) -> Series:
    """Close by the end of its hour, within the window and before now."""
    prices = ref.h.prices
    keys = list(zip(prices.venue, prices.symbol, strict=True))
    if (venue, symbol) not in keys:
        return {}
    return in_window(ref, keys.index((venue, symbol)), window)


def in_window(ref: Reference, row: int, window: float) -> Series:
    begins = ref.now - (hours_of(window) + 1) * HOUR
    pairs = zip(ref.h.prices.at.tolist(), ref.h.prices.close[row].tolist(), strict=True)
    return {int(at): close for at, close in pairs if begins < at <= ref.now and not math.isnan(close)}


def hours_of(window: float) -> int:
    return max(1, round(window / HOUR))


def moves(closes: Series, hours: int = 1) -> Series:
    earlier = {at: closes.get(at - hours * HOUR) for at in closes}
    return {at: closes[at] / before - 1 for at, before in earlier.items() if before is not None}


def log_moves(closes: Series) -> Series:
    return {at: math.log(1 + move) for at, move in moves(closes).items()}


def enough(count: int, wanted: int) -> bool:
    return count >= 0.9 * wanted - 1e-9


# --- volatility -------------------------------------------------------------------------------------------------


def deviation(ref: Reference, number: int, window: float) -> Known:
    instrument = ref.s.instruments[number]
    found = log_moves(series(ref, instrument.venue, instrument.symbol, window))
    if not enough(len(found), hours_of(window)):
        return None
    newest = max(float(at) for at in ref.h.prices.at if at <= ref.now)
    weights = {at: 0.94 ** ((newest - at) / HOUR / 24) for at in found}
    squares = math.fsum(weights[at] * move * move for at, move in found.items())
    return math.sqrt(24 * squares / math.fsum(weights.values()))


def volatility(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    window = parameters["window"]
    if grain is Grain.POSITION:
        return by_row(ref, lambda row: deviation(ref, int(ref.p.instrument[row]), window))
    return [
        Case(name=f"venue={i.venue} symbol={i.symbol}", accounts=(), value=deviation(ref, number, window))
        for number, i in enumerate(ref.s.instruments)
    ]


def liquidation_distance_vol(
    ref: Reference, grain: Grain, parameters: Parameters, selected: Selected
) -> list[Case]:
    distances = iter(liquidation_distance(ref, grain, parameters, selected))

    def value(row: int) -> Known:
        distance = next(distances).value
        daily = deviation(ref, int(ref.p.instrument[row]), parameters["window"])
        if distance is None or daily is None:
            return None
        if math.isinf(distance):
            return distance
        return distance / daily if daily > 0 else None

    return by_row(ref, value)


# --- correlation, clusters --------------------------------------------------------------------------------------


def pearson(one: Series, other: Series, least: int) -> Known:
    both = sorted(one.keys() & other.keys())
    if len(both) < least:
        return None
    x, y = [one[at] for at in both], [other[at] for at in both]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    cov = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    var_x = math.fsum((a - mean_x) ** 2 for a in x)
    var_y = math.fsum((b - mean_y) ** 2 for b in y)
    return cov / math.sqrt(var_x * var_y) if var_x > 0 and var_y > 0 else None


def correlation(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    window = parameters["window"]
    least = max(24, math.ceil(0.9 * hours_of(window)))

    def value(subject: Subjects) -> Known:
        hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
        primary, *others = hedge.legs
        found: list[float] = []
        for leg in others:
            tie: Known = 1.0
            if coin(ref, leg) != coin(ref, primary):
                one, other = (log_moves(leg_series(ref, x, window)) for x in (primary, leg))
                tie = pearson(one, other, least)
            if tie is None:
                return None
            found.append(tie)
        return min(found)

    return each(ref, grain, value)


def leg_series(ref: Reference, leg: HedgeLeg, window: float) -> Series:
    venue = ref.profiles[ref.owner(leg)].venue
    return coin_series(ref, venue, leg.name, window) if is_spot(leg) else series(ref, venue, leg.name, window)


def coin_series(ref: Reference, venue: str, asset: str, window: float) -> Series:
    prices = ref.h.prices
    for row, pair in enumerate(zip(prices.venue, prices.asset, strict=True)):
        if pair == (venue, asset):
            return in_window(ref, row, window)
    return {}


def clusters(ref: Reference) -> dict[str, str]:
    """Name of the cluster of each asset: as configured, or measured where enough of its past is known."""
    if ref.s.desk.clusters is not None:
        return {asset: cluster.name for cluster in ref.s.desk.clusters for asset in cluster.assets}
    found: dict[str, Series] = {}
    for row, asset in enumerate(ref.h.prices.asset):
        one = log_moves(in_window(ref, row, MONTH))
        if asset not in found and enough(len(one), 720):
            found[asset] = one
    names = {asset: asset for asset in found}
    for _ in found:
        for a in found:
            for b in found:
                tie = pearson(found[a], found[b], 360)
                if tie is not None and tie > 0.7:
                    names[a] = names[b] = min(names[a], names[b])
    return names


def independent_bets(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    desk = ref.s.desk
    names = ref.clusters

    def value(subject: Subjects) -> Known:
        weights: dict[str, float] = {}
        for row in (r for r in subject.rows if selected[r]):
            gross, asset = ref.gross(row), ref.asset(row)
            if gross is None or (gross != 0 and desk.clusters is None and asset not in names):
                return None
            name = names.get(asset, asset)
            weights[name] = weights.get(name, 0.0) + gross
        whole = math.fsum(weights.values())
        if whole == 0:
            return math.inf
        return max(1.0, 1 / math.fsum((weight / whole) ** 2 for weight in weights.values()))

    return each(ref, grain, value)


# --- losses -----------------------------------------------------------------------------------------------------


def stress_loss(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    scenario = SCENARIOS[SCENARIO]
    moves = dict(scenario.moves)

    def moved(worth: Known, asset: str) -> Known:
        return times(worth, moves.get(asset, scenario.others))

    def value(subject: Subjects) -> Known:
        gains = [moved(ref.notional(r), ref.asset(r)) for r in subject.rows if selected[r]]
        gains += [moved(worth_of_coin(ref, c), ref.s.spot.asset[c]) for c in subject.coins]
        gain = total(gains)
        return over_equity(None if gain is None else max(0.0, -gain), equity_behind(ref, grain, subject))

    return each(ref, grain, value)


def worth_of_coin(ref: Reference, row: int) -> Known:
    return times(known(ref.s.spot.quantity[row]), known(ref.s.spot.price[row]))


def var(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: of_worst(ref, grain, x, parameters, losses_of(ref, x, parameters, selected), smallest),
    )


def expected_shortfall(
    ref: Reference, grain: Grain, parameters: Parameters, selected: Selected
) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: of_worst(ref, grain, x, parameters, losses_of(ref, x, parameters, selected), mean),
    )


def smallest(worst: Sequence[float]) -> float:
    return worst[-1]


def mean(worst: Sequence[float]) -> float:
    return math.fsum(worst) / len(worst)


def of_worst(
    ref: Reference,
    grain: Grain,
    subject: Subjects,
    parameters: Parameters,
    losses: Sequence[float] | None,
    pick: Callable[[Sequence[float]], float],
) -> Known:
    if losses is None:
        return None
    count = max(1, math.floor((1 - parameters["confidence"]) * len(losses) + 1e-9)) if losses else 0
    worst = sorted(losses, reverse=True)[:count]
    return over_equity(max(0.0, pick(worst)) if worst else 0.0, equity_behind(ref, grain, subject))


def losses_of(
    ref: Reference, subject: Subjects, parameters: Parameters, selected: Selected
) -> Sequence[float] | None:
    """What is held now, in every move of the window; None: unknown; empty: nothing is held."""
    horizon = max(1, round(parameters["horizon"] / HOUR))
    held = held_with_closes(ref, subject, parameters["window"], selected)
    if held is None:
        return None
    return joint_losses([(worth, moves(closes, horizon)) for worth, closes in held], parameters)


def held_with_closes(
    ref: Reference, subject: Subjects, window: float, selected: Selected
) -> list[tuple[float, Series]] | None:
    """The worth of everything that is held and its closes; None when a worth is unknown."""
    held: list[tuple[Known, Series]] = []
    for row in (r for r in subject.rows if selected[r]):
        instrument = ref.s.instruments[int(ref.p.instrument[row])]
        held.append((ref.notional(row), series(ref, instrument.venue, instrument.symbol, window)))
    for row in subject.coins:
        venue = ref.profiles[int(ref.s.spot.account[row])].venue
        quantity = known(ref.s.spot.quantity[row])
        worth = 0.0 if quantity == 0 else worth_of_coin(ref, row)
        held.append((worth, coin_series(ref, venue, ref.s.spot.asset[row], window)))
    if any(worth is None for worth, _ in held):
        return None
    return [(worth, closes) for worth, closes in held if worth]


def joint_losses(held: Sequence[tuple[float, Series]], parameters: Parameters) -> Sequence[float] | None:
    """Losses at every moment at which the moves of all that is held are known; None when these are too few."""
    if not held:
        return []
    times_known = set.intersection(*(set(found) for _, found in held))
    wanted = hours_of(parameters["window"]) - max(1, round(parameters["horizon"] / HOUR)) + 1
    if len(times_known) < max(math.ceil(0.9 * wanted), math.ceil(1 / (1 - parameters["confidence"]) - 1e-9)):
        return None
    return [-math.fsum(worth * found[at] for worth, found in held) for at in sorted(times_known)]
