"""Margin ratio and distances to liquidation in plain Python."""

from __future__ import annotations

import math

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, known, total
from tests.measure.reference_cases import Parameters, Selected, by_row, each, over_equity


def margin_ratio(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        return over_equity(*margin_parts(ref, subject))

    return each(ref, grain, value)


def margin_parts(ref: Reference, subject: Subjects) -> tuple[Known, Known]:
    """Maintenance margin and margin balance of an account."""
    account = subject.accounts[0]
    summed = total([ref.maintenance(r) for r in ref.cross(account)])
    if any(ref.p.isolated[r] for r in subject.rows):
        return summed, ref.cross_equity(account)
    stated = known(ref.s.accounts.maintenance_margin[account])
    return summed if stated is None else stated, ref.equity(account)


def own_distance(ref: Reference, row: int) -> Known:
    fall, rise = ref.moves(row)
    return None if fall is None or rise is None else min(fall, rise)


def distance(ref: Reference, row: int) -> Known:
    """Nearer of the venue's and our own."""
    notional, mark = ref.notional(row), ref.mark(row)
    if notional is None or mark is None:
        return None
    stated = known(ref.p.liquidation_price[row])
    found = [own_distance(ref, row)]
    if ref.p.cannot_be_liquidated[row]:
        found.append(math.inf)
    elif stated is not None:
        away = (mark - stated) / mark if notional >= 0 else (stated - mark) / mark
        found.append(abs(away) if len(ref.legs(row)) > 1 else max(away, 0.0))
    answers = [x for x in found if x is not None]
    return min(answers) if answers else None


def liquidation_distance(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    if grain is Grain.ACCOUNT:
        return each(ref, grain, lambda x: ref.adverse(x.accounts[0]))
    return by_row(ref, lambda row: distance(ref, row))


def liquidation_divergence(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        notional, mark = ref.notional(row), ref.mark(row)
        fall, rise = ref.moves(row)
        if notional is None or mark is None or fall is None or rise is None:
            return None
        never = 0.0 if notional >= 0 else math.inf
        ours = mark * (1 - fall) if fall <= rise else mark * (1 + rise)
        ours = never if math.isinf(fall) and math.isinf(rise) else ours
        theirs = never if ref.p.cannot_be_liquidated[row] else known(ref.p.liquidation_price[row])
        if theirs is None:
            return None
        return 0.0 if math.isinf(ours) and math.isinf(theirs) else abs(theirs - ours) / mark

    return by_row(ref, value)
