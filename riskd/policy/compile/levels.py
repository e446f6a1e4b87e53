"""Compiles the limits of levels: ``{warn: 4x, breach: 5x}``, bands, and the short form ``5x``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from riskd.measure.spec import MeasureRef, MeasureSpec
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.formula import Formula
from riskd.policy.rule import Bound, Query, Rule, Thresholds
from riskd.policy.schema.parts import LEVEL_NAMES
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, SequenceNode

LEVEL_BY_NAME: Mapping[str, Level] = {name: Level[name.upper()] for name in LEVEL_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a limit is a limit of: a measure, taken for subjects of one grain.

    Attributes:
        formula: The arithmetic of a measure of the policy's own; ``query`` its statement.
    """

    ref: MeasureRef
    spec: MeasureSpec
    grain: Grain
    formula: Formula | None = None
    query: Query | None = None

    @property
    def is_custom(self) -> bool:
        """Whether the policy wrote the measure itself."""
        return self.formula is not None or self.query is not None

    def is_like(self, other: Measured) -> bool:
        """Whether two rules of the same name of measure, if it is the policy's own, also compute the same."""
        mine = self.formula and (self.formula.tree, self.formula.unit)
        theirs = other.formula and (other.formula.tree, other.formula.unit)
        return mine == theirs and (self.query and self.query.text) == (other.query and other.query.text)

    def slot(self, role: str) -> Slot:
        """A place for a quantity of this measure."""
        return Slot(role=role, unit=self.spec.unit, measure=self.ref.name)


class Slotted(Protocol):
    """Whatever knows the unit of a limit."""

    def slot(self, role: str) -> Slot:
        """A place for a quantity of that unit."""


@dataclass(frozen=True, slots=True)
class OfRule:
    """A limit beside a rule that is compiled already: of a waiver."""

    rule: Rule

    def slot(self, role: str) -> Slot:
        """A place for a quantity of the rule's measure."""
        return Slot(role=role, unit=self.rule.unit, measure=self.rule.measure.name)


def thresholds_at(context: Context, node: Node, bound: Bound, measured: Slotted) -> Thresholds | None:
    """The thresholds at ``node``, which is no ladder; None when one of them is faulty."""
    if isinstance(node, ScalarNode):  # `max: 5x` is short for the breach alone
        quantity = amount(context, node, measured.slot("breach"))
        return None if quantity is None else Thresholds((_threshold(Level.BREACH, bound, quantity),))
    assert isinstance(node, MappingNode)
    return (
        _band(context, node, measured) if bound is Bound.BAND else levels_at(context, node, bound, measured)
    )


def levels_at(context: Context, node: MappingNode, bound: Bound, measured: Slotted) -> Thresholds | None:
    """The limits that a mapping gives by level, in the order of severity; None when one of them is faulty."""
    held: list[tuple[str, Quantity]] = []
    nodes = [(name, scalar) for name in LEVEL_NAMES if (scalar := node.scalar(name)) is not None]
    for name, scalar in nodes:
        quantity = amount(context, scalar, measured.slot(name))
        if quantity is not None:
            if held:
                _check_order(context, scalar, (name, quantity), held[-1], bound)
            held.append((name, quantity))
    if len(held) < len(nodes):
        return None
    return Thresholds(tuple(_threshold(LEVEL_BY_NAME[name], bound, quantity) for name, quantity in held))


def _check_order(
    context: Context,
    node: ScalarNode,
    worse: tuple[str, Quantity],
    better: tuple[str, Quantity],
    bound: Bound,
) -> None:
    gap = worse[1].exact - better[1].exact
    if gap > 0 if bound is Bound.MIN else gap < 0:
        side = "lower" if bound is Bound.MIN else "higher"
        what = f"{worse[0]} {worse[1].text} is reached before {better[0]} {better[1].text}"
        cure = f"with `{bound.value}` the worse level has the {side} limit"
        context.problems.add(node.mark, Code.LEVEL_ORDER, what, cure)


def _band(context: Context, node: MappingNode, measured: Slotted) -> Thresholds | None:
    held: list[tuple[Level, float, float]] = []
    nodes = [(name, pair) for name in LEVEL_NAMES if isinstance(pair := node.get(name), SequenceNode)]
    for name, pair in nodes:
        edges = _band_edges(context, pair, name, measured)
        if edges is None:
            continue
        if held and (edges[0] > held[-1][1] or edges[1] < held[-1][2]):
            what = f"the {name} band does not enclose the {held[-1][0].name.lower()} band"
            context.problems.add(pair.mark, Code.BAND, what, "a worse level has the wider band")
        held.append((LEVEL_BY_NAME[name], *edges))
    return Thresholds(tuple(held)) if len(held) == len(nodes) else None


def _band_edges(
    context: Context, pair: SequenceNode, name: str, measured: Slotted
) -> tuple[float, float] | None:
    low, high = (
        amount(context, item, measured.slot(name)) if isinstance(item, ScalarNode) else None
        for item in pair.items
    )
    if low is None or high is None:
        return None
    if low.exact >= high.exact:
        what = f"the {name} band runs from {low.text} to {high.text}"
        context.problems.add(pair.mark, Code.BAND, what, "write the low edge first")
        return None
    return low.value, high.value


def _threshold(level: Level, bound: Bound, quantity: Quantity) -> tuple[Level, float, float]:
    value = quantity.value
    return (level, value, math.inf) if bound is Bound.MIN else (level, -math.inf, value)
