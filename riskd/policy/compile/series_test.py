"""Compiles the series tests inside a policy, and checks that they can be about their rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from riskd.measure.spec import MeasureRef, Unit
from riskd.policy.bundle import Expectation, SeriesTest
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.compile.test_parts import actions_at, level_at, quantity_at, start_at, yes_or_no
from riskd.policy.compile.waiver_limit import test_waiver
from riskd.policy.limits.thresholds import ladders_by
from riskd.policy.rule import Rule
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import Quantity, duration_text
from riskd.policy.text.series import GONE, read_series
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.units import QuantityError
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

_DEFAULT_EVERY = Quantity(exact=Decimal(60), unit=Unit.DURATION, text="60s")
_EVERY = Slot(role="every", unit=Unit.DURATION, low=0.0, high=86_400.0, is_positive=True)
_AT = Slot(role="at", unit=Unit.DURATION, low=0.0)


def compile_series_test(
    context: Context, node: MappingNode, rules: Mapping[str, Rule | None]
) -> SeriesTest | None:
    """The test at ``node``; None when it has a fault, or its rule has one."""
    name = node.scalar("rule")
    if name is None:
        return None
    if name.text not in rules:
        what = f"there is no rule {quoted(name.text)}"
        context.problems.add(name.mark, Code.UNKNOWN_RULE, what, choose(name.text, rules))
        return None
    rule = rules[name.text]
    every = quantity_at(context, node, "every", _EVERY) or _DEFAULT_EVERY
    series = _series(context, node, rule) if rule is not None else None
    if rule is None or series is None:
        return None
    return SeriesTest(
        name=node.text("name"),
        rule=rule.id,
        start=start_at(context, node),
        every_seconds=every.value,
        series=series,
        by=_by(context, node, rule, len(series)),
        expect=_expectations(context, node, rule, every, len(series)),
        actions=actions_at(context, node, (rule,)),
        mark=node.mark,
        waiver=test_waiver(context, node, rule),
    )


def _series(context: Context, node: MappingNode, rule: Rule) -> tuple[float | str | None, ...] | None:
    scalar = node.scalar("series")
    if scalar is None:
        return None
    try:
        return read_series(scalar.text, rule.unit)
    except QuantityError as fault:
        context.problems.add(scalar.mark, Code.SERIES, fault.what, fault.cure)
        return None


# ---- the step of a ladder ------------------------------------------------------------------------------------------


def _by(context: Context, node: MappingNode, rule: Rule, ticks: int) -> tuple[float | None, ...] | None:
    """The values that choose the step of a ladder: needed with a ladder, senseless without one."""
    scalar = node.scalar("by")
    ladder = ladders_by(rule)
    if ladder is not None and scalar is None:
        what = "the rule has a ladder, and this test does not say which step"
        context.problems.add(node.mark, Code.EXPECTATION, what, f"add `by`, a value of {ladder.name}")
    if ladder is None and scalar is not None:
        context.problems.add(
            scalar.mark, Code.EXPECTATION, "the rule has no ladder for `by` to choose from", "remove it"
        )
    if ladder is None or scalar is None:
        return None
    return _by_ticks(context, scalar, ladder, ticks)


def _by_ticks(
    context: Context, scalar: ScalarNode, ladder: MeasureRef, ticks: int
) -> tuple[float | None, ...] | None:
    unit = context.catalogue[ladder.name].unit
    if not re.search(r"[,*]|\.\.|^_", scalar.text):
        quantity = amount(context, scalar, Slot(role="by", unit=unit, measure=ladder.name))
        return None if quantity is None else (quantity.value,) * ticks
    try:
        values = read_series(scalar.text, unit, ladder.name)
    except QuantityError as fault:
        context.problems.add(scalar.mark, Code.SERIES, fault.what, fault.cure)
        return None
    if GONE in values:
        what = "`by` cannot be gone: what is gone is said by the series"
        context.problems.add(scalar.mark, Code.SERIES, what, "write _ where it is missing")
    elif len(values) not in (1, ticks):
        what = f"`by` has {len(values)} values, and the series {ticks}"
        context.problems.add(scalar.mark, Code.SERIES, what, "give one value, or one a tick")
    return tuple(value for value in values if not isinstance(value, str)) * (ticks if len(values) == 1 else 1)


# ---- expectations --------------------------------------------------------------------------------------------------


def _expectations(
    context: Context, node: MappingNode, rule: Rule, every: Quantity, ticks: int
) -> tuple[Expectation, ...]:
    found = []
    for item in node.items("expect"):
        quantity = quantity_at(context, item, "at", _AT) if isinstance(item, MappingNode) else None
        if not isinstance(item, MappingNode) or quantity is None:
            continue
        _check_moment(context, item, quantity, every, ticks)
        condition = item.text("is")
        actions = actions_at(context, item, (rule,))
        if actions and condition != "firing":
            what = f"an alert that is {condition} asks for nothing"
            context.problems.add(item.mark, Code.EXPECTATION, what, "remove `actions`, or write is: firing")
        found.append(
            Expectation(
                at_seconds=quantity.value,
                condition=condition,
                level=level_at(context, item, "is", rule),
                unknown=yes_or_no(item, "unknown"),
                actions=actions,
                mark=item.mark,
            )
        )
    return tuple(found)


def _check_moment(context: Context, item: MappingNode, at: Quantity, every: Quantity, ticks: int) -> None:
    last = every.exact * (ticks - 1)
    what = cure = ""
    if at.exact > last:
        what = f"at {at.text} the series is over: its last tick is at {duration_text(last)}"
        cure = "make the series longer"
    elif at.exact % every.exact:
        what = f"no tick falls on {at.text}"
        cure = f"there is one every {every.text}"
    scalar = item.scalar("at")
    if what and scalar is not None:
        context.problems.add(scalar.mark, Code.EXPECTATION, what, cure)
