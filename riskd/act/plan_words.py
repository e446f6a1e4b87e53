"""A plan in words: what it would do, what that does to the rules and to the money, and what it leaves.

Each function gives sentences that stand alone. Names of symbols, orders and rules in them are hostile; channels escape.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.model.order import Plan, Reduction, RuleEffect, StopPlacement
from riskd.policy.text.units import show

STEP_HEAD = ("#", "Step", "Size", "About", "Cost")
_NOTHING = "–"


def summary(plan: Plan, unit: Unit | None = None) -> str:
    """The whole plan in half a sentence: how much of how much, what it does to the measure, and the cost.

    Args:
        plan: The plan.
        unit: Of the leading measure, where the plan does not tell it itself.
    """
    effect = leading_effect(plan, unit)
    reach = "" if effect is None else f"; {effect.measure} {_pair(effect)}{_target(effect)}"
    cost = f"; costs about {usd(cost_estimate(plan))}" if plan.reductions else ""
    return f"{steps_summary(plan)}{reach}{cost}"


def steps_summary(plan: Plan) -> str:
    """What would be sent, counted."""
    parts = []
    if plan.reductions:
        held = sum((abs(step.held) * step.mark_price for step in plan.reductions), Decimal(0))
        parts.append(
            f"reduce {usd(float(notional(plan)))} of {usd(float(held))} in {count(len(plan.reductions), 'position')}"
        )
    if plan.cancellations:
        parts.append(f"cancel {count(len(plan.cancellations), 'order')}")
    if plan.stops:
        parts.append(f"place {count(len(plan.stops), 'stop')}")
    return ", ".join(parts) or f"{plan.action.replace('_', ' ')} nothing"


def leading_effect(plan: Plan, unit: Unit | None = None) -> RuleEffect | None:
    """What the plan does to the rule that asks for it; None where its value is not known, or none asked."""
    leader = (plan.rule, plan.subject)
    told = next((each for each in plan.effects if (each.rule, each.subject) == leader), None)
    if told is not None:
        return told
    if unit is None or math.isnan(plan.value_before) or math.isnan(plan.value_after):
        return None
    return RuleEffect(
        rule=plan.rule,
        subject=plan.subject,
        measure="the measure",
        unit=unit.value,
        before=plan.value_before,
        after=plan.value_after,
        target=plan.target,
        mended=True,
    )


def steps_table(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Every order that would be sent, in the order of sending, under a head."""
    steps = (*_cancellations(plan), *map(_reduction, plan.reductions), *map(_stop, plan.stops))
    return (STEP_HEAD, *((str(number), *step) for number, step in enumerate(steps, 1))) if steps else ()


def effect_lines(plan: Plan) -> Iterator[str]:
    """Every rule before and after, those first that the plan is to mend."""
    ranked = sorted(plan.effects, key=lambda effect: math.isnan(effect.target))
    for effect in ranked:
        verb = "Mends" if effect.mended and not math.isnan(effect.target) else "Moves"
        yield f"{verb} {effect.rule} on {effect.subject}: {effect.measure} {_pair(effect)}{_target(effect)}"


def money_line(plan: Plan) -> Iterator[str]:
    """What it frees, realises and costs, as far as that is known."""
    parts = []
    if not math.isnan(plan.frees_margin_usd):
        parts.append(f"Frees {usd(plan.frees_margin_usd)} of initial margin")
    if not math.isnan(plan.realizes_pnl_usd):
        gain = "a profit" if plan.realizes_pnl_usd >= 0 else "a loss"
        parts.append(f"realises {gain} of {usd(abs(plan.realizes_pnl_usd))}")
    if plan.reductions:
        parts.append(f"costs about {usd(cost_estimate(plan))} in fees and slippage")
    if parts:
        sentence = "; ".join(parts)
        yield f"{sentence[0].upper()}{sentence[1:]}."


def hedge_lines(plan: Plan) -> Iterator[str]:
    """Hedges that it would leave more lopsided."""
    for hedge in plan.breaks_hedges:
        yield f"BREAKS the hedge {hedge}: its net delta grows, so a person must agree."


def left_lines(plan: Plan) -> Iterator[str]:
    """What it cannot mend, what a person could do about that, and what is left alone."""
    yield from (f"Not mended: {sentence}" for sentence in plan.remains)
    yield from (f"A person could: {sentence}" for sentence in plan.advice)
    yield from (f"Untouched: {name}: {why}" for name, why in plan.untouched)


def notional(plan: Plan) -> Decimal:
    """What is closed, at the marks that the plan was made on; quote currency."""
    return sum((step.quantity * step.mark_price for step in plan.reductions), Decimal(0))


def cost_estimate(plan: Plan) -> float:
    """Fees and slippage of all reductions as the plan estimates them, >= 0."""
    return sum(step.cost_estimate for step in plan.reductions)


def usd(amount: float) -> str:
    """An amount of money for people."""
    return show(amount, Unit.MONEY)


def count(number: int, noun: str) -> str:
    """Such as ``2 orders``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cancellations(plan: Plan) -> Iterator[tuple[str, ...]]:
    for each in plan.cancellations:
        yield (f"cancel {each.what} {each.symbol}", _NOTHING, _NOTHING, _NOTHING)


def _reduction(step: Reduction) -> tuple[str, ...]:
    verb = "sell" if step.held > 0 else "buy"
    about = usd(float(step.quantity * step.mark_price))
    size = f"{plain(step.quantity)} of {plain(abs(step.held))}"
    return (f"{verb} {step.symbol}, reduce-only", size, about, usd(step.cost_estimate))


def _stop(step: StopPlacement) -> tuple[str, ...]:
    verb = "sell" if step.held > 0 else "buy"
    note = f" ({step.note})" if step.note else ""
    size = f"{plain(step.quantity)} of {plain(abs(step.held))}"
    return (f"stop: {verb} {step.symbol} at {plain(step.trigger_price)}{note}", size, _NOTHING, _NOTHING)


def plain(number: Decimal) -> str:
    """An exact number without an exponent and without zeros at its end."""
    return f"{number.normalize():f}"


def _pair(effect: RuleEffect) -> str:
    return f"{_shown(effect.before, effect)} to {_shown(effect.after, effect)}"


def _target(effect: RuleEffect) -> str:
    return "" if math.isnan(effect.target) else f" (target {_shown(effect.target, effect)})"


def _shown(value: float, effect: RuleEffect) -> str:
    return show(value, Unit(effect.unit)) if effect.unit in tuple(Unit) else f"{value:.6g}"
