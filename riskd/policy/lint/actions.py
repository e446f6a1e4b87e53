"""Lint of what a policy does: orders without a guard or a test, plans that the guard refuses, reasons not given."""

from __future__ import annotations

from collections.abc import Iterator

from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.policy.bundle import Policy
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import SENDS_ORDERS, Action, ActionKind, Guard, MissingThen, Objective, Rule
from riskd.policy.text.spelling import listed
from riskd.policy.text.units import show

_OF_SEVERAL = frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.ASSET})  # subjects that hold several positions


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
    yield from _refused_by_guard(policy)
    for unused in policy.unused:
        yield Finding(
            lint=Lint.UNUSED_NAME,
            mark=unused.mark,
            what=f"{unused.kind} {unused.name} is defined and used nowhere in {policy.name}",
            cure="use it, or take it out",
        )


def _untested(policy: Policy) -> Iterator[Finding]:
    tested = {rule for test in policy.tests for rule in test.rules}
    untested = [rule for rule in policy.rules if rule.id not in tested]
    bare = [rule for rule in untested if rule.mode is Mode.ENFORCE]
    others = [rule for rule in untested if rule not in bare]
    if others:
        names = listed([_own_id(rule) for rule in others])
        yield Finding(
            lint=Lint.NO_TEST,
            mark=others[0].mark,
            what=f"{len(others)} of the rules of {policy.name} have no test: {names}"
            if len(others) > 1
            else f"{others[0].id} has no test",
            cure="add one under `tests`: nothing else shows that it fires when it should",
        )
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
        if rule.mode is Mode.ENFORCE and rule.guard == Guard() and _kinds(rule) & SENDS_ORDERS:
            yield Finding(
                lint=Lint.NO_GUARD,
                mark=rule.place("then"),
                what=f"{rule.id} can send orders, and {policy.name} has no `guard`",
                cure="say how much riskd may do before it stops and calls a person; the house bounds hold meanwhile",
            )
            return  # once a policy


def _refused_by_guard(policy: Policy) -> Iterator[Finding]:
    """Actions that touch every position of their subject, where one plan may only touch some of the account's."""
    for rule in policy.rules:
        share = rule.guard.positions_touched_max
        if share is None or share >= 1.0 or rule.grain not in _OF_SEVERAL:
            continue
        whole = sorted(
            {action.kind.value for _, actions in rule.actions for action in actions if _is_whole(action)}
        )
        if whole:
            per, part = rule.grain.value, show(share, Unit.RATIO)
            yield Finding(
                lint=Lint.GUARD_TOO_TIGHT,
                mark=rule.place("then"),
                what=f"{' and '.join(whole)} of {rule.id} touches every position of the {per}, and the guard lets one "
                f"plan touch {part} of the account's: with several positions the plan is refused",
                cure="write `max_positions_touched: 100%`, or deleverage with `objective: min_cost`, or a rule per position",
            )


def _is_whole(action: Action) -> bool:
    """Whether a plan for it reduces every position that it may."""
    is_even = action.kind is ActionKind.DELEVERAGE and action.objective is Objective.PRO_RATA
    return action.kind is ActionKind.CLOSE or is_even


def _kinds(rule: Rule) -> set[ActionKind]:
    return {action.kind for _, actions in rule.actions for action in actions}


def _own_id(rule: Rule) -> str:
    return rule.id.removeprefix(f"{rule.policy}/")
