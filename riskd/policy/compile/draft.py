"""The first step of compiling a policy: what the file says once, and the measure and limits of each rule.

No other file is looked at. Rules may refine rules of other files, so the second step waits until all have had this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskd.measure.spec import MeasureSpec, Unit
from riskd.model.desk import Mode
from riskd.model.verdict import Level
from riskd.policy.compile.calendar import compile_calendar
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.compile.rule import Draft, Frame, draft_rule
from riskd.policy.compile.selector import selector_at
from riskd.policy.compile.timing import Sources, timing_of
from riskd.policy.expression.bare_numbers import note_bare_numbers
from riskd.policy.rule import Bound, Calendar, Guard
from riskd.policy.schema.check import check, scalar_quantity
from riskd.policy.schema.policy_file import FORMAT, policy_shape
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.spelling import implausible, quoted
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode

_ACTIONS_AN_HOUR = Slot(role="max_actions_per_hour", unit=Unit.COUNT, low=1.0, high=1_000.0)
_NOTIONAL_AN_HOUR = Slot(role="max_notional_per_hour", unit=Unit.MONEY, low=0.0, is_positive=True)
_POSITIONS_TOUCHED = Slot(role="max_positions_touched", unit=Unit.RATIO, low=0.0, high=1.0, is_positive=True)
_COOLDOWN = Slot(role="cooldown", unit=Unit.DURATION, low=0.0, high=86_400.0)

_LEVELS = (Level.WARN, Level.BREACH, Level.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """A policy file after the first step.

    Attributes:
        rules: By id within the policy; None for one with a fault.
    """

    root: MappingNode
    context: Context
    frame: Frame
    rules: Mapping[str, Draft | None]

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.frame.policy


def draft_policy(root: Node, problems: Problems, catalogue: Mapping[str, MeasureSpec]) -> PolicyDraft | None:
    """The draft of the policy that a tree is; None when it is none.

    A part with a fault in its shape is not looked at further, so that one mistake is said once; all other parts are.

    Args:
        root: The file's tree.
        problems: Takes every fault.
        catalogue: The measures that rules may name.
    """
    if not _is_policy(root, problems):
        return None
    check(root, policy_shape(catalogue), "a policy", problems)
    assert isinstance(root, MappingNode)
    context = _context(root, problems, catalogue)
    frame = _frame(root, context)
    return PolicyDraft(root=root, context=context, frame=frame, rules=_rules(root, context, frame))


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
    else:
        found = quoted(header.text) if isinstance(header, ScalarNode) else "something else"
        what = f"this version of riskd reads {FORMAT}, found {found}"
        problems.add(header.mark, Code.UNKNOWN_WORD, what, f"write `riskd: {FORMAT}`")
    return False


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
    written = root.mapping("defaults")
    defaults = _sound(context, written)
    if defaults is not None:
        # Its faults are said even when every rule has settings of its own.
        timing_of(context, Sources(rule=defaults, defaults=None), _LEVELS, Bound.MAX)
    return Frame(
        policy=root.text("name"),
        mode=Mode[mode] if mode in Mode.__members__ else Mode.OBSERVE,
        scope=selector_at(context, _sound(context, root.mapping("scope"))),
        guard=_guard(context, _sound(context, root.mapping("guard"))),
        defaults=defaults,
        has_faulty_defaults=written is not defaults,
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


def _rule(node: MappingNode, context: Context, frame: Frame) -> Draft | None:
    if context.is_sound(node):
        return draft_rule(context, node, frame.policy)
    note_bare_numbers(context, node)
    return None


def _rules(root: MappingNode, context: Context, frame: Frame) -> dict[str, Draft | None]:
    """Every rule by its id within the policy; None for one with a fault, so that its tests need not be told."""
    rules: dict[str, Draft | None] = {}
    for node in root.items("rules"):
        scalar = node.scalar("id") if isinstance(node, MappingNode) else None
        if scalar is None or not isinstance(node, MappingNode):
            continue
        if scalar.text in rules:
            what = f"the id {quoted(scalar.text)} belongs to another rule of this policy"
            context.problems.add(scalar.mark, Code.DUPLICATE, what, "ids are unique, and never reused")
            continue
        rules[scalar.text] = _rule(node, context, frame)
    return rules
