"""Compiles the snapshot tests inside a policy, and checks that their books and expectations can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskd.measure.spec import Unit
from riskd.model.subject import PARTS
from riskd.policy.bundle import ExpectedVerdict, Moment, SnapshotTest
from riskd.policy.compile.book import LISTS, compile_book
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.compile.holdings import Place, Section
from riskd.policy.compile.test_parts import actions_at, level_at, quantity_at, start_at
from riskd.policy.rule import Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.rounding import half_of_last_digit
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

_AT = Slot(role="at", unit=Unit.DURATION, low=0.0, is_positive=True)
_ROWS_MAX = 10_000  # of all books of one test together
_NEVER = frozenset({"ok", "unknown", "not_covered"})


def compile_snapshot_test(
    context: Context, node: MappingNode, rules: Mapping[str, Rule | None]
) -> SnapshotTest | None:
    """The test at ``node``; None when it has a fault, or one of its rules has one."""
    chosen = _rules(context, node, rules)
    if chosen is None:
        return None
    moments = _moments(context, node, chosen)
    if sum(len(moment.book) for moment in moments) > _ROWS_MAX:
        what = f"the books of this test have more than {_ROWS_MAX:,} rows together"
        context.problems.add(node.mark, Code.BOOK, what, "make it smaller: a test proves one fact")
    return SnapshotTest(
        name=node.text("name"),
        rules=tuple(rule.id for rule in chosen),
        start=start_at(context, node),
        moments=moments,
        actions=actions_at(context, node, chosen),
        mark=node.mark,
    )


def names_of(node: MappingNode, rules: Mapping[str, Rule | None]) -> tuple[ScalarNode, ...] | tuple[str, ...]:
    """The rules that a test names; all of them where it names none."""
    named = [*node.items("rules")]
    single = node.scalar("rule")
    if single is not None:
        named.append(single)
    return tuple(item for item in named if isinstance(item, ScalarNode)) or tuple(rules)


def _rules(context: Context, node: MappingNode, rules: Mapping[str, Rule | None]) -> tuple[Rule, ...] | None:
    if node.get("rule") is not None and node.get("rules") is not None:
        what = "a test names its rule or its rules, not both"
        context.problems.add(node.mark, Code.EXPECTATION, what, "keep `rules`")
    chosen = dict[str, Rule | None]()
    for item in names_of(node, rules):
        name = item if isinstance(item, str) else item.text
        if name not in rules and isinstance(item, ScalarNode):
            what = f"there is no rule {quoted(name)}"
            context.problems.add(item.mark, Code.UNKNOWN_RULE, what, choose(name, rules))
        chosen[name] = rules.get(name)
    sound = tuple(rule for rule in chosen.values() if rule is not None)
    return sound if len(sound) == len(chosen) else None


# ---- moments -------------------------------------------------------------------------------------------------------


def _moments(context: Context, node: MappingNode, rules: Sequence[Rule]) -> tuple[Moment, ...]:
    """The first look and every later one: what a step does not say stays as it was."""
    moments = list[Moment]()
    sections: Mapping[str, Section] = {}
    marks: Mapping[Place, float] = {}
    for block in (node, *(step for step in node.items("steps") if isinstance(step, MappingNode))):
        at = 0.0 if block is node else _later(context, block, moments[-1])
        new = {name for name in LISTS if block.get(name) is not None}
        sections = {**sections, **{name: _section(block, name, at) for name in new}}
        book, marks = compile_book(context, sections, marks, new)
        moments.append(
            Moment(
                at_seconds=at,
                book=book,
                expect=_expected(context, block, rules),
                others_ok=block.text("others") == "ok",
                mark=block.mark,
            )
        )
    return tuple(moments)


def _later(context: Context, step: MappingNode, before: Moment) -> float:
    quantity = quantity_at(context, step, "at", _AT)
    if quantity is None:
        return before.at_seconds
    scalar = step.scalar("at")
    if quantity.value <= before.at_seconds and scalar is not None:
        what = f"the step at {quantity.text} does not come after the one before it"
        context.problems.add(scalar.mark, Code.EXPECTATION, what, "write the steps in rising order")
    return quantity.value


def _section(block: MappingNode, name: str, at: float) -> Section:
    nodes = tuple(item for item in block.items(name) if isinstance(item, MappingNode))
    return Section(nodes=nodes, at_seconds=at)


# ---- expectations --------------------------------------------------------------------------------------------------


def _expected(context: Context, block: MappingNode, rules: Sequence[Rule]) -> tuple[ExpectedVerdict, ...]:
    found = list[ExpectedVerdict]()
    for item in block.items("expect"):
        rule = _rule_of(context, item, rules) if isinstance(item, MappingNode) else None
        if rule is not None and isinstance(item, MappingNode):
            found.append(_verdict(context, item, rule))
    for number, one in enumerate(found):
        if any((one.rule, one.subject) == (other.rule, other.subject) for other in found[:number]):
            what = "the same rule and subject are expected twice at one moment"
            context.problems.add(one.mark, Code.EXPECTATION, what, "remove one of them")
    return tuple(found)


def _rule_of(context: Context, item: MappingNode, rules: Sequence[Rule]) -> Rule | None:
    own_ids = {rule.id.split("/")[1]: rule for rule in rules}
    scalar = item.scalar("rule")
    if scalar is None and len(rules) == 1:
        return rules[0]
    if scalar is None:
        what = "the test is of several rules, and this does not say which"
        context.problems.add(item.mark, Code.EXPECTATION, what, "add `rule`")
        return None
    if scalar.text not in own_ids:
        what = f"the test is not of a rule {quoted(scalar.text)}"
        context.problems.add(scalar.mark, Code.UNKNOWN_RULE, what, choose(scalar.text, own_ids))
    return own_ids.get(scalar.text)


def _verdict(context: Context, item: MappingNode, rule: Rule) -> ExpectedVerdict:
    outcome, condition = item.text("is"), item.text("alert")
    _check_outcome(context, item, rule, outcome)
    scalar = item.scalar("value")
    slot = Slot(role="value", unit=rule.unit, measure=rule.measure.name)
    value = amount(context, scalar, slot) if scalar is not None else None
    if scalar is not None and outcome in ("unknown", "not_covered"):
        what = f"a subject that is {outcome.replace('_', ' ')} has no value"
        context.problems.add(scalar.mark, Code.EXPECTATION, what, "remove the value")
    actions = actions_at(context, item, (rule,))
    if actions and condition != "firing":
        what = "only an alert that fires asks for something"
        context.problems.add(item.mark, Code.EXPECTATION, what, "add `alert: firing`, or remove `actions`")
    return ExpectedVerdict(
        rule=rule.id,
        subject=_subject(context, item, rule),
        outcome=outcome,
        value=None if value is None else value.value,
        tolerance=0.0 if value is None else float(half_of_last_digit(value)),
        condition=condition or None,
        level=level_at(context, item, "alert", rule),
        actions=actions,
        mark=item.mark,
    )


def _check_outcome(context: Context, item: MappingNode, rule: Rule, outcome: str) -> None:
    levels = [level.name.lower() for level, _ in rule.actions]
    scalar = item.scalar("is")
    if scalar is not None and outcome not in _NEVER and outcome not in levels:
        what = f"the rule never reaches {outcome}: its limit has {', '.join(levels)}"
        context.problems.add(scalar.mark, Code.EXPECTATION, what)


def _subject(context: Context, item: MappingNode, rule: Rule) -> tuple[tuple[str, str], ...]:
    """The parts of the subject's name, which subjects of the rule's kind must have."""
    named = item.mapping("subject")
    parts = []
    for key, value in named.entries if named is not None else ():
        known = PARTS[rule.grain]
        if key.text not in known:
            what = f"a subject of this rule is a {rule.grain.value}, whose name has no {quoted(key.text)}"
            context.problems.add(key.mark, Code.EXPECTATION, what, choose(key.text, known))
        if isinstance(value, ScalarNode):
            parts.append((key.text, value.text))
    return tuple(sorted(parts))
