"""Everything that the firing alerts of one account ask for, as one plan: cancel first, then reduce, then place stops.

The parts are made by those who know how: reductions by the planner, the rest by ``remedies``. Actions on the same
authority are put into one plan, so that no two of them work against each other; what is left to a person never rides on
what is automatic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from riskd.act.demand import Demand
from riskd.act.modes import Permissions
from riskd.act.plan import NoPlan, NoPlanReason, Occasion, plan_id, propose
from riskd.act.proposal import Authority, Proposal, Unplanned, authority_of
from riskd.act.remedies.cancel import cancellations
from riskd.act.remedies.rebalance import rebalancing
from riskd.act.remedies.stop import placements, shrunk
from riskd.measure.book.book import Book
from riskd.model.order import Cancellation, Plan, Reduction, StopPlacement
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.rule import REDUCES, ActionKind, Rule

Permit = Callable[[Rule, str], Permissions]
"""How far riskd may go for a rule on an account."""

# Nothing has to be done, which is no news: the orders are cancelled, or the stops stand.
_NOTHING_TO_DO = frozenset({NoPlanReason.NOTHING_HELD, NoPlanReason.AT_TARGET, NoPlanReason.NOT_AN_ORDER})


@dataclass(slots=True)
class _Parts:
    """What becomes one plan: of one account, on one authority."""

    demands: list[Demand] = field(default_factory=list)
    to_reduce: list[Demand] = field(default_factory=list)
    cancellations: dict[str, Cancellation] = field(default_factory=dict)
    reductions: list[Reduction] = field(default_factory=list)
    stops: list[StopPlacement] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Makes the plans of a moment.

    Attributes:
        book: One snapshot, as it was judged.
        rules: Every rule in force: no plan may push one of them beyond its limit.
        permit: How far riskd may go.
        occasion: When, and as which attempt, by the demand that leads.
        settled_at: When the last plan of an account ended. Lists of orders that were read before show what it has cancelled
            and lack what it has placed; nothing is cancelled or placed by them.
    """

    book: Book
    rules: Sequence[Rule]
    permit: Permit
    occasion: Callable[[Demand], Occasion]
    settled_at: Mapping[str, datetime]

    def proposals(self, demands: Iterable[Demand]) -> tuple[tuple[Proposal, ...], tuple[Unplanned, ...]]:
        """The plans of all accounts: what is automatic first; and what no plan could be made for.

        Args:
            demands: Worst first.
        """
        unplanned: list[Unplanned] = []
        groups: dict[tuple[str, Authority], _Parts] = {}
        for demand in demands:
            made = self._parts_of(demand)
            if isinstance(made, NoPlan):
                if made.reason not in _NOTHING_TO_DO:
                    unplanned.append(_unplanned(demand, made.text))
                continue
            for account, parts in made.items():
                if demand.action.kind in _BY_ORDERS and self._is_behind(account):
                    continue
                authority = authority_of(self.permit(demand.rule, account), [demand.action.approval])
                _join(groups.setdefault((account, authority), _Parts()), parts)
        order = {authority: place for place, authority in enumerate(Authority)}
        proposals = []
        for (account, authority), parts in sorted(groups.items(), key=lambda item: order[item[0][1]]):
            made_plan = self._plan(parts, account)
            if isinstance(made_plan, NoPlan):
                unplanned.extend(_unplanned(demand, made_plan.text) for demand in parts.demands[:1])
                continue
            proposals.append(self._proposal(made_plan, parts.demands, account, authority))
        return tuple(proposals), tuple(unplanned)

    def _is_behind(self, account: str) -> bool:
        """Whether a list of resting orders is older than what riskd did last in an account."""
        settled_at = self.settled_at.get(account)
        return settled_at is not None and bool(
            lists_behind(self.book.tables.snapshots[0], account, settled_at)
        )

    def _parts_of(self, demand: Demand) -> dict[str, _Parts] | NoPlan:
        """What one demand comes to, by account."""
        try:
            return _PARTS[demand.action.kind](self.book, demand)
        except Exception as error:  # noqa: BLE001 - a planner that fails must not stop the watch, nor hide its failure
            return NoPlan(NoPlanReason.FAILED, f"planning failed: {type(error).__name__}: {error}")

    def _plan(self, parts: _Parts, account: str) -> Plan | NoPlan:
        """One plan of all parts; the reductions of the planner, or else those that rebalance a hedge."""
        leader = parts.demands[0]
        occasion = self.occasion(leader)
        planned: Plan | NoPlan | None = None
        if parts.to_reduce:
            planned = self._reducing(parts.to_reduce)
        if isinstance(planned, Plan):
            return _joined(planned, parts)
        if parts.cancellations or parts.reductions or parts.stops:
            bare = _bare(self.book, leader, account, occasion, () if planned is None else (planned.text,))
            return _joined(replace(bare, reductions=tuple(parts.reductions)), parts)
        assert planned is not None, "a demand has parts or is to be planned"
        return planned

    def _reducing(self, demands: Sequence[Demand]) -> Plan | NoPlan:
        """One plan that mends all of them."""
        try:
            return propose(self.book, demands, rules=self.rules, occasion=self.occasion(demands[0]))
        except Exception as error:  # noqa: BLE001 - as above
            return NoPlan(NoPlanReason.FAILED, f"planning failed: {type(error).__name__}: {error}")

    def _proposal(
        self, plan: Plan, demands: Sequence[Demand], account: str, authority: Authority
    ) -> Proposal:
        permissions = min(
            (self.permit(demand.rule, account) for demand in demands), key=lambda each: each.mode
        )
        if plan.breaks_hedges and authority is Authority.POLICY:
            authority = Authority.PERSON
        return Proposal(
            plan=plan if authority is not Authority.PERSON else replace(plan, id=f"{plan.id}-p"),
            demands=tuple(demands),
            permissions=permissions,
            authority=authority,
        )


def lists_behind(snapshot: Snapshot, account: str, settled_at: datetime) -> tuple[Surface, ...]:
    """The lists of resting orders of an account that were not read since a moment."""
    found = ((surface, snapshot.state(account, surface)) for surface in _ORDER_LISTS)
    return tuple(
        surface
        for surface, state in found
        if state is None or state.observed_at is None or state.observed_at <= settled_at
    )


_ORDER_LISTS = (Surface.ORDERS, Surface.CONDITIONAL_ORDERS)


def _to_reduce(book: Book, demand: Demand) -> dict[str, _Parts] | NoPlan:
    """Left to the planner, which sees all demands of an account together; a hedge is rebalanced by itself."""
    if demand.subject.grain is Grain.HEDGE:
        return _to_rebalance(book, demand)
    return {_account_of(book, demand.subject): _Parts(demands=[demand], to_reduce=[demand])}


def _account_of(book: Book, subject: Subject) -> str:
    """The account that a subject lies in; empty when it spans several."""
    if subject.grain is not Grain.GRID:
        return subject.part("account")
    grids = book.tables.snapshots[0].desk.grids
    return next((grid.account for grid in grids if grid.id == subject.part("grid")), "")


def _to_rebalance(book: Book, demand: Demand) -> dict[str, _Parts] | NoPlan:
    made = rebalancing(book, demand)
    if isinstance(made, NoPlan):
        return made
    return {step.account: _Parts(demands=[demand], reductions=[step]) for step in made}


def _to_cancel(book: Book, demand: Demand) -> dict[str, _Parts] | NoPlan:
    made = cancellations(book, demand)
    if isinstance(made, NoPlan):
        return made
    found: dict[str, _Parts] = {}
    for step in made:
        parts = found.setdefault(step.account, _Parts(demands=[demand]))
        parts.cancellations[f"{step.kept_in.value} {step.order_id}"] = step
    return found


def _to_place(book: Book, demand: Demand) -> dict[str, _Parts] | NoPlan:
    made = placements(book, demand)
    if isinstance(made, NoPlan):
        return made
    return {made[0].account: _Parts(demands=[demand], stops=list(made))}


_PARTS: Mapping[ActionKind, Callable[[Book, Demand], dict[str, _Parts] | NoPlan]] = {
    **dict.fromkeys(REDUCES, _to_reduce),
    ActionKind.CANCEL_ORDERS: _to_cancel,
    ActionKind.PLACE_STOP: _to_place,
}


_BY_ORDERS = frozenset({ActionKind.CANCEL_ORDERS, ActionKind.PLACE_STOP})

CARRIED_OUT = frozenset(_PARTS)
"""The actions that a plan carries out."""


def _join(into: _Parts, more: _Parts) -> None:
    into.demands += more.demands
    into.to_reduce += more.to_reduce
    into.cancellations |= more.cancellations
    into.reductions += more.reductions
    into.stops += more.stops


def _joined(plan: Plan, parts: _Parts) -> Plan:
    """The plan with everything else around its reductions; stops only for what is left of a position."""
    stops = (_left(plan, stop) for stop in parts.stops)
    return replace(
        plan,
        cancellations=tuple(parts.cancellations.values()),
        stops=tuple(stop for stop in stops if stop is not None),
    )


def _left(plan: Plan, stop: StopPlacement) -> StopPlacement | None:
    reduced = next(
        (
            step.quantity
            for step in plan.reductions
            if (step.symbol, step.position_side) == (stop.symbol, stop.position_side)
        ),
        None,
    )
    return stop if reduced is None else shrunk(stop, reduced)


def _bare(book: Book, leader: Demand, account: str, occasion: Occasion, remains: tuple[str, ...]) -> Plan:
    """A plan that reduces nothing."""
    rule, subject = leader.rule.id, str(leader.subject)
    return Plan(
        id=plan_id(leader, occasion),
        account=account,
        rule=rule,
        subject=subject,
        alert_episode=leader.episode,
        action=leader.action.kind.value,
        target=math.nan,
        value_before=math.nan,
        value_after=math.nan,
        reductions=(),
        untouched=(),
        snapshot_id=book.tables.snapshots[0].id,
        created_at=occasion.now,
        remains=remains,
    )


def _unplanned(demand: Demand, reason: str) -> Unplanned:
    parts = dict(demand.subject.parts)
    return Unplanned(
        rule=demand.rule.id,
        subject=demand.subject,
        account=parts.get("account", ""),
        level=demand.level,
        episode=demand.episode,
        reason=reason,
    )
