"""Lint of what a policy does: orders without a guard or a test, actions that riskd leaves to people, reasons not given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from riskd.model.desk import Mode
from riskd.policy.bundle import Policy
from riskd.policy.finding import Finding, Lint
from riskd.policy.rule import REDUCES, ActionKind, Guard, MissingThen, Rule
from riskd.policy.spelling import listed


def action_findings(policy: Policy) -> Iterator[Finding]:
    """What is odd about the actions, the tests and the words of one policy."""
    for rule in policy.rules:
        if not rule.why.strip():
            yield Finding(
                lint=Lint.NO_WHY,
                mark=rule.mark,
                what=f"{rule.id} does not say why it is there",
                cure="write a `why`: it is shown with every alert",
            )
        if rule.mode is Mode.ENFORCE and rule.missing_then is MissingThen.IGNORE:
            yield Finding(
                lint=Lint.MISSING_IGNORED,
                mark=rule.place("missing"),
                what=f"{rule.id} is enforced, and says nothing when its data is missing",
                cure="write `missing: {then: alert}`, or put it in mode observe",
            )
    yield from _untested(policy)
    yield from _unguarded(policy)
    yield from _left_to_people(policy)
    for unused in policy.unused:
        yield Finding(
            lint=Lint.UNUSED_NAME,
            mark=unused.mark,
            what=f"{unused.kind} {unused.name} is defined and used nowhere in {policy.name}",
            cure="use it, or take it out",
        )


def _untested(policy: Policy) -> Iterator[Finding]:
    tested = {rule for test in policy.tests for rule in test.rules}
    bare = [rule for rule in policy.rules if rule.mode is Mode.ENFORCE and rule.id not in tested]
    if bare:
        names = listed([_own_id(rule) for rule in bare])
        yield Finding(
            lint=Lint.UNTESTED,
            mark=bare[0].mark,
            what=f"{len(bare)} of the rules of {policy.name} are enforced without a test: {names}"
            if len(bare) > 1
            else f"{bare[0].id} is enforced without a test",
            cure="add one under `tests` that fails when the limit is loosened",
        )


def _unguarded(policy: Policy) -> Iterator[Finding]:
    for rule in policy.rules:
        if rule.mode is Mode.ENFORCE and rule.guard == Guard() and _kinds([rule]) & REDUCES:
            yield Finding(
                lint=Lint.NO_GUARD,
                mark=rule.place("then"),
                what=f"{rule.id} can send orders, and {policy.name} has no `guard`",
                cure="say how much riskd may do before it stops and calls a person; the house bounds hold meanwhile",
            )
            return  # once a policy


def _left_to_people(policy: Policy) -> Iterator[Finding]:
    left = sorted(_kinds(policy.rules) - REDUCES - {ActionKind.NOTIFY})
    if left:
        yield Finding(
            lint=Lint.LEFT_TO_PEOPLE,
            mark=policy.place("rules"),
            what=f"{policy.name} asks for {', '.join(left)}",
            cure="riskd says so in the alert, a person must do it",
        )


def _kinds(rules: Iterable[Rule]) -> set[ActionKind]:
    return {action.kind for rule in rules for _, actions in rule.actions for action in actions}


def _own_id(rule: Rule) -> str:
    return rule.id.removeprefix(f"{rule.policy}/")
