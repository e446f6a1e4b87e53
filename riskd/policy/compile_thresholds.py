"""Compiles the limits of levels: ``{warn: 4x, breach: 5x}``, bands, and the short form ``5x``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from riskd.measure.spec import MeasureRef, MeasureSpec
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile_context import Context, Slot, amount
from riskd.policy.problems import Code
from riskd.policy.quantity import Quantity
from riskd.policy.rule import Bound, Thresholds
from riskd.policy.schema_parts import LEVEL_NAMES
from riskd.policy.yaml_text import MappingNode, Node, ScalarNode, SequenceNode

LEVEL_BY_NAME: Mapping[str, Level] = {name: Level[name.upper()] for name in LEVEL_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a limit is a limit of: a measure, taken for subjects of one grain."""

    ref: MeasureRef
    spec: MeasureSpec
    grain: Grain

    def slot(self, role: str) -> Slot:
        """A place for a quantity of this measure."""
        return Slot(role=role, unit=self.spec.unit, measure=self.ref.name)


def thresholds_at(context: Context, node: Node, bound: Bound, measured: Measured) -> Thresholds | None:
    """The thresholds at ``node``, which is no ladder; None when one of them is faulty."""
    if isinstance(node, ScalarNode):  # `max: 5x` is short for the breach alone
        quantity = amount(context, node, measured.slot("breach"))
        return None if quantity is None else Thresholds((_threshold(Level.BREACH, bound, quantity),))
    assert isinstance(node, MappingNode)
    return (
        _band(context, node, measured) if bound is Bound.BAND else levels_at(context, node, bound, measured)
    )


def levels_at(context: Context, node: MappingNode, bound: Bound, measured: Measured) -> Thresholds | None:
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


def _band(context: Context, node: MappingNode, measured: Measured) -> Thresholds | None:
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
    context: Context, pair: SequenceNode, name: str, measured: Measured
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
