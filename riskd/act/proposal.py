"""A plan that firing alerts ask for, on whose authority it may run, and what no plan could be made for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from riskd.act.demand import Demand
from riskd.act.modes import Permissions
from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.order import Plan
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Approval, Guard


class Authority(StrEnum):
    """On whose word a plan runs."""

    POLICY = "policy"  # everything is armed and the action is automatic
    PERSON = "person"  # somebody must release it
    NOBODY = "nobody"  # riskd only observes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan that firing alerts ask for, and how far it may go.

    Attributes:
        demands: What it answers, worst first; the first one leads.
        permissions: The weakest of all demands.
        authority: On whose word it runs.
        released_by: Who has released a plan that is left to people; empty: nobody has.
    """

    plan: Plan
    demands: tuple[Demand, ...]
    permissions: Permissions
    authority: Authority
    released_by: str = ""

    @property
    def unit(self) -> Unit:
        """Unit of the measure of the rule that leads; of a plan that no rule asked for, money."""
        return self.demands[0].rule.unit if self.demands else Unit.MONEY

    @property
    def level(self) -> Level:
        """The level that the leader fires at; a plan that a person asked for counts as the worst."""
        return self.demands[0].level if self.demands else Level.CRITICAL

    @property
    def mode(self) -> Mode:
        """How far this plan may go."""
        return self.permissions.weakest()[0]

    @property
    def guard(self) -> Guard:
        """The tightest of the bounds of all policies that ask."""
        return tightest(demand.rule.guard for demand in self.demands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """An action that a firing alert asks for and for which no plan could be made."""

    rule: str
    subject: Subject
    account: str
    level: Level
    episode: int
    reason: str


def authority_of(permissions: Permissions, approvals: Iterable[Approval]) -> Authority:
    """On whose word actions run, together."""
    mode = permissions.mode
    if mode is Mode.OBSERVE:
        return Authority.NOBODY
    left_to_people = any(approval is not Approval.AUTO for approval in approvals)
    return Authority.PERSON if left_to_people or mode is Mode.PROPOSE else Authority.POLICY


def tightest(guards: Iterable[Guard]) -> Guard:
    """The bounds that satisfy all of some guards."""
    known = tuple(guards)
    return Guard(
        actions_per_hour_max=_least(guard.actions_per_hour_max for guard in known),
        notional_per_hour_max=_least(guard.notional_per_hour_max for guard in known),
        positions_touched_max=_least(guard.positions_touched_max for guard in known),
        cooldown_seconds=max(
            (guard.cooldown_seconds for guard in known if guard.cooldown_seconds is not None), default=None
        ),
    )


_Bound = TypeVar("_Bound", int, float, Decimal)


def _least(bounds: Iterable[_Bound | None]) -> _Bound | None:
    return min((bound for bound in bounds if bound is not None), default=None)
