"""Short ways to ask a remedy for something."""

from __future__ import annotations

from dataclasses import replace

from riskd.act.demand import Demand
from riskd.act.plan import NoPlan, NoPlanReason
from riskd.measure.spec import Unit
from riskd.model.subject import Subject, account_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Action, ActionKind, Limit, Selector
from tests.builders_rules import a_rule, at_most

MAIN = account_subject("main")


def a_demand(
    action: Action,
    subject: Subject = MAIN,
    *,
    limit: Limit | None = None,
    where: Selector | None = None,
    **changes: object,
) -> Demand:
    """A demand of a rule that fires at critical on a subject."""
    rule = a_rule(limit or at_most(critical=3.0), grain=subject.grain, where=where or Selector(), **changes)  # type: ignore[arg-type]  # as given
    rule = replace(rule, actions=((Level.CRITICAL, (action,)),))
    return Demand(rule=rule, subject=subject, action=action, level=Level.CRITICAL, episode=1)


def cancel(which: str = "risk_increasing", subject: Subject = MAIN, where: Selector | None = None) -> Demand:
    """A demand to cancel orders."""
    return a_demand(Action(kind=ActionKind.CANCEL_ORDERS, which=which), subject, where=where)


def place_stop(subject: Subject, distance: float = 0.03, where: Selector | None = None) -> Demand:
    """A demand to place a stop."""
    action = Action(kind=ActionKind.PLACE_STOP, distance=distance)
    return a_demand(action, subject, where=where, measure="stop_coverage", unit=Unit.RATIO)


def reason_of(made: object) -> NoPlanReason:
    """Why there is nothing to do."""
    assert isinstance(made, NoPlan), made
    return made.reason


def text_of(made: object) -> str:
    """The words for it."""
    assert isinstance(made, NoPlan), made
    return made.text
