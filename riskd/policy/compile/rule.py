"""Compiles one rule in two steps: first its measure and its limits, then, once the rules that it refines are known, all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from riskd.measure.spec import Counts
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.actions import actions_of
from riskd.policy.compile.context import Context, measure_at
from riskd.policy.compile.custom import custom_measure
from riskd.policy.compile.levels import Measured
from riskd.policy.compile.limit import during_of, levels_of, limit_in
from riskd.policy.compile.selector import selector_at
from riskd.policy.compile.timing import Sources, Timing, timing_of
from riskd.policy.rule import (
    SENDS_ORDERS,
    Action,
    Ancestor,
    Calendar,
    Guard,
    Limit,
    MissingThen,
    Rule,
    Selector,
)
from riskd.policy.schema.parts import LEVEL_NAMES
from riskd.policy.scope.select import CARRIED
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode, ScalarNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a policy says once for all of its rules.

    Attributes:
        defaults: None when there are none, or they have a fault in their shape.
        has_faulty_defaults: Whether they have one, so that nobody can say what a rule does which has no actions of its own.
    """

    policy: str
    mode: Mode
    scope: Selector
    guard: Guard
    defaults: MappingNode | None
    has_faulty_defaults: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The measure and the limits of a rule: what rules that refine it, or that it refines, must know of it.

    Attributes:
        id: ``policy/rule``.
        node: Where it stands.
        refines: The name of its parent; None for a rule that refines nothing.
    """

    id: str
    node: MappingNode
    measured: Measured
    limit: Limit
    during: tuple[tuple[Calendar, Limit], ...]
    refines: ScalarNode | None


def draft_rule(context: Context, node: MappingNode, policy: str) -> Draft | None:
    """The first step; None when a fault leaves too little of the rule to be one."""
    measured = _measured(context, node)
    if measured is None:
        return None
    limit = limit_in(context, node, measured)
    if limit is None:
        return None
    return Draft(
        id=f"{policy}/{node.text('id')}",
        node=node,
        measured=measured,
        limit=limit,
        during=during_of(context, node, limit, measured),
        refines=node.scalar("refines"),
    )


def compile_rule(context: Context, draft: Draft, frame: Frame, chain: tuple[Ancestor, ...]) -> Rule:
    """The second step: the whole rule. It has the levels of its own limits and those of its ancestors."""
    node, measured = draft.node, draft.measured
    own = (draft.limit, *(limit for _, limit in draft.during))
    limits = (*own, *(limit for ancestor in chain for limit in ancestor.limits))
    levels = sorted({level for each in limits for level in levels_of(each)})
    sources = Sources(rule=node, defaults=frame.defaults)
    timing = timing_of(context, sources, levels, draft.limit.bound)
    actions = actions_of(context, sources, levels, limits, measured, timing.clear_margin)
    _check_levels_used(context, node, levels)
    _check_missing(context, node, timing, actions, levels)
    return Rule(
        id=draft.id,
        policy=frame.policy,
        title=node.text("title"),
        why=" ".join(node.text("why").split()),
        measure=measured.ref,
        unit=measured.spec.unit,
        grain=measured.grain,
        where=_where(context, node, frame.scope, measured),
        limit=draft.limit,
        during=draft.during,
        hold_seconds=timing.hold_seconds,
        clear_margin=timing.clear_margin,
        clear_seconds=timing.clear_seconds,
        missing_hold_seconds=timing.missing_hold_seconds,
        missing_then=timing.missing_then,
        actions=actions,
        mode=_mode(context, node, frame.mode),
        guard=frame.guard,
        mark=node.mark,
        refines=node.text("refines"),
        chain=chain,
        formula=measured.formula,
        query=measured.query,
        places=tuple((key.text, key.mark) for key, _ in node.entries),
    )


def sends_orders(rule: Rule) -> bool:
    """Whether any level of the rule may send an order."""
    return any(action.kind in SENDS_ORDERS for _, actions in rule.actions for action in actions)


def _measured(context: Context, node: MappingNode) -> Measured | None:
    measure, per = node.get("measure"), node.scalar("per")
    if measure is None:
        return custom_measure(context, node)
    found = measure_at(context, measure) if measure is not None else None
    if found is None or per is None:
        return None
    ref, spec = found
    grain = Grain(per.text)
    if grain not in spec.grains:
        grains = " or ".join(sorted(each.value for each in spec.grains))
        what = f"{ref.name} is not measured per {grain.value}"
        context.problems.add(per.mark, Code.WRONG_SUBJECT, what, f"write per: {grains}")
        return None
    return Measured(ref=ref, spec=spec, grain=grain)


def _where(context: Context, node: MappingNode, scope: Selector, measured: Measured) -> Selector:
    where = node.mapping("where")
    own = selector_at(context, where)
    for key, _ in where.entries if where is not None else ():
        carried = CARRIED[measured.grain]
        if measured.spec.counts is Counts.WHOLE_ACCOUNT and key.text not in carried:
            name, grain = measured.ref.name, measured.grain.value
            what = f"`{key.text}` would have no effect: {name} per {grain} is one number of the whole {grain}"
            cure = f"choose by {', '.join(carried)}" if carried else "remove it"
            context.problems.add(key.mark, Code.WRONG_SUBJECT, what, cure)
    return Selector(tuple(sorted((*scope.tests, *own.tests), key=lambda test: test[0])))


def _mode(context: Context, node: MappingNode, policy_mode: Mode) -> Mode:
    scalar = node.scalar("mode")
    if scalar is None:
        return policy_mode
    mode = Mode[scalar.text.upper()]
    if mode > policy_mode:
        what = f"mode {scalar.text} is stronger than the policy's ({policy_mode.name.lower()})"
        context.problems.add(scalar.mark, Code.MODE, what, "a rule can only weaken it")
    return min(mode, policy_mode)


def _check_levels_used(context: Context, node: MappingNode, levels: Iterable[Level]) -> None:
    """What a rule itself says of a level must be of a level that it can reach."""
    reached = {level.name.lower() for level in levels}
    for section in ("for", "then"):
        held = node.mapping(section)
        for name in LEVEL_NAMES:
            key = held.key(name) if held is not None else None
            if key is not None and name not in reached:
                what = f"`{section}` speaks of {name}, but the limit has no {name}"
                context.problems.add(
                    key.mark, Code.UNUSED_LEVEL, what, f"give the limit a {name}, or remove this"
                )


def _check_missing(
    context: Context,
    node: MappingNode,
    timing: Timing,
    actions: tuple[tuple[Level, tuple[Action, ...]], ...],
    levels: Iterable[Level],
) -> None:
    """Missing data may raise an alert. It must never send an order, and nobody may ignore it without a reason."""
    problems = context.problems
    if timing.missing_then is MissingThen.IGNORE and not node.text("why").strip():
        problems.add(node.mark, Code.NEEDS_WHY, "missing data is ignored without a reason", "say it in `why`")
    if timing.missing_then is not MissingThen.BREACH:
        return
    if Level.BREACH not in levels:
        what = "missing data counts as a breach, but the limit has no breach"
        problems.add(node.mark, Code.UNUSED_LEVEL, what, "give the limit a breach, or write `then: alert`")
    sending = [
        action.kind.value for action in dict(actions).get(Level.BREACH, ()) if action.kind in SENDS_ORDERS
    ]
    if sending:
        what = f"missing data counts as a breach, and breach sends orders ({', '.join(sending)})"
        cure = "orders must never rest on missing data: write `missing: {then: alert}`, or take the orders out of breach"
        problems.add(node.mark, Code.ORDERS_ON_MISSING_DATA, what, cure)
