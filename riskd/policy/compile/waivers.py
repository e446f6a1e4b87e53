"""Compiles waiver files: each waiver against the one rule that it loosens, and against the terms of that rule's policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskd.measure.spec import Unit
from riskd.model.subject import PARTS, Subject
from riskd.policy.compile.context import Context, moment_in
from riskd.policy.compile.waiver_cure import cure_waiver
from riskd.policy.compile.waiver_limit import waiver_limit
from riskd.policy.rule import Mark, Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import choose, nearest, quoted
from riskd.policy.text.units import show
from riskd.policy.text.yaml_text import MappingNode, ScalarNode
from riskd.policy.waiver import Waiver, WaiverTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivable:
    """A rule as a waiver sees it.

    Attributes:
        terms: Of its policy; None: its rules cannot be waived.
    """

    rule: Rule
    terms: WaiverTerms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that waivers may speak of.

    Attributes:
        policies: For each policy its rules, by their ids within it; None for a rule with a fault.
        is_whole: Whether every file could be read. If not, what is not found may stand in one that could not.
    """

    policies: Mapping[str, Mapping[str, Waivable | None]]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A waiver and where it was written."""

    context: Context
    node: MappingNode
    waiver: Waiver


def compile_waivers(files: Sequence[tuple[Context, MappingNode]], house: House) -> tuple[Waiver, ...]:
    """The waivers of all files, in the order of their ids. Faults are noted in the files' problems.

    Args:
        files: Each waiver file, already of the right shape where it has no problem yet.
        house: The policies that are loaded with them.
    """
    written: list[_Written] = []
    for context, root in files:
        for node in root.items("waivers"):
            if not isinstance(node, MappingNode):
                continue
            if not context.is_sound(node):
                cure_waiver(context, node, _named_rules(house))
                continue
            waiver = _waiver(context, node, house)
            if waiver is not None:
                _check_alone(context, node, waiver, [other.waiver for other in written])
                written.append(_Written(context=context, node=node, waiver=waiver))
    return tuple(sorted((one.waiver for one in written), key=lambda waiver: waiver.id))


def _named_rules(house: House) -> Mapping[str, Rule | None]:
    return {
        f"{policy}/{own_id}": None if one is None else one.rule
        for policy, rules in house.policies.items()
        for own_id, one in rules.items()
    }


def _waiver(context: Context, node: MappingNode, house: House) -> Waiver | None:
    waivable = _waivable(context, node, house)
    span = _span(context, node)
    if waivable is None or span is None:
        return None
    subject = _subject(context, node, waivable.rule)
    limit = waiver_limit(context, node, waivable.rule)
    if waivable.terms is not None:
        _check_terms(context, node, waivable.rule, waivable.terms, span)
    if subject is None or limit is None:
        return None
    return Waiver(
        id=node.text("id"),
        rule=waivable.rule.id,
        subject=subject,
        limit=limit.thresholds,
        from_at=span[0],
        until_at=span[1],
        requested_by=node.text("requested_by"),
        approved_by=node.text("approved_by"),
        reason=" ".join(node.text("reason").split()),
        ticket=node.text("ticket"),
        mark=node.mark,
    )


# ---- the rule --------------------------------------------------------------------------------------------------------


def _waivable(context: Context, node: MappingNode, house: House) -> Waivable | None:
    """The rule; None when there is none, it has a fault of its own, or it may not be waived."""
    name = node.scalar("rule")
    if name is None:
        return None
    policy, _, rule = name.text.partition("/")
    rules = house.policies.get(policy)
    if rules is None:
        if house.is_whole:
            near = nearest(policy, house.policies)
            cure = f"did you mean '{near}'?" if near else f"load both together: add {policy} to the policies"
            what = f"no policy {quoted(policy)} is loaded with this waiver"
            context.problems.add(name.mark, Code.UNKNOWN_RULE, what, cure)
        return None
    if rule not in rules:
        what = f"the policy {quoted(policy)} has no rule {quoted(rule)}"
        context.problems.add(name.mark, Code.UNKNOWN_RULE, what, choose(rule, rules))
        return None
    found = rules[rule]
    if found is not None and found.terms is None:
        what = f"rules of {policy} cannot be waived: the policy has no `waivers` section"
        context.problems.add(name.mark, Code.WAIVER_RULE, what, "its owner decides whether it gets one")
    elif found is not None and found.terms is not None and rule in found.terms.never:
        what = f"{name.text} can never be waived"
        context.problems.add(name.mark, Code.WAIVER_RULE, what, f"`waivers: never` of {policy} lists it")
    return found


def _subject(context: Context, node: MappingNode, rule: Rule) -> Subject | None:
    """The one subject, its parts in canonical order."""
    given = node.mapping("subject")
    assert given is not None, "a waiver of the right shape has a subject"
    parts, grain = PARTS[rule.grain], rule.grain.value
    found = {key.text: value.text for key, value in given.entries if isinstance(value, ScalarNode)}
    if tuple(sorted(found)) != tuple(sorted(parts)):
        what = f"{rule.id} is per {grain}, and {_listed(found)} is not the name of one {grain}"
        wanted = ", ".join(f"{part}: ..." for part in parts)
        context.problems.add(given.mark, Code.WAIVER_SUBJECT, what, f"write subject: {{{wanted}}}")
        return None
    for key, value in given.entries:
        if isinstance(value, ScalarNode) and ("*" in value.text or "?" in value.text):
            what = f"{key.text} {quoted(value.text)} is a pattern, and a waiver is for one subject"
            context.problems.add(value.mark, Code.WAIVER_SUBJECT, what, "write a waiver for each")
            return None
    return Subject(rule.grain, tuple((part, found[part]) for part in parts))


def _listed(found: Mapping[str, str]) -> str:
    return " with ".join(sorted(found)) or "nothing"


# ---- time and approval -------------------------------------------------------------------------------------------------


def _span(context: Context, node: MappingNode) -> tuple[datetime, datetime] | None:
    """When it begins and ends; None when either is no moment, or the end does not come after the beginning."""
    begins, ends = _moment(context, node, "from"), _moment(context, node, "until")
    if begins is None or ends is None:
        return None
    until = node.scalar("until")
    if ends <= begins and until is not None:
        what = f"it ends at {until.text}, before it has begun"
        context.problems.add(until.mark, Code.WAIVER_TIME, what, "write a later end")
        return None
    return begins, ends


def _moment(context: Context, node: MappingNode, key: str) -> datetime | None:
    scalar = node.scalar(key)
    return None if scalar is None else moment_in(context, scalar, "2026-03-02T08:00:00Z")


def _check_terms(
    context: Context, node: MappingNode, rule: Rule, terms: WaiverTerms, span: tuple[datetime, datetime]
) -> None:
    """What the policy allows: for how long, and by whom."""
    longest, length = terms.duration_max_seconds, (span[1] - span[0]).total_seconds()
    until, approved = node.scalar("until"), node.scalar("approved_by")
    assert until is not None
    assert approved is not None
    if length > longest:
        what = f"it lasts {_length(length)}, and {rule.policy} allows {_length(longest)}"
        context.problems.add(until.mark, Code.WAIVER_TIME, what, "write an earlier end, and ask again then")
    if not any(_admits(approver, approved.text) for approver in terms.approvers):
        what = f"{quoted(approved.text)} may not approve waivers of {rule.policy}"
        cure = f"approvers: {', '.join(terms.approvers)}; write a role with a name, as in role:cro/a.lind"
        context.problems.add(approved.mark, Code.WAIVER_APPROVAL, what, cure)
    if terms.four_eyes and _person(node.text("requested_by")) == _person(approved.text):
        what = f"requested and approved by the same person, {_person(approved.text)}"
        context.problems.add(approved.mark, Code.WAIVER_APPROVAL, what, f"{rule.policy} asks for four eyes")


def _admits(approver: str, approved_by: str) -> bool:
    """A role admits whoever holds it, by name; a plain name admits itself."""
    if approver.startswith("role:"):
        return approved_by.startswith(f"{approver}/")
    return approved_by == approver


def _person(name: str) -> str:
    """Who it is, whatever the role: ``role:cro/a.lind`` and ``a.lind`` are one person."""
    return name.rpartition("/")[2].casefold()


def _length(seconds: float) -> str:
    return show(seconds, Unit.DURATION)


def _check_alone(context: Context, node: MappingNode, waiver: Waiver, others: Iterable[Waiver]) -> None:
    """Ids are unique, and of one rule and subject one waiver holds at a time: which limit holds must need no thought."""
    for other in others:
        where = f"{other.mark.file}:{other.mark.line}"
        if waiver.id == other.id:
            what = f"the id {quoted(waiver.id)} belongs to another waiver ({where})"
            context.problems.add(_mark(node, "id"), Code.DUPLICATE, what, "ids are unique, and never reused")
        same = (waiver.rule, waiver.subject) == (other.rule, other.subject)
        if same and waiver.from_at < other.until_at and other.from_at < waiver.until_at:
            what = f"it overlaps {other.id} ({where}), of the same rule and subject"
            context.problems.add(
                _mark(node, "from"), Code.WAIVER_TIME, what, "let one end before the other begins"
            )


def _mark(node: MappingNode, key: str) -> Mark:
    value = node.get(key)
    return node.mark if value is None else value.mark
