"""Compiles all tests of a policy, and checks that what can send orders has one."""

from __future__ import annotations

from collections.abc import Mapping

from riskd.model.desk import Mode
from riskd.policy.bundle import PolicyTest, SeriesTest
from riskd.policy.compile.context import Context
from riskd.policy.compile.rule import sends_orders
from riskd.policy.compile.series_test import compile_series_test
from riskd.policy.compile.snapshot_test import compile_snapshot_test, names_of
from riskd.policy.rule import SENDS_ORDERS, Approval, Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

_TICKS_MAX = 100_000  # of all tests together: rehearsing them takes seconds, not minutes


def compile_tests(
    context: Context, root: MappingNode, rules: Mapping[str, Rule | None]
) -> tuple[PolicyTest, ...]:
    """The tests of a policy.

    Args:
        context: Of the file. Takes the faults.
        root: The file.
        rules: By id within the policy; None for one with a fault, of whose tests nothing is said.
    """
    nodes = [node for node in root.items("tests") if isinstance(node, MappingNode)]
    tests: list[PolicyTest] = []
    names: set[str] = set()
    ticks = 0
    for node in nodes:
        if not context.is_sound(node):
            continue
        _check_name(context, node, names)
        test = _test(context, node, rules)
        ticks += len(test.series) if isinstance(test, SeriesTest) else 0
        if ticks > _TICKS_MAX:
            what = f"the tests of this policy have more than {_TICKS_MAX:,} ticks together"
            context.problems.add(node.mark, Code.SERIES, what, "make them shorter")
            break
        if test is not None:
            tests.append(test)
    _check_tested(context, nodes, rules)
    return tuple(tests)


def _test(context: Context, node: MappingNode, rules: Mapping[str, Rule | None]) -> PolicyTest | None:
    if node.get("series") is not None:
        return compile_series_test(context, node, rules)
    return compile_snapshot_test(context, node, rules)


def _check_name(context: Context, node: MappingNode, names: set[str]) -> None:
    name = node.scalar("name")
    if name is not None and name.text in names:
        what = f"another test has the name {quoted(name.text)}"
        context.problems.add(name.mark, Code.DUPLICATE, what, "say what is different about this one")
    names.add(node.text("name"))


def _check_tested(context: Context, nodes: list[MappingNode], rules: Mapping[str, Rule | None]) -> None:
    """A rule that may send orders by itself must have shown in a test that it does so when it should.

    A query of the policy's own must have shown it whatever the mode: nobody but its author has looked at it.
    """
    tested = {
        name.text if isinstance(name, ScalarNode) else name
        for node in nodes
        for name in names_of(node, rules)
    }
    for own_id, rule in rules.items():
        if rule is None or own_id in tested:
            continue
        if rule.mode is Mode.ENFORCE and sends_orders(rule):
            what = f"{own_id} can send orders in enforce mode, and has no test"
            context.problems.add(rule.mark, Code.UNTESTED, what, "add one under `tests`")
        elif rule.query is not None and _sends_unasked(rule):
            what = f"{own_id} sends orders by its own SQL without asking anybody, and has no test"
            cure = "add one under `tests`, with rows of accounts and positions; or write `approval: human`"
            context.problems.add(rule.mark, Code.UNTESTED, what, cure)


def _sends_unasked(rule: Rule) -> bool:
    return any(
        action.kind in SENDS_ORDERS and action.approval is Approval.AUTO
        for _, actions in rule.actions
        for action in actions
    )
