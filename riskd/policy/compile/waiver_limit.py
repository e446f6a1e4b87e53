"""Compiles the temporary limit of a waiver, and checks that it loosens what it replaces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, moment_in
from riskd.policy.compile.levels import OfRule, thresholds_at
from riskd.policy.compile.test_parts import start_at
from riskd.policy.limits.thresholds import ladder_edges, thresholds_on, tightest
from riskd.policy.rule import Bound, Rule, Thresholds
from riskd.policy.schema.parts import LEVEL_NAMES
from riskd.policy.text.problems import Code
from riskd.policy.text.units import show
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, SequenceNode
from riskd.policy.waiver import Waiver


@dataclass(frozen=True, slots=True)
class WaiverLimit:
    """What stands in the rule's place; None: nothing does, the rule is suspended."""

    thresholds: Thresholds | None


def waiver_limit(context: Context, node: MappingNode, rule: Rule) -> WaiverLimit | None:
    """The limit of the waiver at ``node``, of a rule; None when it has a fault, which is noted."""
    given = node.get("limit")
    if given is None:
        return _suspension(context, node)
    held = temporary_limit(context, given, rule)
    return None if held is None else WaiverLimit(held)


def test_waiver(context: Context, node: MappingNode, rule: Rule) -> Waiver | None:
    """The waiver inside a test, which holds from the test's start; None when there is none, or it has a fault."""
    given, until = node.mapping("waiver"), None
    if given is not None and (scalar := given.scalar("until")) is not None:
        until = moment_in(context, scalar, "2026-03-04T12:05:00Z")
    if given is None or until is None:
        return None
    has_levels = any(given.get(name) is not None for name in LEVEL_NAMES)
    if has_levels and given.get("suspend") is not None:
        what = "the rule is either suspended or has a temporary limit"
        context.problems.add(given.mark, Code.WAIVER_LIMIT, what, "remove one of them")
        return None
    held = temporary_limit(context, given, rule) if has_levels else None
    limit = WaiverLimit(held) if has_levels else _suspension(context, given)
    if limit is None or (has_levels and held is None):
        return None
    return Waiver(
        id="of this test",
        rule=rule.id,
        subject=Subject(rule.grain, ()),
        limit=limit.thresholds,
        from_at=datetime.fromisoformat(start_at(context, node)),
        until_at=until,
        requested_by="",
        approved_by="",
        reason="",
        ticket="",
        mark=given.mark,
    )


def temporary_limit(context: Context, given: Node, rule: Rule) -> Thresholds | None:
    """The limit at ``given`` that is to stand in a rule's place; None when it has a fault, which is noted."""
    if not _is_of_kind(context, given, rule.limit.bound):
        return None
    held = thresholds_at(context, given, rule.limit.bound, OfRule(rule))
    if held is None or not _has_levels(context, given, held, rule):
        return None
    _check_loosens(context, given, held, rule)
    return held


def _suspension(context: Context, node: MappingNode) -> WaiverLimit | None:
    suspend = node.scalar("suspend")
    if suspend is None or suspend.text in ("true", "yes"):
        return WaiverLimit(None)
    what = f"`suspend: {suspend.text}` waives nothing"
    context.problems.add(suspend.mark, Code.WAIVER_LIMIT, what, "write a `limit`, or take the waiver out")
    return None


def _is_of_kind(context: Context, given: Node, bound: Bound) -> bool:
    """Whether a band has edges and any other limit has single numbers."""
    numbers: list[Node] = [given] if isinstance(given, ScalarNode) else []
    if isinstance(given, MappingNode):
        numbers += [value for key, value in given.entries if key.text in LEVEL_NAMES]
    wrong = [value for value in numbers if isinstance(value, SequenceNode) != (bound is Bound.BAND)]
    for value in wrong:
        wanted = "[-5%, 5%]" if bound is Bound.BAND else "a single number"
        what = f"the rule has a `{bound.value}`, and this is the limit of another kind"
        context.problems.add(value.mark, Code.WAIVER_LIMIT, what, f"write {wanted}")
    return not wrong


def _has_levels(context: Context, given: Node, held: Thresholds, rule: Rule) -> bool:
    """Whether it says of every level of the rule where that goes: one left out would be gone without a word."""
    said, has = [level for level, _, _ in held.levels], [level for level, _ in rule.actions]
    if said == has:
        return True
    missing, extra = _names(set(has) - set(said)), _names(set(said) - set(has))
    what = f"the limit says nothing of {missing}" if missing else f"the rule has no {extra}"
    cure = "say for each level of the rule where it goes meanwhile" if missing else "a waiver adds no level"
    context.problems.add(given.mark, Code.WAIVER_LIMIT, what, cure)
    return False


def _check_loosens(context: Context, given: Node, held: Thresholds, rule: Rule) -> None:
    """A waiver that is tighter than the rule, on every step of its ladder, is a mistake."""
    limits = (rule.limit, *(ancestor.limit for ancestor in rule.chain))
    normal = [_normal(rule, by_value) for by_value in ladder_edges(limits)]
    for level, low, high in held.levels:
        rows = [row for thresholds in normal for row in thresholds.levels if row[0] is level]
        if not rows or any(low <= row[1] and high >= row[2] for row in rows):
            continue
        what = f"{level.name.lower()} {_text(rule, low, high)} is tighter than the rule's own {_text(rule, *rows[-1][1:])}"
        mark = given.mark
        if isinstance(given, MappingNode) and (value := given.get(level.name.lower())) is not None:
            mark = value.mark
        cure = "a waiver loosens; to tighten, write a rule that refines it"
        context.problems.add(mark, Code.WAIVER_LIMIT, what, cure)


def _normal(rule: Rule, by_value: float) -> Thresholds:
    """The rule's limits of all hours, those that it refines included."""
    limits = (rule.limit, *(ancestor.limit for ancestor in rule.chain))
    held = (thresholds_on(limit, by_value) for limit in limits)
    return tightest(one for one in held if one is not None)


def _names(levels: set[Level]) -> str:
    return ", ".join(level.name.lower() for level in sorted(levels))


def _text(rule: Rule, low: float, high: float) -> str:
    shown = [show(edge, rule.unit) for edge in (low, high) if math.isfinite(edge)]
    return " to ".join(shown)
