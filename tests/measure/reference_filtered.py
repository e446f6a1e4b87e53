"""Filtered historical simulation in plain Python: the volatility of every hour, summed anew from its first hour on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from riskd.model.subject import Grain
from tests.measure.reference import Case, Reference, Subjects
from tests.measure.reference_cases import Parameters, Selected, each
from tests.measure.reference_prices import (
    HOUR,
    Series,
    held_with_closes,
    hours_of,
    joint_losses,
    log_moves,
    mean,
    of_worst,
    smallest,
)

WARM_UP = 240


def filtered_var(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: of_worst(
            ref, grain, x, parameters, filtered_losses(ref, x, parameters, selected), smallest
        ),
    )


def filtered_shortfall(
    ref: Reference, grain: Grain, parameters: Parameters, selected: Selected
) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: of_worst(ref, grain, x, parameters, filtered_losses(ref, x, parameters, selected), mean),
    )


def filtered_losses(
    ref: Reference, subject: Subjects, parameters: Parameters, selected: Selected
) -> Sequence[float] | None:
    horizon = max(1, round(parameters["horizon"] / HOUR))
    held = held_with_closes(ref, subject, parameters["window"] + WARM_UP * HOUR, selected)
    if held is None:
        return None
    newest = max((int(at) for at in ref.h.prices.at if at <= ref.now), default=0)
    # A move of the window begins in it: no earlier than the window's first close.
    first = ref.now - (hours_of(parameters["window"]) + 1) * HOUR
    return joint_losses(
        [(worth, filtered(closes, horizon, newest, first)) for worth, closes in held], parameters
    )


def filtered(closes: Series, horizon: int, newest: int, first: float) -> Series:
    found: Series = {}
    now = deviation(closes, newest)
    for at, close in closes.items():
        begins = at - horizon * HOUR
        before, then = closes.get(begins), deviation(closes, begins)
        if before is None or then is None or now is None or begins <= first:
            continue
        step = math.log(close / before)
        if then == 0 and step != 0:
            continue
        found[at] = math.exp(step * now / then if step else 0.0) - 1
    return found


def deviation(closes: Series, until: int) -> float | None:
    """Of the hourly moves that had ended by then; None when they are fewer than nine tenths of ten days."""
    ended = {at: move for at, move in log_moves(closes).items() if at <= until}
    if len(ended) < 216:
        return None
    weights = {at: 0.94 ** ((until - at) / HOUR / 24) for at in ended}
    return math.sqrt(
        math.fsum(weights[at] * move * move for at, move in ended.items()) / math.fsum(weights.values())
    )
