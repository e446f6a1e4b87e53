"""What people say about plans, and what they are answered.

"Approved" says that nothing stands in the way on the part of people; nothing has been sent by it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskd.model.order import Plan

DIGEST_LEAST = 4
"""Digits of a plan's digest that name it for sure enough; fewer are not looked at."""


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"  # read
    OPERATOR = "operator"  # acknowledge, silence, halt, resume, ask for a flattening, arm again
    APPROVER = "approver"  # decide plans


class Verb(StrEnum):
    """What a person can say about a plan."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who has been recognised.

    Attributes:
        name: The person: the same whether they come through a socket or through Slack.
        via: How they came, such as ``socket uid 1000`` or ``slack U012AB3CD``.
    """

    name: str
    roles: frozenset[str]
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody wants to become of a plan.

    Attributes:
        digest: What they saw: the first four or more digits of ``plan_digest``. Empty: they typed its id.
    """

    plan_id: str
    digest: str
    verb: Verb
    actor: Actor
    at: datetime


class Outcome(StrEnum):
    """What came of it."""

    ACCEPTED = "accepted"
    COUNTED = "counted"  # one more person is needed
    SUPERSEDED = "superseded"  # a newer version took its place
    DECIDED = "decided"  # somebody was first
    EXPIRED = "expired"  # it waits no longer
    UNKNOWN = "unknown"  # no such plan
    NOT_ALLOWED = "not_allowed"
    SAME_PERSON = "same_person"  # another person is needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The answer to one who asked.

    Attributes:
        text: For people; one sentence.
        plan: What it is about; None when there is no such plan.
        newer: Id of the plan that took its place; empty: none did.
    """

    outcome: Outcome
    text: str
    plan: Plan | None
    newer: str = ""

    @property
    def counts(self) -> bool:
        """Whether something was decided, which must be durable before anybody is told."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.COUNTED)


def plan_digest(plan: Plan) -> str:
    """Hexadecimal digits that name what a plan would do: another digest is another decision.

    Costs and effects are not among it: they are measured again when it runs, and only what is sent has been approved.
    """
    steps: list[list[str]] = [[plan.id, plan.account, plan.action, *plan.breaks_hedges]]
    steps += [["cancel", each.symbol, each.order_id, each.kept_in.value] for each in plan.cancellations]
    steps += [
        ["reduce", each.symbol, each.position_side, str(each.held), str(each.quantity)]
        for each in plan.reductions
    ]
    steps += [
        ["stop", each.symbol, each.position_side, str(each.quantity), str(each.trigger_price)]
        for each in plan.stops
    ]
    return hashlib.blake2s(json.dumps(steps).encode(), digest_size=16).hexdigest()
