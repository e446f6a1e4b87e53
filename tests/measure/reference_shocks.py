"""Moves that liquidate an account, and its margin after a given one, in plain Python by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from riskd.model.subject import Grain
from tests.measure.reference import (
    Case,
    Known,
    Reference,
    Subjects,
    minus,
    smallest_shortfall,
    total,
)
from tests.measure.reference_betas import beta_of_row
from tests.measure.reference_cases import Parameters, Selected, each, over_equity

FALL, RISE = -1.0, 1.0
BOTH = (FALL, RISE)


def account_shock(
    ref: Reference, grain: Grain, _: Parameters, __: Selected, ways: Sequence[float] = BOTH
) -> list[Case]:
    def value(subject: Subjects) -> Known:
        account = subject.accounts[0]
        rows = ref.cross(account)
        return nearest(ref, ref.cross_equity(account), rows, [1.0] * len(rows), ways)

    return each(ref, grain, value)


def asset_shock(
    ref: Reference, grain: Grain, _: Parameters, __: Selected, ways: Sequence[float] = BOTH
) -> list[Case]:
    def value(subject: Subjects) -> Known:
        account = subject.accounts[0]
        rows = [r for r in ref.cross(account) if r in subject.rows]
        others = total([ref.maintenance(r) for r in ref.cross(account) if r not in rows])
        return nearest(ref, minus(ref.cross_equity(account), others), rows, [1.0] * len(rows), ways)

    return each(ref, grain, value)


def beta_shock(
    ref: Reference, grain: Grain, parameters: Parameters, _: Selected, ways: Sequence[float] = BOTH
) -> list[Case]:
    def value(subject: Subjects) -> Known:
        account = subject.accounts[0]
        rows = ref.cross(account)
        betas = [0.0 if ref.notional(r) == 0 else beta_of_row(ref, r, parameters["window"]) for r in rows]
        return nearest(ref, ref.cross_equity(account), rows, betas, ways)

    return each(ref, grain, value)


def nearest(
    ref: Reference, equity: Known, rows: Sequence[int], weights: Sequence[Known], ways: Sequence[float]
) -> Known:
    """Smallest move of the market, each price moving ``weight`` times as far and never below zero."""
    held = [(r, ref.notional(r), weight) for r, weight in zip(rows, weights, strict=True)]
    sound = [(r, n, w) for r, n, w in held if n is not None and w is not None]
    if equity is None or len(sound) < len(held) or any(ref.own_maintenance(r) is None for r in rows):
        return None
    backing = equity

    def cushion(way: float, s: float) -> float:
        left = [max(0.0, 1.0 + way * w * s) for _, _, w in sound]
        gained = [n * (share - 1.0) for (_, n, _), share in zip(sound, left, strict=True)]
        needed = [
            ref.maintenance_at(int(ref.p.instrument[r]), abs(n) * share) or 0.0
            for (r, n, _), share in zip(sound, left, strict=True)
        ]
        return backing + math.fsum(gained) - math.fsum(needed)

    found = [math.inf]
    if RISE in ways:
        found.append(smallest_shortfall(lambda s: cushion(RISE, s), math.inf))
    if FALL in ways:
        found.append(first_in_fall(lambda s: cushion(FALL, s), [w for _, _, w in sound]))
    return min(found)


def first_in_fall(cushion: Callable[[float], float], weights: Sequence[float]) -> float:
    """Between two places where a price reaches zero the cushion is concave: below zero somewhere only if at the end."""
    if cushion(0.0) < 0:
        return 0.0
    low = 0.0
    for high in sorted({1.0 / w for w in weights if w > 1.0} | {1.0}):
        if cushion(high) < 0:
            return low + smallest_shortfall(partial(_beyond, cushion, low), high - low)
        low = high
    return math.inf


def _beyond(cushion: Callable[[float], float], low: float, s: float) -> float:
    return cushion(low + s)


def shocked_margin_ratio(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    move = parameters["move"]

    def value(subject: Subjects) -> Known:
        account = subject.accounts[0]
        notional = [ref.notional(r) for r in ref.cross(account)]
        needed = [
            None if n is None else ref.maintenance_at(int(ref.p.instrument[r]), abs(n) * (1.0 + move))
            for r, n in zip(ref.cross(account), notional, strict=True)
        ]
        gained = [None if n is None else n * move for n in notional]
        return over_equity(total(needed), total([ref.cross_equity(account), *gained]))

    return each(ref, grain, value)
