"""Compiles the limit of a rule, plain or a ladder, and the tighter limits of its calendars."""

from __future__ import annotations

import math
from collections.abc import Sequence

from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, amount, measure_at
from riskd.policy.compile.levels import Measured, levels_at, thresholds_at
from riskd.policy.rule import Bound, Calendar, Limit, Step, Thresholds
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.units import show
from riskd.policy.text.yaml_text import MappingNode, ScalarNode


def limit_in(context: Context, holder: MappingNode, measured: Measured) -> Limit | None:
    """What stands at ``max``, ``min`` or ``band`` of a rule or of a calendar; None when it is faulty."""
    bound, node = next((bound, node) for bound in Bound if (node := holder.get(bound.value)) is not None)
    if isinstance(node, MappingNode) and node.get("steps") is not None:
        return _ladder(context, node, bound, measured)
    thresholds = thresholds_at(context, node, bound, measured)
    return None if thresholds is None else Limit(bound, thresholds)


def during_of(
    context: Context, rule: MappingNode, limit: Limit, measured: Measured
) -> tuple[tuple[Calendar, Limit], ...]:
    """The calendars of a rule with their limits. Unknown calendars and limits that loosen the rule's are noted."""
    during = rule.mapping("during")
    held = []
    for key, value in during.entries if during is not None else ():
        if key.text not in context.calendars:
            what = f"{quoted(key.text)} is not defined in `calendars`"
            context.problems.add(key.mark, Code.UNKNOWN_CALENDAR, what, choose(key.text, context.calendars))
            continue
        calendar = context.calendars[key.text]
        tighter = limit_in(context, value, measured) if isinstance(value, MappingNode) else None
        if calendar is not None and tighter is not None:
            _check_tightens(context, key, tighter, limit, measured)
            held.append((calendar, tighter))
    return tuple(held)


def all_thresholds(limit: Limit) -> tuple[Thresholds, ...]:
    """The thresholds of a plain limit, or of every step of a ladder."""
    return (
        (limit.thresholds,)
        if limit.thresholds is not None
        else tuple(step.thresholds for step in limit.steps)
    )


def levels_of(limit: Limit) -> tuple[Level, ...]:
    """The levels that a limit has; all steps of a ladder have the same."""
    return tuple(level for level, _, _ in all_thresholds(limit)[0].levels)


# ---- ladders -------------------------------------------------------------------------------------------------------


def _ladder(context: Context, node: MappingNode, bound: Bound, measured: Measured) -> Limit | None:
    by = _by(context, node, measured)
    nodes = [item for item in node.items("steps") if isinstance(item, MappingNode)]
    held = [levels_at(context, step, bound, measured) for step in nodes]
    thresholds = [one for one in held if one is not None]
    if by is None:
        return None
    edges = _edges(context, nodes, by)
    if edges is None or len(thresholds) < len(nodes) or not _is_even(context, nodes, thresholds):
        return None
    steps = tuple(Step(edge, one) for edge, one in zip(edges, thresholds, strict=True))
    return Limit(bound, by=by.ref, steps=steps)


def _by(context: Context, node: MappingNode, measured: Measured) -> Measured | None:
    by_node = node.get("by")
    found = measure_at(context, by_node) if by_node is not None else None
    if by_node is None or found is None:
        return None
    ref, spec = found
    if measured.grain in spec.grains:
        return Measured(ref=ref, spec=spec, grain=measured.grain)
    what = f"{ref.name} is not measured per {measured.grain.value}, so no ladder of this rule can go by it"
    context.problems.add(
        by_node.mark, Code.LADDER, what, f"{ref.name} is measured per {_grains(spec.grains)}"
    )
    return None


def _edges(context: Context, nodes: Sequence[MappingNode], by: Measured) -> list[float] | None:
    """Where each step ends, rising; infinity for the last, which must be open."""
    edges: list[float] = []
    before: Quantity | None = None
    for node in nodes:
        word = "above" if node.get("above") is not None else "upto"
        scalar = node.scalar(word)
        quantity = amount(context, scalar, by.slot(word)) if scalar is not None else None
        if scalar is None or quantity is None:
            return None
        fault = _edge_fault(word, quantity, before, is_last=node is nodes[-1])
        if fault is not None:
            context.problems.add(scalar.mark, Code.LADDER, *fault)
            return None
        edges.append(math.inf if word == "above" else quantity.value)
        before = quantity
    return edges


def _edge_fault(
    word: str, here: Quantity, before: Quantity | None, *, is_last: bool
) -> tuple[str, str] | None:
    if word == "upto" and is_last:
        return (
            "the ladder is not open at the top: what is larger has no limit",
            f"end with `above: {here.text}`",
        )
    if word == "above" and not is_last:
        return "only the last step may be `above`", "write `upto`"
    if word == "upto" and before is not None and here.exact <= before.exact:
        return f"upto {here.text} does not come after upto {before.text}", "write the steps in rising order"
    if word == "above" and before is not None and here.exact != before.exact:
        what = f"the last step begins above {here.text}, but the step before it ends at {before.text}"
        return what, f"write `above: {before.text}`"
    return None


def _is_even(context: Context, nodes: Sequence[MappingNode], held: Sequence[Thresholds]) -> bool:
    """Whether all steps have the same levels, and each level moves in one direction along the ladder."""
    levels = [[level for level, _, _ in one.levels] for one in held]
    for node, own in zip(nodes, levels, strict=True):
        if own != levels[0]:
            what = "this step has other levels than the first one, so a level would come and go with size"
            context.problems.add(node.mark, Code.LADDER, what, "give every step the same levels")
            return False
    for place, level in enumerate(levels[0]):
        limits = [sum(edge for edge in one.levels[place][1:] if math.isfinite(edge)) for one in held]
        if limits not in (sorted(limits), sorted(limits, reverse=True)):
            what = f"the {level.name.lower()} limits of this ladder go up and down"
            context.problems.add(nodes[0].mark, Code.LADDER, what, "let them only fall, or only rise")
            return False
    return True


# ---- calendars -----------------------------------------------------------------------------------------------------


def _check_tightens(
    context: Context, key: ScalarNode, tighter: Limit, limit: Limit, measured: Measured
) -> None:
    if tighter.bound is not limit.bound:
        what = f"{key.text} sets a `{tighter.bound.value}`, but the rule has a `{limit.bound.value}`"
        context.problems.add(key.mark, Code.DURING, what, f"write `{limit.bound.value}` here too")
    elif tighter.by is not None and limit.by is not None and tighter.by != limit.by:
        what = f"the ladder of {key.text} goes by {tighter.by.name}, the rule's own by {limit.by.name}"
        context.problems.add(key.mark, Code.DURING, what, "let both go by the same measure")
    else:
        for level in levels_of(tighter):
            _check_level_tightens(context, key, level, (tighter, limit), measured)


def _check_level_tightens(
    context: Context, key: ScalarNode, level: Level, limits: tuple[Limit, Limit], measured: Measured
) -> None:
    tighter, limit = (_edges_of(one, level) for one in limits)
    if not limit:
        return  # the calendar adds a level, which tightens
    tightest = max(low for low, _ in tighter), min(high for _, high in tighter)
    loosest = min(low for low, _ in limit), max(high for _, high in limit)
    looser = [
        edge
        for edge, is_looser in (
            (tightest[0], tightest[0] < loosest[0]),
            (tightest[1], tightest[1] > loosest[1]),
        )
        if is_looser
    ]
    if looser:
        limit_text = show(looser[0], measured.spec.unit)
        what = f"{level.name.lower()} {limit_text} during {key.text} is looser than the rule's own limit"
        context.problems.add(
            key.mark, Code.DURING, what, "the tightest limit counts, so it would have no effect"
        )


def _edges_of(limit: Limit, level: Level) -> list[tuple[float, float]]:
    return [
        (low, high) for held in all_thresholds(limit) for known, low, high in held.levels if known is level
    ]


def _grains(grains: frozenset[Grain]) -> str:
    return ", ".join(sorted(grain.value for grain in grains))
