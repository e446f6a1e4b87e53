"""A size, and a setting, to which nothing is objected, where something is objected to the one that was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from riskd.measure.sizing.outlook import Objection, Sizing, outlook
from riskd.measure.sizing.sizing import shown_lot


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """A size, and a leverage setting for isolated margin, to which nothing is objected."""

    contracts: Decimal
    leverage: float | None


def cure(sizing: Sizing, contracts: Decimal, lot: Decimal | None = None) -> Cure | None:
    """The largest size up to ``contracts`` to which nothing is objected; isolated, with the highest setting for it.

    A smaller cross position is liquidated later; of an isolated one only a lower setting moves the price.

    Returns:
        None where no size of at least one lot, or no setting, would do.
    """
    if not contracts:
        return None
    step = shown_lot(float(contracts)) if lot is None else lot
    best: Cure | None = None
    for setting in _settings(sizing.terms.leverage):
        lowered = replace(sizing, terms=replace(sizing.terms, leverage=setting))
        size = _largest(lowered, contracts, step)
        if size > (best.contracts if best is not None else 0):
            best = Cure(contracts=size, leverage=setting)
        if size == contracts:
            break
    return best


def _largest(sizing: Sizing, contracts: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of the step up to ``contracts`` that is fine; 0 where none is."""
    if _is_fine(sizing, contracts):
        return contracts
    fine, wrong = 0, int(contracts / step)
    while wrong - fine > 1:
        middle = (fine + wrong) // 2
        if _is_fine(sizing, middle * step):
            fine = middle
        else:
            wrong = middle
    return fine * step


def _is_fine(sizing: Sizing, contracts: Decimal) -> bool:
    """Whether nothing is objected but what neither size nor setting changes."""
    objections = outlook(sizing, float(contracts)).objections
    return not set(objections) - {Objection.FUNDING_HEAVY}


def _settings(leverage: float | None) -> list[float | None]:
    """The setting itself and every whole one below it, highest first; cross margin has none."""
    if leverage is None:
        return [None]
    whole = math.ceil(leverage) - 1
    return [leverage, *(float(setting) for setting in range(whole, 0, -1))]
