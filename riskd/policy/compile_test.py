"""Compiles the tests inside a policy, and checks that they can be about their rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.bundle import Expectation, SeriesTest
from riskd.policy.compile_context import Context, Slot, amount
from riskd.policy.compile_thresholds import LEVEL_BY_NAME
from riskd.policy.problems import Code
from riskd.policy.quantity import Quantity, duration_text
from riskd.policy.rule import ActionKind, Rule
from riskd.policy.series import read_series
from riskd.policy.spelling import choose, quoted
from riskd.policy.units import QuantityError
from riskd.policy.yaml_text import MappingNode, ScalarNode

_DEFAULT_START = "2026-03-04T12:00:00+00:00"  # a Wednesday: no week-end calendar holds
_DEFAULT_EVERY = Quantity(exact=Decimal(60), unit=Unit.DURATION, text="60s")
_EVERY = Slot(role="every", unit=Unit.DURATION, low=0.0, high=86_400.0, is_positive=True)
_AT = Slot(role="at", unit=Unit.DURATION, low=0.0)


def compile_test(context: Context, node: MappingNode, rules: Mapping[str, Rule | None]) -> SeriesTest | None:
    """The test at ``node``; None when it has a fault, or its rule has one."""
    name = node.scalar("rule")
    if name is None:
        return None
    if name.text not in rules:
        what = f"there is no rule {quoted(name.text)}"
        context.problems.add(name.mark, Code.UNKNOWN_RULE, what, choose(name.text, rules))
        return None
    rule = rules[name.text]
    every = _quantity(context, node, "every", _EVERY) or _DEFAULT_EVERY
    series = _series(context, node, rule) if rule is not None else None
    if rule is None or series is None:
        return None
    return SeriesTest(
        name=node.text("name"),
        rule=rule.id,
        start=_start(context, node),
        every_seconds=every.value,
        series=series,
        by=_by(context, node, rule),
        expect=_expectations(context, node, rule, every, len(series)),
        actions=_actions(context, node, rule),
        mark=node.mark,
    )


def _quantity(context: Context, node: MappingNode, key: str, slot: Slot) -> Quantity | None:
    scalar = node.scalar(key)
    return amount(context, scalar, slot) if scalar is not None else None


def _series(context: Context, node: MappingNode, rule: Rule) -> tuple[float | str | None, ...] | None:
    scalar = node.scalar("series")
    if scalar is None:
        return None
    try:
        return read_series(scalar.text, rule.unit)
    except QuantityError as fault:
        context.problems.add(scalar.mark, Code.SERIES, fault.what, fault.cure)
        return None


def _start(context: Context, node: MappingNode) -> str:
    scalar = node.scalar("start")
    if scalar is None:
        return _DEFAULT_START
    try:
        moment = datetime.fromisoformat(scalar.text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        what = f"{quoted(scalar.text)} is no moment in time"
        context.problems.add(scalar.mark, Code.TIME, what, "write for example 2026-03-04T12:00:00Z")
        return _DEFAULT_START
    return moment.astimezone(UTC).isoformat()


def _by(context: Context, node: MappingNode, rule: Rule) -> float | None:
    """The value that chooses the step of a ladder: needed with a ladder, senseless without one."""
    scalar = node.scalar("by")
    ladders = [
        limit.by for limit in (rule.limit, *(tighter for _, tighter in rule.during)) if limit.by is not None
    ]
    if ladders and scalar is None:
        what = "the rule has a ladder, and this test does not say which step"
        context.problems.add(node.mark, Code.EXPECTATION, what, f"add `by`, a value of {ladders[0].name}")
    if not ladders and scalar is not None:
        context.problems.add(
            scalar.mark, Code.EXPECTATION, "the rule has no ladder for `by` to choose from", "remove it"
        )
    if not ladders or scalar is None:
        return None
    by = ladders[0].name
    quantity = amount(context, scalar, Slot(role="by", unit=context.catalogue[by].unit, measure=by))
    return None if quantity is None else quantity.value


def _expectations(
    context: Context, node: MappingNode, rule: Rule, every: Quantity, ticks: int
) -> tuple[Expectation, ...]:
    found = []
    for item in node.items("expect"):
        if not isinstance(item, MappingNode):
            continue
        at = item.scalar("at")
        quantity = amount(context, at, _AT) if at is not None else None
        if at is None or quantity is None:
            continue
        _check_moment(context, at, quantity, every, ticks)
        unknown = item.text("unknown")
        found.append(
            Expectation(
                at_seconds=quantity.value,
                condition=item.text("is"),
                level=_level(context, item, rule),
                unknown=unknown in ("true", "yes") if unknown else None,
                mark=item.mark,
            )
        )
    return tuple(found)


def _check_moment(context: Context, node: ScalarNode, at: Quantity, every: Quantity, ticks: int) -> None:
    last = every.exact * (ticks - 1)
    what = cure = ""
    if at.exact > last:
        what = f"at {at.text} the series is over: its last tick is at {duration_text(last)}"
        cure = "make the series longer"
    elif at.exact % every.exact:
        what = f"no tick falls on {at.text}"
        cure = f"there is one every {every.text}"
    if what:
        context.problems.add(node.mark, Code.EXPECTATION, what, cure)


def _level(context: Context, item: MappingNode, rule: Rule) -> Level | None:
    scalar = item.scalar("level")
    if scalar is None:
        return None
    level, condition = LEVEL_BY_NAME[scalar.text], item.text("is")
    levels = [held for held, _ in rule.actions]
    if condition not in ("firing", "clearing"):
        what = f"an alert that is {condition} has no level"
        context.problems.add(scalar.mark, Code.EXPECTATION, what, "remove the level, or write is: firing")
    elif level not in levels:
        names = ", ".join(held.name.lower() for held in levels)
        what = f"the rule never reaches {scalar.text}: its limit has {names}"
        context.problems.add(scalar.mark, Code.EXPECTATION, what)
    return level


def _actions(context: Context, node: MappingNode, rule: Rule) -> tuple[str, ...] | None:
    if node.get("actions") is None:
        return None
    known = {action.kind.value for _, actions in rule.actions for action in actions} - {
        ActionKind.NOTIFY.value
    }
    named: set[str] = set()
    for item in node.items("actions"):
        if not isinstance(item, ScalarNode):
            continue
        if item.text not in known:
            what = f"the rule never asks for {item.text}"
            cure = (
                choose(item.text, sorted(known))
                if known
                else "beside notify it asks for nothing: write actions: []"
            )
            context.problems.add(item.mark, Code.EXPECTATION, what, cure)
        named.add(item.text)
    return tuple(sorted(named))
