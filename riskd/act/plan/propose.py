"""The plan for all that is asked of one account: the cheapest reductions that bring every rule back, verified before they exist.

The target of a demand is the action's ``to``, or else the level at which the alert clears, never the trigger: a reduction to
the trigger would be needed again after the next tick. A plan is measured on the book as it would be, with the measures that
judge the real one, and it pushes no other rule from within its limit to beyond it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan.advice import advice_for, missed, remains_of
from riskd.act.plan.case import Case
from riskd.act.plan.effects import effects_of
from riskd.act.plan.occasion import NoPlan, NoPlanReason, Occasion
from riskd.act.plan.optimise import Found, Optimiser
from riskd.act.plan.prices import Costs
from riskd.act.plan.scene import Scene
from riskd.act.plan.scope import account_of, objection
from riskd.act.plan.search import evenly
from riskd.act.plan.setting import case_of, lenient
from riskd.act.plan.untouched import untouched_by
from riskd.measure.book.book import Book
from riskd.model.order import Plan, Reduction
from riskd.policy.rule import Objective, Rule

_USUAL = Costs()


def propose(
    book: Book, demands: Sequence[Demand], *, rules: Sequence[Rule], occasion: Occasion, costs: Costs = _USUAL
) -> Plan | NoPlan:
    """The reductions that some demands on one account ask for, together.

    Args:
        book: One snapshot, as it was judged.
        demands: Of one account; the most severe of them leads, of equals the first.
        rules: Every rule in force: none of them may be pushed beyond its limit.
        occasion: Which alert leads, which attempt, when.
        costs: What closing is reckoned to cost where no order book is known.

    Returns:
        NoPlan with the reason of the leading demand when nothing can be planned for any of them.
    """
    ranked = sorted(demands, key=lambda demand: -demand.level)
    refusals = [(demand, objection(book, demand)) for demand in ranked]
    possible = [demand for demand, refusal in refusals if refusal is None]
    left_out = [(demand, refusal) for demand, refusal in refusals if refusal is not None]
    if not possible:
        return left_out[0][1] if left_out else NoPlan(NoPlanReason.NOT_AN_ORDER, "nothing is asked for")
    account = account_of(book, possible[0].rule.grain, possible[0].subject)
    assert account is not None, "a subject that is not there was objected to"
    scene = Scene.of(book, account, costs)
    made = _planned(scene, possible, rules, occasion)
    if isinstance(made, NoPlan):
        return made
    return replace(made, remains=(*made.remains, *(_refused(*each) for each in left_out)))


def _planned(
    scene: Scene, demands: Sequence[Demand], rules: Sequence[Rule], occasion: Occasion
) -> Plan | NoPlan:
    case, settled = case_of(scene, demands, rules, occasion)
    if isinstance(case, NoPlan):
        return case
    found = _found(case)
    if found is None or found.verdict.gaps.max() > 0.0 or np.isnan(found.verdict.gaps).any():
        case, found = _less_guarded(case, found)
    if found is None:
        return _no_help(case)
    plan = _plan(case, found, occasion)
    unknown = [_refused(*each) for each in settled if each[1].reason is NoPlanReason.UNKNOWN]
    return replace(plan, remains=(*plan.remains, *unknown))


def _less_guarded(case: Case, strict: Found | None) -> tuple[Case, Found | None]:
    """What the gravest demands come to when lesser rules may give way; only if that brings them nearer."""
    freer = lenient(case)
    found = _found(freer)
    if found is None or (strict is not None and not _left(case, found) < _left(case, strict)):
        return case, strict
    return freer, found


def _left(case: Case, found: Found) -> float:
    """How far the gravest demands stay from their targets, as shares of how far they are now; inf where one is unknown."""
    gravest = case.goals.all[0].severity
    (now,) = case.goals.gaps([{}])
    left = 0.0
    for goal, gap, start in zip(case.goals.all, found.verdict.gaps.tolist(), now.tolist(), strict=True):
        if goal.severity == gravest:
            unit = abs(start) if math.isfinite(start) and start != 0.0 else 1.0
            left += math.inf if math.isnan(gap) else max(0.0, gap) / unit
    return left


def _found(case: Case) -> Found | None:
    optimiser = Optimiser(case)
    if case.goals.all[0].demand.action.objective is Objective.PRO_RATA:
        even = optimiser.as_found(evenly(case))
        if even is not None:
            return even
    return optimiser.best()


def _no_help(case: Case) -> NoPlan:
    names = ", ".join(dict.fromkeys(goal.demand.rule.measure.name for goal in case.goals.all))
    advice = "".join(f"; {sentence}" for sentence in advice_for(case, {}, range(len(case.goals.all))))
    return NoPlan(
        NoPlanReason.NO_HELP,
        f"closing what may be closed does not bring {names} nearer its target{advice}",
    )


def _plan(case: Case, found: Found, occasion: Occasion) -> Plan:
    scene, leader = case.scene, case.goals.all[0]
    effects = effects_of(case, found.closing)
    left = missed(found.verdict.gaps)
    return Plan(
        id=plan_id(leader.demand, occasion),
        account=scene.name,
        rule=leader.demand.rule.id,
        subject=str(leader.demand.subject),
        alert_episode=occasion.episode,
        action=leader.demand.action.kind.value,
        target=effects[0].target,
        value_before=case.goals.stated(leader),
        value_after=effects[0].after,
        reductions=tuple(_reductions(case, found)),
        untouched=untouched_by(case, found),
        snapshot_id=scene.whole.tables.snapshots[0].id,
        created_at=occasion.now,
        effects=effects,
        frees_margin_usd=_freed(scene, found),
        realizes_pnl_usd=_realized(case, found),
        remains=remains_of(case, left, effects),
        advice=advice_for(case, found.closing, left),
        breaks_hedges=found.verdict.broken,
    )


def plan_id(demand: Demand, occasion: Occasion) -> str:
    """Readable, and the same again for the same episode and attempt: a restart does not plan twice."""
    named = f"{demand.rule.id}\n{demand.subject}".encode()
    digest = hashlib.blake2s(named, digest_size=4).hexdigest()
    return f"pln-{digest}-{occasion.episode}-{occasion.attempt}"


def _reductions(case: Case, found: Found) -> Iterable[Reduction]:
    positions, costs = case.scene.snapshot.positions, case.scene.prices.of(found.closing)
    for row, quantity in found.closing.items():
        yield Reduction(
            account=case.scene.name,
            symbol=case.scene.symbol(row),
            position_side=positions.position_side[row],
            held=positions.quantity_exact[row],
            quantity=quantity,
            mark_price=Decimal(repr(float(positions.mark_price[row]))),
            cost_estimate=float(costs[row]),
        )


def _freed(scene: Scene, found: Found) -> float:
    """Initial margin that what is closed needed; NaN unknown."""
    before, after = scene.snapshot.accounts, scene.after(found.closing).accounts
    return float(before.initial_margin[0] - after.initial_margin[0])


def _realized(case: Case, found: Found) -> float:
    pnl, shares = case.scene.snapshot.positions.unrealized_pnl, case.shares(found.closing)
    return sum(share * float(pnl[row]) for row, share in shares.items())


def _refused(demand: Demand, refusal: NoPlan) -> str:
    return f"{demand.rule.id} on {demand.subject}: {refusal.text}"
