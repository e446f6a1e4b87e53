"""The catalogue of measures, and the one way to take them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from riskd.measure import quality
from riskd.measure.book.book import Book
from riskd.measure.book.reasons import checked
from riskd.measure.exposure import concentration, diversification, exposure, filled, leverage
from riskd.measure.liquidity import collateral, liquidity
from riskd.measure.margin import liquidation, margin, shocks
from riskd.measure.market_risk import portfolio, stress, touch, value_at_risk, volatility
from riskd.measure.performance import activity, drawdown, funding, reconciliation, results
from riskd.measure.spec import MeasureRef, MeasureSpec, ParameterValue, Selection
from riskd.measure.strategy import effectiveness, grid, hedge, legs
from riskd.measure.trade import excursions, stop_room, stops, trades
from riskd.model.subject import Grain
from riskd.model.verdict import Measurement

_FAMILIES = (
    leverage,
    filled,
    exposure,
    diversification,
    concentration,
    margin,
    liquidation,
    shocks,
    volatility,
    touch,
    value_at_risk,
    portfolio,
    stress,
    stops,
    stop_room,
    trades,
    funding,
    hedge,
    effectiveness,
    legs,
    grid,
    liquidity,
    collateral,
    drawdown,
    activity,
    excursions,
    results,
    quality,
    reconciliation,
)

CATALOGUE: Mapping[str, MeasureSpec] = MappingProxyType(
    {spec.name: spec for family in _FAMILIES for spec in family.SPECS}
)

# Families that look at the same risk in another way: who has a rule for one of them has looked at it.
_SAME_KIND = {
    touch: liquidation,
    portfolio: volatility,
    stop_room: stops,
    effectiveness: hedge,
    excursions: activity,
    filled: leverage,
    concentration: diversification,
    trades: stops,
    legs: hedge,
    results: drawdown,
}


def _by_kind() -> dict[str, tuple[MeasureSpec, ...]]:
    kinds: dict[str, tuple[MeasureSpec, ...]] = {}
    for family in _FAMILIES:
        kind = _SAME_KIND.get(family, family).__name__.rpartition(".")[2]
        kinds[kind] = (*kinds.get(kind, ()), *family.SPECS)
    return kinds


FAMILIES: Mapping[str, tuple[MeasureSpec, ...]] = MappingProxyType(_by_kind())
"""Measures of one kind of risk, by its name: ``margin``, ``stops``, ``funding``."""


def take(book: Book, ref: MeasureRef, grain: Grain, selection: Selection) -> Measurement:
    """Measures every subject of a grain.

    A value is NaN exactly where ``unknown`` gives a reason. A subject is unknown when a surface that the measure needs
    is not OK for an account it hangs on, when an input is missing, or when the result is infinite without the
    catalogue saying that it may be. It is never -inf.

    Args:
        book: What is measured.
        ref: The measure and its parameters, defaults filled in.
        grain: One of the measure's grains.
        selection: Rows that count, where the measure counts selected positions.

    Raises:
        KeyError: The catalogue has no such measure, or lacks a parameter: a policy was not compiled.
        ValueError: The measure cannot be taken for this grain.
    """
    spec = CATALOGUE[ref.name]
    if grain not in spec.grains:
        raise ValueError(f"{ref.name} is taken per {', '.join(sorted(spec.grains))}, not per {grain}")
    with np.errstate(all="ignore"):
        values = spec.function(book, grain, ref, selection)
    numbers, unknown = checked(book, spec, grain, values)
    return Measurement(
        measure=ref.name,
        parameters=tuple(
            sorted((name, value if isinstance(value, str) else repr(value)) for name, value in ref.parameters)
        ),
        grain=grain,
        subjects=book.universe(grain).subjects,
        values=numbers,
        unknown=unknown,
    )


def select_all(book: Book) -> Selection:
    """The selection of every position and order."""
    return book.everything


def with_defaults(ref: MeasureRef) -> MeasureRef:
    """The same measure with every parameter that was left out at its default, in the catalogue's order.

    Raises:
        KeyError: No such measure, or a parameter without default is missing.
    """
    given = dict(ref.parameters)
    filled: list[tuple[str, ParameterValue]] = []
    for parameter in CATALOGUE[ref.name].parameters:
        value = given.get(parameter.name, parameter.default)
        if value is None:
            raise KeyError(f"{ref.name} needs the parameter {parameter.name}: {parameter.meaning}")
        filled.append((parameter.name, value))
    return MeasureRef(ref.name, tuple(filled))
