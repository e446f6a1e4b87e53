"""Compiles the text of one policy file to the nouns of ``policy.rule``, or to all of its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from riskd.errors import Problem
from riskd.measure.spec import MeasureSpec, Unit
from riskd.model.desk import Mode
from riskd.model.verdict import Level
from riskd.policy.bundle import Policy, SeriesTest
from riskd.policy.canonical import policy_hash
from riskd.policy.compile_calendar import compile_calendar
from riskd.policy.compile_context import Context, Slot, amount
from riskd.policy.compile_rule import Frame, compile_rule, sends_orders
from riskd.policy.compile_select import selector_at
from riskd.policy.compile_test import compile_test
from riskd.policy.compile_timing import Sources, timing_of
from riskd.policy.problems import Code, Problems
from riskd.policy.quantity import Quantity
from riskd.policy.rule import Bound, Calendar, Guard, Rule
from riskd.policy.schema import FORMAT, policy_shape
from riskd.policy.shape_check import check, scalar_quantity
from riskd.policy.spelling import implausible, quoted
from riskd.policy.yaml_text import MappingNode, Node, ScalarNode, read_yaml

_ACTIONS_AN_HOUR = Slot(role="max_actions_per_hour", unit=Unit.COUNT, low=1.0, high=1_000.0)
_NOTIONAL_AN_HOUR = Slot(role="max_notional_per_hour", unit=Unit.MONEY, low=0.0, is_positive=True)
_POSITIONS_TOUCHED = Slot(role="max_positions_touched", unit=Unit.RATIO, low=0.0, high=1.0, is_positive=True)
_COOLDOWN = Slot(role="cooldown", unit=Unit.DURATION, low=0.0, high=86_400.0)

_TICKS_MAX = 100_000  # of all tests together: rehearsing them takes seconds, not minutes
_LEVELS = (Level.WARN, Level.BREACH, Level.CRITICAL)


def compile_policy(
    file: str, text: str, catalogue: Mapping[str, MeasureSpec]
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """The policy that a text is, or every fault that it has.

    A part with a fault in its shape is not looked at further, so that one mistake is said once; all other parts are.

    Args:
        file: As the user named it.
        text: Its contents.
        catalogue: The measures that rules may name.

    Returns:
        The policy and no problems, or None and at least one problem, in the order of the file.
    """
    problems = Problems(file=file, text=text)
    root = read_yaml(text, problems)
    if root is None or not _is_policy(root, problems):
        return None, problems.found
    check(root, policy_shape(catalogue), "a policy", problems)
    policy = _policy(root, problems, catalogue) if isinstance(root, MappingNode) else None
    return (None if problems.found else policy), problems.found


def _is_policy(root: Node, problems: Problems) -> bool:
    """Whether the file says that it is a policy. If not, its other differences mean nothing."""
    if not isinstance(root, MappingNode):
        what = "this is not a policy: a mapping is expected"
        problems.add(root.mark, Code.WRONG_KIND, what, f"begin with `riskd: {FORMAT}`")
        return False
    header = root.get("riskd")
    if isinstance(header, ScalarNode) and header.text == FORMAT:
        return True
    if header is None:
        what = "this file does not say what it is"
        problems.add(root.mark, Code.MISSING_KEY, what, f"begin with `riskd: {FORMAT}`")
    elif isinstance(header, ScalarNode) and header.text.startswith("waivers/"):
        what = "waiver files are not supported yet by this version of riskd"
        problems.add(header.mark, Code.NOT_YET, what, "change the limit in the rule itself for now")
    else:
        found = quoted(header.text) if isinstance(header, ScalarNode) else "something else"
        what = f"this version of riskd reads {FORMAT}, found {found}"
        problems.add(header.mark, Code.UNKNOWN_WORD, what, f"write `riskd: {FORMAT}`")
    return False


def _policy(root: MappingNode, problems: Problems, catalogue: Mapping[str, MeasureSpec]) -> Policy:
    context = _context(root, problems, catalogue)
    frame = _frame(root, context)
    rules = _rules(root, context, frame)
    tests = _tests(root, context, rules)
    compiled = tuple(rule for rule in rules.values() if rule is not None)
    _check_tested(root, context, rules)
    policy = Policy(
        name=frame.policy,
        title=root.text("title"),
        owner=root.text("owner"),
        version=root.text("version"),
        mode=frame.mode,
        rules=compiled,
        tests=tests,
        hash="",
        file=problems.file,
    )
    return replace(policy, hash=policy_hash(policy))


# ---- what a file says once -----------------------------------------------------------------------------------------


def _context(root: MappingNode, problems: Problems, catalogue: Mapping[str, MeasureSpec]) -> Context:
    variables, calendars = root.mapping("vars"), root.mapping("calendars")
    return Context(
        problems=problems,
        catalogue=catalogue,
        variables={
            key.text: _variable(problems, value)
            for key, value in (variables.entries if variables is not None else ())
        },
        calendars={
            key.text: _calendar(problems, key.text, value)
            for key, value in (calendars.entries if calendars is not None else ())
        },
    )


def _variable(problems: Problems, node: Node) -> Quantity | None:
    if not isinstance(node, ScalarNode) or problems.any_between(node.mark, node.end):
        return None
    quantity = scalar_quantity(node)
    fault = implausible(quantity)
    if fault is not None:
        problems.add(node.mark, Code.RANGE, *fault)
    return quantity if fault is None else None


def _calendar(problems: Problems, name: str, node: Node) -> Calendar | None:
    if not isinstance(node, MappingNode) or problems.any_between(node.mark, node.end):
        return None
    return compile_calendar(problems, name, node)


def _frame(root: MappingNode, context: Context) -> Frame:
    mode = root.text("mode").upper()
    defaults = _sound(context, root.mapping("defaults"))
    if defaults is not None:
        # Its faults are said even when every rule has settings of its own.
        timing_of(context, Sources(rule=defaults, defaults=None), _LEVELS, Bound.MAX)
    return Frame(
        policy=root.text("name"),
        mode=Mode[mode] if mode in Mode.__members__ else Mode.OBSERVE,
        scope=selector_at(_sound(context, root.mapping("scope"))),
        guard=_guard(context, _sound(context, root.mapping("guard"))),
        defaults=defaults,
    )


def _guard(context: Context, node: MappingNode | None) -> Guard:
    def quantity(slot: Slot) -> Quantity | None:
        scalar = node.scalar(slot.role) if node is not None else None
        return amount(context, scalar, slot) if scalar is not None else None

    actions, notional = quantity(_ACTIONS_AN_HOUR), quantity(_NOTIONAL_AN_HOUR)
    touched, cooldown = quantity(_POSITIONS_TOUCHED), quantity(_COOLDOWN)
    return Guard(
        actions_per_hour_max=None if actions is None else int(actions.exact),
        notional_per_hour_max=None if notional is None else notional.exact,
        positions_touched_max=None if touched is None else touched.value,
        cooldown_seconds=None if cooldown is None else cooldown.value,
    )


def _sound(context: Context, node: MappingNode | None) -> MappingNode | None:
    return node if node is not None and context.is_sound(node) else None


# ---- rules and tests -----------------------------------------------------------------------------------------------


def _rules(root: MappingNode, context: Context, frame: Frame) -> dict[str, Rule | None]:
    """Every rule by its id within the policy; None for one with a fault, so that its tests need not be told."""
    rules: dict[str, Rule | None] = {}
    for node in root.items("rules"):
        scalar = node.scalar("id") if isinstance(node, MappingNode) else None
        if scalar is None or not isinstance(node, MappingNode):
            continue
        if scalar.text in rules:
            what = f"the id {quoted(scalar.text)} belongs to another rule of this policy"
            context.problems.add(scalar.mark, Code.DUPLICATE, what, "ids are unique, and never reused")
            continue
        rules[scalar.text] = compile_rule(context, node, frame) if context.is_sound(node) else None
    return rules


def _tests(root: MappingNode, context: Context, rules: Mapping[str, Rule | None]) -> tuple[SeriesTest, ...]:
    names: set[str] = set()
    tests: list[SeriesTest] = []
    ticks = 0
    for node in root.items("tests"):
        if not isinstance(node, MappingNode) or not context.is_sound(node):
            continue
        name = node.scalar("name")
        if name is not None and name.text in names:
            what = f"another test has the name {quoted(name.text)}"
            context.problems.add(name.mark, Code.DUPLICATE, what, "say what is different about this one")
        names.add(node.text("name"))
        test = compile_test(context, node, rules)
        ticks += 0 if test is None else len(test.series)
        if ticks > _TICKS_MAX:
            what = f"the tests of this policy have more than {_TICKS_MAX:,} ticks together"
            context.problems.add(node.mark, Code.SERIES, what, "make them shorter")
            break
        if test is not None:
            tests.append(test)
    return tuple(tests)


def _check_tested(root: MappingNode, context: Context, rules: Mapping[str, Rule | None]) -> None:
    """A rule that may send orders by itself must have shown in a test that it does so when it should."""
    named = {node.text("rule") for node in root.items("tests") if isinstance(node, MappingNode)}
    for own_id, rule in rules.items():
        if rule is not None and rule.mode is Mode.ENFORCE and sends_orders(rule) and own_id not in named:
            what = f"{own_id} can send orders in enforce mode, and has no test"
            context.problems.add(rule.mark, Code.UNTESTED, what, "add one under `tests`")
