"""How a book leans, and the legs of hedges, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping

from riskd.model.desk import HedgeLeg
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, is_spot, known, total
from tests.measure.reference_cases import Measure, Parameters, Selected, each, over_equity
from tests.measure.reference_liquidation import distance


def open_positions(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    return each(ref, grain, lambda subject: float(sum(selected[r] for r in subject.rows)))


def one_sidedness(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        rows = [r for r in subject.rows if selected[r]]
        worth = [ref.notional(r) for r in rows]
        if None in worth:
            return None
        long = sum(x for x in worth if x is not None and x > 0)
        short = sum(-x for x in worth if x is not None and x < 0)
        return max(long, short) / (long + short) if long + short > 0 else 0.0

    return each(ref, grain, value)


def hhi(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        net: dict[str, float] = {}
        for r in subject.rows:
            if not selected[r]:
                continue
            worth = ref.notional(r)
            if worth is None:
                return None
            net[ref.asset(r)] = net.get(ref.asset(r), 0.0) + worth
        whole = sum(abs(x) for x in net.values())
        return min(1.0, sum((abs(x) / whole) ** 2 for x in net.values())) if whole > 0 else 0.0

    return each(ref, grain, value)


def legs_of(ref: Reference, subject: Subjects) -> list[HedgeLeg]:
    hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
    return [leg for leg in hedge.legs if not is_spot(leg)]


def rows_of(ref: Reference, leg: HedgeLeg) -> list[int]:
    return [r for r in ref.rows if ref.account(r) == ref.owner(leg) and ref.symbol(r) == leg.name]


def leg_liquidation_distance(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        found = [distance(ref, r) for leg in legs_of(ref, subject) for r in rows_of(ref, leg)]
        return None if None in found else min((x for x in found if x is not None), default=math.inf)

    return each(ref, grain, value)


def leg_adl_rank(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        found = [known(ref.p.adl_rank[r]) for leg in legs_of(ref, subject) for r in rows_of(ref, leg)]
        return None if None in found else max((x for x in found if x is not None), default=0.0)

    return each(ref, grain, value)


def leg_margin_imbalance(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        found: list[float] = []
        for account in sorted({ref.owner(leg) for leg in legs_of(ref, subject)}):
            gross = total([ref.gross(r) for r in ref.rows if ref.account(r) == account])
            leverage = over_equity(gross, ref.equity(account))
            if leverage is None:
                return None
            if leverage != 0:
                found.append(leverage)
        if len(found) < 2:
            return 1.0
        return math.inf if math.isinf(max(found)) else max(found) / min(found)

    return each(ref, grain, value)


CONCENTRATION: Mapping[str, Measure] = {
    "open_positions": open_positions,
    "one_sidedness": one_sidedness,
    "hhi": hhi,
    "leg_liquidation_distance": leg_liquidation_distance,
    "leg_adl_rank": leg_adl_rank,
    "leg_margin_imbalance": leg_margin_imbalance,
}
