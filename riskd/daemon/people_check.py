"""What can be told about people before anybody is asked: policies that need more of them than there are, users that do not exist."""

from __future__ import annotations

from collections.abc import Iterable

from riskd.daemon.people import People
from riskd.policy.rule import SENDS_ORDERS, Rule


def people_notes(people: People, rules: Iterable[Rule]) -> tuple[str, ...]:
    """A sentence for each thing that a person should change in riskd.yaml; empty when all is well."""
    users = tuple(
        f"people: no user {name!r} can be recognised on this machine; who it stands for can decide nothing here"
        for name in people.missing
    )
    shortage = people.shortage(most_asked(rules))
    return (*users, shortage) if shortage else users


def most_asked(rules: Iterable[Rule]) -> int:
    """How many different people the strictest order of some rules needs."""
    return max(
        (
            action.approval.people
            for rule in rules
            for _, actions in rule.actions
            for action in actions
            if action.kind in SENDS_ORDERS
        ),
        default=0,
    )
