"""What tests of both kinds say in the same way: when they begin, and what alerts ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, Slot, amount, moment_in
from riskd.policy.compile.levels import LEVEL_BY_NAME
from riskd.policy.rule import ActionKind, Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.spelling import choose
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

_DEFAULT_START = "2026-03-04T12:00:00+00:00"  # a Wednesday: no week-end calendar holds
_LEVELLED = frozenset({"firing", "clearing"})


def start_at(context: Context, node: MappingNode) -> str:
    """ISO time of the first tick or look, in UTC."""
    scalar = node.scalar("start")
    if scalar is None:
        return _DEFAULT_START
    moment = moment_in(context, scalar, "2026-03-04T12:00:00Z")
    return _DEFAULT_START if moment is None else moment.isoformat()


def quantity_at(context: Context, node: MappingNode, key: str, slot: Slot) -> Quantity | None:
    """The quantity at ``key``; None when there is none, or it has a fault."""
    scalar = node.scalar(key)
    return amount(context, scalar, slot) if scalar is not None else None


def yes_or_no(node: MappingNode, key: str) -> bool | None:
    """The flag at ``key``; None when there is none."""
    text = node.text(key)
    return text in ("true", "yes") if text else None


def actions_at(context: Context, node: MappingNode, rules: Iterable[Rule]) -> tuple[str, ...] | None:
    """The set of actions at ``actions``; None when the test does not say. Each must be one that a rule can ask for."""
    if node.get("actions") is None:
        return None
    known = _asked_by(rules)
    named: set[str] = set()
    for item in node.items("actions"):
        if not isinstance(item, ScalarNode):
            continue
        if item.text not in known:
            what = f"the rule never asks for {item.text}"
            context.problems.add(item.mark, Code.EXPECTATION, what, _cure(item.text, known))
        named.add(item.text)
    return tuple(sorted(named))


def level_at(context: Context, node: MappingNode, key: str, rule: Rule) -> Level | None:
    """The level at ``level`` of an expectation; None when it does not say. The rule must have it.

    Args:
        context: Of the file.
        node: The expectation.
        key: Where it says the condition of the alert.
        rule: The rule that it is about.
    """
    scalar, condition = node.scalar("level"), node.text(key)
    if scalar is None:
        return None
    level = LEVEL_BY_NAME[scalar.text]
    levels = [held for held, _ in rule.actions]
    if condition not in _LEVELLED:
        what = f"an alert that is {condition} has no level" if condition else "nothing is said of the alert"
        context.problems.add(scalar.mark, Code.EXPECTATION, what, f"remove the level, or write {key}: firing")
    elif level not in levels:
        names = ", ".join(held.name.lower() for held in levels)
        what = f"the rule never reaches {scalar.text}: its limit has {names}"
        context.problems.add(scalar.mark, Code.EXPECTATION, what)
    return level


def _asked_by(rules: Iterable[Rule]) -> Collection[str]:
    kinds = {action.kind for rule in rules for _, actions in rule.actions for action in actions}
    return sorted(kind.value for kind in kinds - {ActionKind.NOTIFY})


def _cure(text: str, known: Collection[str]) -> str:
    return choose(text, known) if known else "beside notify it asks for nothing: write actions: []"
