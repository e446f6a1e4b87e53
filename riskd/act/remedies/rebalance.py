"""Brings a hedge back into its band by reducing the leg that is too large, and nothing but that.

Which leg is too large is tried out, not reckoned: a hedge ratio, a net delta and a beta-weighted one ask for different
legs, and the measure that judges the hedge knows. riskd never enlarges a leg and trades no spot; where only that would
help it says so, with the amount, to a person.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from riskd.act.demand import Demand
from riskd.act.plan import NoPlan, NoPlanReason
from riskd.act.plan.prices import Costs, unit_costs
from riskd.act.remedies.levers import LegTrial, Lever, levers_of
from riskd.act.remedies.scope import doubt, subject_row
from riskd.measure.book.book import Book
from riskd.measure.book.missing import missing_value
from riskd.measure.catalogue import take
from riskd.model.order import Reduction
from riskd.model.report import Surface
from riskd.model.subject import Grain
from riskd.policy.expression.take import take_rule
from riskd.policy.limits.thresholds import inset, ladders_by, thresholds
from riskd.policy.rule import ActionKind, Bound
from riskd.policy.scope.select import selection

_SMALL_PART = 20


def rebalancing(book: Book, demand: Demand, *, costs: Costs | None = None) -> tuple[Reduction, ...] | NoPlan:
    """The reduction that one ``deleverage`` of a hedge asks for: of one leg, to the action's ``to`` or the clear level.

    Args:
        book: One snapshot, as it was judged.
        demand: On a hedge.
        costs: What closing is reckoned to cost.

    Returns:
        One reduction of a perpetual. ``NOT_PLANNABLE``: the leg that is too large is a coin, out of the rule's scope or
        not trading; the text says what a person can do. ``NO_HELP``: no leg brings the measure nearer, or another hedge
        would come apart.
    """
    if demand.action.kind is not ActionKind.DELEVERAGE:
        return NoPlan(NoPlanReason.NOT_AN_ORDER, f"{demand.action.kind.value} rebalances no hedge")
    if demand.subject.grain is not Grain.HEDGE:
        return NoPlan(NoPlanReason.NOT_PLANNABLE, f"{demand.subject} is no hedge")
    hedge = subject_row(book, demand)
    if hedge is None:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"{demand.subject} is not in the snapshot")
    aim = _aim(book, demand, hedge)
    if isinstance(aim, NoPlan):
        return aim
    rates = unit_costs(book.tables.snapshots[0], costs or Costs())
    trial = LegTrial(book, demand, hedge, rates)
    lever = _lever(book, demand, hedge, aim, trial)
    if isinstance(lever, NoPlan):
        return lever
    number = _fewest(aim, lambda steps: trial.value(lever, steps), lever)
    if not aim.gap(trial.value(lever, number)) < aim.gap(aim.value):
        return _no_help(demand, f"a lot of {lever.name} is more than what is to be mended")
    if other := trial.opened(lever, number):
        return _no_help(
            demand, f"reducing {lever.name} would take hedge {other} apart, which shares that leg"
        )
    return (_reduction(book, lever, number, float(rates[lever.position])),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """Where the measure is and where it shall be: within ``low`` and ``high``, reached from its own side."""

    value: float
    low: float
    high: float

    def gap(self, value: float) -> float:
        """How far a value is outside; <= 0 within; inf where it is unknown."""
        return math.inf if math.isnan(value) else max(self.low - value, value - self.high)

    def short(self, value: float) -> float:
        """How far a value still is from the edge that it comes towards; <= 0 reached, even if beyond the other edge."""
        if math.isnan(value):
            return math.inf
        return value - self.high if self.value > self.high else self.low - value


def _aim(book: Book, demand: Demand, hedge: int) -> _Aim | NoPlan:
    rule = demand.rule
    measured = take_rule(book, rule, selection(rule.where, book))
    value = float(measured.values[hedge])
    if math.isnan(value):
        reason = measured.unknown[hedge]
        return NoPlan(NoPlanReason.UNKNOWN, f"{rule.measure_words} of {demand.subject} is unknown: {reason}")
    edges = _edges(book, demand, hedge)
    if edges is None:
        return NoPlan(NoPlanReason.UNKNOWN, f"the limit of {rule.id} for {demand.subject} is not known")
    aim = _Aim(value=value, low=edges[0], high=edges[1])
    if aim.gap(value) <= 0.0:
        return NoPlan(NoPlanReason.AT_TARGET, f"{rule.measure_words} is within its target already")
    return aim


def _edges(book: Book, demand: Demand, hedge: int) -> tuple[float, float] | None:
    """The clear level of the level that fires, or the action's own target; None when the limit is not known."""
    rule, by = demand.rule, ladders_by(demand.rule)
    by_value = None
    if by is not None:
        by_value = float(take(book, by, rule.grain, selection(rule.where, book)).values[hedge])
    held = thresholds(rule, now=book.tables.snapshots[0].taken_at, by_value=by_value)
    for level, low, high in () if held is None else held.levels:
        if level is demand.level:
            inner = inset(rule.limit.bound, low, high, rule.clear_margin)
            return inner if demand.action.to is None else _target(rule.limit.bound, demand.action.to, *inner)
    return None


def _target(bound: Bound, to: float, low: float, high: float) -> tuple[float, float]:
    """A target as edges. In a band around zero it is a distance from zero, on whichever side the value is."""
    if bound is Bound.MAX:
        return -math.inf, to
    if bound is Bound.MIN:
        return to, math.inf
    return (-abs(to), abs(to)) if low < 0.0 < high else (to, to)


def _lever(book: Book, demand: Demand, hedge: int, aim: _Aim, trial: LegTrial) -> Lever | NoPlan:
    """The largest leg that brings the measure nearer when it is made smaller, among those that riskd may reduce."""
    helping = [lever for lever in levers_of(book, demand, hedge) if _helps(aim, trial, lever)]
    usable = [lever for lever in helping if not lever.refused]
    if usable:
        return _certain(book, usable[0])
    if not helping:
        return _no_help(demand, "no leg brings it back by being made smaller")
    lever = helping[0]
    return NoPlan(
        NoPlanReason.NOT_PLANNABLE, f"{_too_large(lever)}: {lever.refused}; {_advice(aim, trial, lever)}"
    )


def _helps(aim: _Aim, trial: LegTrial, lever: Lever) -> bool:
    """Whether a small part of a leg less moves the measure the right way, or all of it does: an orphan must go whole."""
    steps = lever.steps
    part = trial.value(lever, max(steps.fewest, steps.most // _SMALL_PART))
    if math.isfinite(part) and aim.short(part) < aim.short(aim.value):
        return True
    return aim.gap(trial.value(lever, steps.most)) < aim.gap(aim.value)


def _certain(book: Book, lever: Lever) -> Lever | NoPlan:
    account = int(book.layout.position_account[lever.position])
    unseen = doubt(book, [account], frozenset({Surface.POSITIONS})) or missing_value(book, lever.position)
    if unseen:
        return NoPlan(
            NoPlanReason.UNKNOWN, f"not known for certain: {unseen}; orders never rest on missing data"
        )
    return lever


def _fewest(aim: _Aim, value: Callable[[int], float], lever: Lever) -> int:
    """The fewest steps that reach the aim, all that there are when none do; one less where that lies nearer to a narrow band.

    More of the same leg moves the measure on in one direction, so that halving finds it.
    """
    low, high = lever.steps.fewest - 1, lever.steps.most
    while high - low > 1:
        middle = (low + high) // 2
        if aim.short(value(middle)) <= 0.0:
            high = middle
        else:
            low = middle
    before = high - 1
    if before >= lever.steps.fewest and aim.gap(value(before)) < aim.gap(value(high)):
        return before
    return high


def _too_large(lever: Lever) -> str:
    return f"{lever.name} in {lever.account} is the leg that is too large"


def _advice(aim: _Aim, trial: LegTrial, lever: Lever) -> str:
    """What a person can do about a leg that riskd does not reduce."""
    amount = float(lever.amount(_fewest(aim, lambda steps: trial.value(lever, steps), lever)))
    verb = "sell" if lever.position < 0 else "close"
    return f"{verb} about {amount:.4g} {lever.name} there, or enlarge what it is hedged with"


def _no_help(demand: Demand, text: str) -> NoPlan:
    return NoPlan(NoPlanReason.NO_HELP, f"{demand.rule.measure_words} of {demand.subject}: {text}")


def _reduction(book: Book, lever: Lever, number: int, cost_rate: float) -> Reduction:
    positions, row = book.tables.positions, lever.position
    quantity, mark_price = lever.amount(number), float(positions.mark_price[row])
    return Reduction(
        account=lever.account,
        symbol=lever.name,
        position_side=positions.position_side[row],
        held=positions.quantity_exact[row],
        quantity=quantity,
        mark_price=Decimal(repr(mark_price)),
        cost_estimate=float(quantity) * mark_price * cost_rate,
    )
