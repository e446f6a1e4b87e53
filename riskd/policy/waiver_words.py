"""Waivers in words, for whoever checks or looks: which hold, and what they leave in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from riskd.policy.bundle import Bundle
from riskd.policy.limits.chain import levels_text
from riskd.policy.rule import Rule
from riskd.policy.waiver import Waiver


def in_force_lines(bundle: Bundle, now: datetime) -> tuple[str, ...]:
    """One line for each waiver that holds, with the rules that it does not touch though they are about the same."""
    rules = {rule.id: rule for rule in bundle.rules}
    return tuple(
        _line(waiver, rules[waiver.rule], bundle.rules) for waiver in bundle.waivers if waiver.holds(now)
    )


def related_rules(rule: Rule, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The rules that it refines, and those that refine it. A waiver of one leaves the others in force."""
    above = [ancestor.id for ancestor in rule.chain]
    below = [other.id for other in rules if any(ancestor.id == rule.id for ancestor in other.chain)]
    return (*above, *below)


def _line(waiver: Waiver, rule: Rule, rules: Sequence[Rule]) -> str:
    limit = "suspended" if waiver.limit is None else levels_text(rule, waiver.limit)
    until = f"{waiver.until_at:%Y-%m-%d %H:%M} UTC"
    related = related_rules(rule, rules)
    rest = f"; {', '.join(related)} still in force" if related else ""
    return f"waiver {waiver.id} ({waiver.ticket}): {waiver.rule} for {waiver.subject}, {limit}, until {until}{rest}"
