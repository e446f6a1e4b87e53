"""The limits that hold for a rule's subjects, whoever states them: the rule itself, or one that it refines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import ladder_edges, thresholds_on, tightest
from riskd.policy.rule import Ancestor, Calendar, Limit, Rule, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The limit of one calendar.

    Attributes:
        stated_by: Who states it, the rule itself first.
    """

    calendar: Calendar
    limit: Limit
    stated_by: tuple[Rule | Ancestor, ...]


def always(rule: Rule) -> Limit:
    """The limit that holds at all times: of the rule's own and those of its ancestors the tightest."""
    return joined((rule.limit, *(ancestor.limit for ancestor in rule.chain)))


def by_calendar(rule: Rule) -> Mapping[str, Held]:
    """What calendars add, by name. Hours that a rule and its ancestors name alike are one calendar."""
    found: dict[str, Held] = {}
    holders: tuple[Rule | Ancestor, ...] = (rule, *rule.chain)
    for holder in holders:
        for calendar, limit in holder.during:
            alone = Held(calendar=calendar, limit=limit, stated_by=(holder,))
            known = found.setdefault(calendar.name, alone)
            if known.calendar != calendar:
                found[f"{calendar.name} of {holder.id}"] = alone
            elif known is not alone:
                both = joined((known.limit, limit))
                found[calendar.name] = replace(known, limit=both, stated_by=(*known.stated_by, holder))
    return found


def joined(limits: Sequence[Limit]) -> Limit:
    """One limit that is on every step of every ladder the tightest of all of them."""
    first = limits[0]
    if all(limit == first for limit in limits):
        return first
    edges = ladder_edges(limits)
    held = []
    for edge in edges:
        each = (thresholds_on(limit, edge) for limit in limits)
        held.append(tightest(one for one in each if one is not None))
    if len(edges) == 1:
        return Limit(first.bound, held[0])
    by = next(limit.by for limit in limits if limit.by is not None)
    return Limit(first.bound, by=by, steps=tuple(Step(*pair) for pair in zip(edges, held, strict=True)))


def levels_of(rule: Rule) -> frozenset[Level]:
    """Every level for which the rule has a limit at some time, for some subject, of its own or of an ancestor."""
    return frozenset(
        level
        for limit in rule.limits
        for held in (limit.thresholds, *(step.thresholds for step in limit.steps))
        if held is not None
        for level, _, _ in held.levels
    )
