"""Better cures for a waiver that has not the shape of one, now that the rules that are loaded with it are known."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from riskd.model.subject import PARTS
from riskd.policy.compile.context import Context, moment_in
from riskd.policy.rule import Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import needs_unit
from riskd.policy.text.yaml_text import MappingNode, ScalarKind, ScalarNode

_NAMED_MAX = 3  # rules of one id, in a message
_NUMBERS = (ScalarKind.INTEGER, ScalarKind.FLOAT)


def cure_waiver(context: Context, node: MappingNode, rules: Mapping[str, Rule | None]) -> None:
    """Say again, and better, what is wrong with one faulty waiver.

    Args:
        context: Of the waiver's file.
        node: The waiver.
        rules: The rules that are loaded with it, by ``policy/rule``; None for one with a fault.
    """
    name = node.scalar("rule")
    if name is None:
        return
    meant = _full_names(name.text, rules)
    if meant:
        context.problems.cure(name.mark, Code.BAD_TEXT, f"write {' or '.join(meant)}")
    for moment in (node.scalar(key) for key in ("from", "until")):
        if moment is not None and context.is_sound(moment):
            moment_in(context, moment, "2026-03-02T08:00:00Z")
    rule = rules[meant[0]] if len(meant) == 1 else None
    if rule is not None:
        _cure_subject(context, node, rule)
        _cure_limit(context, node, rule)


def _full_names(name: str, rules: Mapping[str, Rule | None]) -> tuple[str, ...]:
    """The rules that a name is the id of, with its policy or without; a few are enough."""
    found = (full for full in rules if name in (full, full.split("/")[1]))
    return tuple(islice(found, _NAMED_MAX))


def _cure_subject(context: Context, node: MappingNode, rule: Rule) -> None:
    subject, parts = node.scalar("subject"), PARTS[rule.grain]
    if subject is None:
        return
    named = subject.text if len(parts) == 1 and subject.kind is ScalarKind.TEXT and subject.text else "..."
    cure = f"write {{{', '.join(f'{part}: {named}' for part in parts)}}}: the rule is per {rule.grain.value}"
    context.problems.cure(subject.mark, Code.WRONG_KIND, cure)


def _cure_limit(context: Context, node: MappingNode, rule: Rule) -> None:
    limit = node.get("limit")
    values = [value for _, value in limit.entries] if isinstance(limit, MappingNode) else [limit]
    for value in values:
        if isinstance(value, ScalarNode) and value.kind in _NUMBERS:
            cure = needs_unit(value.text, rule.unit, rule.measure.name)
            context.problems.cure(value.mark, Code.NOT_A_QUANTITY, cure)
