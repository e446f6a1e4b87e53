"""Whether a rule may refine another one: the same number of the same subjects, and no level looser than it was."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from riskd.model.verdict import Level
from riskd.policy.compile.context import Context
from riskd.policy.compile.rule import Draft
from riskd.policy.limits.thresholds import ladder_edges, thresholds_on, tightest_by_level
from riskd.policy.limits.words import edge_text, step_words
from riskd.policy.rule import Calendar, Limit, Mark, Thresholds
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode

_CURE = "a refinement may only tighten, use a waiver"


def check_refines(rule: Draft, ancestors: Sequence[Draft], context: Context) -> bool:
    """Note what keeps a rule from refining its parent. Returns whether the two can be compared at all.

    Args:
        rule: The child.
        ancestors: Its parent, the parent's parent and so on.
        context: Of the child's file.
    """
    if not ancestors:
        return True
    differs = _difference(rule, ancestors)
    if differs is not None:
        context.problems.add(*differs)
        return False
    _check_tightens(rule, ancestors, context)
    return True


# ---- the same number of the same subjects --------------------------------------------------------------------------


def _difference(rule: Draft, ancestors: Sequence[Draft]) -> tuple[Mark, Code, str, str] | None:
    """What makes two rules incomparable: where, the code, what and how to mend it."""
    parent = ancestors[0]
    if rule.measured.ref != parent.measured.ref:
        name, same_name = rule.measured.ref.name, rule.measured.ref.name == parent.measured.ref.name
        found = f"{name} with other parameters" if same_name else name
        return _differs(
            rule, "measure", f"it is about {parent.measured.ref.name}, this rule about {found}", parent
        )
    if not rule.measured.is_like(parent.measured):
        return _differs(rule, rule.measured.ref.name, "it computes something else", parent)
    if rule.measured.grain is not parent.measured.grain:
        words = f"it is per {parent.measured.grain.value}, this rule per {rule.measured.grain.value}"
        return _differs(rule, "per", words, parent)
    if rule.limit.bound is not parent.limit.bound:
        words = f"it has a `{parent.limit.bound.value}`, this rule a `{rule.limit.bound.value}`"
        return _differs(rule, rule.limit.bound.value, words, parent)
    return _other_ladder(rule, ancestors)


def _differs(rule: Draft, key: str, words: str, parent: Draft) -> tuple[Mark, Code, str, str]:
    node, place = rule.node.get(key), parent.node.mark
    what = f"cannot refine {parent.id} ({place.file}:{place.line}): {words}"
    cure = "refine a rule of the same measure, subject and kind of limit"
    return (rule.node.mark if node is None else node.mark), Code.REFINES, what, cure


def _other_ladder(rule: Draft, ancestors: Sequence[Draft]) -> tuple[Mark, Code, str, str] | None:
    own = next((limit.by for limit in _all_limits(rule) if limit.by is not None), None)
    for ancestor in ancestors:
        for limit in _all_limits(ancestor):
            if own is not None and limit.by is not None and limit.by != own:
                words = f"its ladder goes by {limit.by.name}, this rule's by {own.name}"
                return _differs(rule, rule.limit.bound.value, words, ancestor)
    return None


def _all_limits(rule: Draft) -> tuple[Limit, ...]:
    return (rule.limit, *(limit for _, limit in rule.during))


# ---- no level looser than it was -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """A limit as a rule states it in one place: for all hours, or for those of a calendar.

    Attributes:
        node: The mapping that holds it.
        calendar: None for the limit of all hours.
    """

    rule: Draft
    node: MappingNode
    limit: Limit
    calendar: Calendar | None

    def words(self, level: Level, by_value: float) -> str:
        """Such as ``5x``, ``-5% to 5%`` or ``4x during weekend``."""
        _, low, high = _level(thresholds_on(self.limit, by_value), level) or (level, math.nan, math.nan)
        when = f" during {self.calendar.name}" if self.calendar else ""
        return f"{edge_text(self.limit.bound, low, high, self.rule.measured.spec.unit)}{when}"

    def named(self, level: Level, by_value: float) -> str:
        """The rule, its limit, and where that stands."""
        mark = self.mark(level, by_value)
        return f"{self.rule.id} ({self.words(level, by_value)}, {mark.file}:{mark.line})"

    def mark(self, level: Level, by_value: float) -> Mark:
        """Where the limit of one level stands."""
        held = self.node.get(self.limit.bound.value)
        assert held is not None, "a compiled limit stands in its rule"
        if isinstance(held, MappingNode) and self.limit.by is not None:
            place = next(place for place, step in enumerate(self.limit.steps) if by_value <= step.upto)
            held = held.items("steps")[place]
        value = held.get(level.name.lower()) if isinstance(held, MappingNode) else held
        return held.mark if value is None else value.mark


def _check_tightens(rule: Draft, ancestors: Sequence[Draft], context: Context) -> None:
    """Note each level, of all hours or of a calendar, that an ancestor holds tighter; the nearest ancestor is named."""
    for ours in _statements(rule):
        told: set[Mark] = set()
        for theirs in (stated for ancestor in ancestors for stated in _statements(ancestor)):
            if theirs.calendar is not None and not _same_hours(theirs.calendar, ours.calendar):
                continue
            for level, by_value in _looser(rule, ours, theirs):
                if (mark := ours.mark(level, by_value)) not in told:
                    told.add(mark)
                    place = _step_words(ours, theirs, by_value, context)
                    what = f"{level.name.lower()} {ours.words(level, by_value)}{place} loosens {theirs.named(level, by_value)}"
                    context.problems.add(mark, Code.LOOSENS, what, _CURE)


def _step_words(ours: _Stated, theirs: _Stated, by_value: float, context: Context) -> str:
    """Where on the ladders: `` for share_of_equity up to 25%``; nothing where there is no ladder."""
    by = ours.limit.by or theirs.limit.by
    if by is None:
        return ""
    unit = context.catalogue[by.name].unit
    below = ladder_edges((ours.limit, theirs.limit))[-2]
    return f" for {by.name} {step_words(below, by_value, unit)}"


def _statements(rule: Draft) -> Iterator[_Stated]:
    yield _Stated(rule=rule, node=rule.node, limit=rule.limit, calendar=None)
    during = rule.node.mapping("during")
    for calendar, limit in rule.during:
        node = during.mapping(calendar.name) if during is not None else None
        assert node is not None, "a compiled calendar stands in its rule"
        yield _Stated(rule=rule, node=node, limit=limit, calendar=calendar)


def _looser(rule: Draft, ours: _Stated, theirs: _Stated) -> Iterator[tuple[Level, float]]:
    """Each level of ``ours`` that lies beyond the same level of ``theirs``, with the first step on which it does.

    A calendar's limit holds together with the rule's own, so the tighter of the two is what the child promises.
    """
    for by_value in ladder_edges((ours.limit, theirs.limit, rule.limit)):
        named = thresholds_on(ours.limit, by_value)
        own, limit = thresholds_on(rule.limit, by_value), thresholds_on(theirs.limit, by_value)
        if named is None or own is None or limit is None:
            continue  # no edge of a ladder is NaN
        promised = tightest_by_level((own, named))
        for level, _, _ in named.levels:
            _, low, high = _level(promised, level) or (level, math.nan, math.nan)
            theirs_at = _level(limit, level)
            if theirs_at is not None and (low < theirs_at[1] or high > theirs_at[2]):
                yield level, by_value


def _level(held: Thresholds | None, level: Level) -> tuple[Level, float, float] | None:
    return next((one for one in held.levels if one[0] is level), None) if held is not None else None


def _same_hours(known: Calendar, other: Calendar | None) -> bool:
    """Whether two calendars are the same hours, whatever each file calls them."""
    return other is not None and replace(known, name="") == replace(other, name="")
