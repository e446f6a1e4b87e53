"""Lint of levels beside each other: a worse one takes the place of a milder one, and may do less, or come too late."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.compile.limit import all_thresholds
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import Action, ActionKind, Rule
from riskd.policy.text.units import show

# What makes another action needless: what is closed need not be reduced, and needs no stop.
_COVERED_BY = {
    ActionKind.DELEVERAGE: frozenset({ActionKind.CLOSE}),
    ActionKind.PLACE_STOP: frozenset({ActionKind.CLOSE}),
}

# So much longer a worse level may wait: a value that jumps past both limits then escalates by its duration.
_ESCALATION_SECONDS = 300.0


def level_findings(rule: Rule) -> Iterator[Finding]:
    """What is odd about the levels of one rule: their actions, wherever these come from, and how long they wait."""
    for (milder, mild), (worse, bad) in pairwise(rule.actions):
        lost = [words for words in (_lost(action, bad) for action in mild) if words]
        if lost:
            yield _does_less(rule, milder, worse, lost)
        longer_seconds = rule.hold(worse) - rule.hold(milder)
        if longer_seconds > _ESCALATION_SECONDS and not _same_limits(rule, milder, worse):
            yield _waits_longer(rule, milder, worse)


def _lost(action: Action, worse: tuple[Action, ...]) -> str:
    """What a worse list lacks of an action; empty when it has as much."""
    same = next((other for other in worse if other.kind is action.kind), None)
    if same is not None:
        is_less = action.which == "all" and same.which != "all"
        return f"{action.kind.value} of all" if action.kind is ActionKind.CANCEL_ORDERS and is_less else ""
    kinds = {other.kind for other in worse}
    return "" if kinds & _COVERED_BY.get(action.kind, frozenset()) else action.kind.value


def _does_less(rule: Rule, milder: Level, worse: Level, lost: list[str]) -> Finding:
    name, other = worse.name.lower(), milder.name.lower()
    return Finding(
        lint=Lint.DOES_LESS,
        mark=rule.place("then"),
        what=f"{name} of {rule.id} lacks what {other} does: {', '.join(lost)}",
        cure=f"a level runs its own list only: write all that {name} does in the rule's `then`",
    )


def _waits_longer(rule: Rule, milder: Level, worse: Level) -> Finding:
    name, other = worse.name.lower(), milder.name.lower()
    return Finding(
        lint=Lint.WORSE_LATER,
        mark=rule.place("for"),
        what=f"{name} of {rule.id} waits {_time(rule, worse)}, and {other}, which is milder, {_time(rule, milder)}",
        cure=f"give {name} the shorter `for`",
    )


def _same_limits(rule: Rule, milder: Level, worse: Level) -> bool:
    """Whether only time tells the two levels apart."""
    held = [{level: edges for level, *edges in one.levels} for one in all_thresholds(rule.limit)]
    return all(each.get(milder) == each.get(worse) for each in held)


def _time(rule: Rule, level: Level) -> str:
    return show(rule.hold(level), Unit.DURATION)
