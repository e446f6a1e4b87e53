"""From a formula for one subject to the cases of a measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, total

Parameters = Mapping[str, float]
Selected = Sequence[bool]
Measure = Callable[[Reference, Grain, Parameters, Selected], list[Case]]


def over_equity(exposure: Known, equity: Known) -> Known:
    if exposure is None or equity is None:
        return None
    if equity > 0:
        return exposure / equity
    return 0.0 if exposure == 0 else math.inf


def equity_behind(ref: Reference, grain: Grain, subject: Subjects) -> Known:
    if grain is Grain.EXCHANGE:
        return total([ref.equity(a) for a in ref.accounts])
    return total([ref.equity(a) for a in subject.accounts])


def each(ref: Reference, grain: Grain, value: Callable[[Subjects], Known]) -> list[Case]:
    return [Case(name=x.name, accounts=x.accounts, value=value(x)) for x in ref.subjects(grain)]


def by_row(ref: Reference, value: Callable[[int], Known]) -> list[Case]:
    return each(ref, Grain.POSITION, lambda x: value(x.rows[0]))
