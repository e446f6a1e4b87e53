"""Compiles what each level does: the closed vocabulary of actions, and what makes no sense for a measure or a subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from riskd.measure.spec import Remedy, Unit
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.compile.levels import Measured
from riskd.policy.compile.limit import all_thresholds
from riskd.policy.compile.timing import Sources
from riskd.policy.limits.thresholds import inset
from riskd.policy.rule import Action, ActionKind, Approval, Limit, Objective, Urgency
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import listed
from riskd.policy.text.units import show
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, SequenceNode

_MAX_STEP = Slot(role="max_step", unit=Unit.RATIO, low=0.0, high=1.0, is_positive=True)
_DISTANCE = Slot(role="distance", unit=Unit.RATIO, low=0.0, high=1.0, is_positive=True)

_TARGET_CURE = "the target is a value of the rule's own measure; left out, it is the clear level"

_NOTIFY = Action(kind=ActionKind.NOTIFY)
# What less of the larger leg of a hedge brings back. Closing a hedge is left to people: its legs may lie anywhere.
_REBALANCED = ("hedge_ratio", "hedge_ratio_gap", "net_delta", "beta_delta")
# Subjects of one account, whose positions a plan can reduce.
_REDUCIBLE = frozenset({Grain.POSITION, Grain.ACCOUNT, Grain.STRATEGY, Grain.ASSET, Grain.GRID})


def actions_of(
    context: Context,
    sources: Sources,
    levels: Iterable[Level],
    limits: tuple[Limit, ...],
    measured: Measured,
    margin: float,
) -> tuple[tuple[Level, tuple[Action, ...]], ...]:
    """The actions of each level, by what the rule says, else the defaults, else ``notify``.

    Args:
        context: Of the file.
        sources: The rule and the defaults.
        levels: The levels that the rule has.
        limits: The rule's limit and those of its calendars, which a target must all satisfy.
        measured: The rule's measure.
        margin: The rule's clear margin.
    """
    held: list[tuple[Level, tuple[Action, ...]]] = []
    for level in levels:
        node = sources.find("then", level.name.lower())
        if not isinstance(node, SequenceNode):
            held.append((level, (_NOTIFY,)))
            continue
        actions = []
        for item in node.items:
            action = _action(context, item, measured)
            if _fits(context, item, action, measured):
                _check_target(context, item, action, level, limits, measured, margin)
            actions.append(action)
        _check_list(context, node, actions, level)
        held.append((level, tuple(actions)))
    return tuple(held)


def _action(context: Context, node: Node, measured: Measured) -> Action:
    if isinstance(node, ScalarNode):
        kind = ActionKind(node.text)
        return Action(kind=kind, approval=_default_approval(kind))
    assert isinstance(node, MappingNode)
    key, given = node.entries[0]
    kind = ActionKind(key.text)
    assert isinstance(given, MappingNode)
    approval, urgency = given.text("approval"), given.text("urgency")
    return Action(
        kind=kind,
        approval=Approval(approval) if approval else _default_approval(kind),
        to=_value(context, given.scalar("to"), replace(measured.slot("to"), cure=_TARGET_CURE)),
        objective=Objective(given.text("objective", Objective.MIN_COST.value)),
        max_step=_value(context, given.scalar("max_step"), _MAX_STEP) or 1.0,
        distance=_value(context, given.scalar("distance"), _DISTANCE),
        which=given.text("which", "risk_increasing"),
        urgency=Urgency(urgency) if urgency else None,
    )


def _default_approval(kind: ActionKind) -> Approval:
    """Orders that trade wait for a person unless the policy says otherwise; cancelling risk does not."""
    trades = kind in (ActionKind.DELEVERAGE, ActionKind.CLOSE, ActionKind.PLACE_STOP)
    return Approval.HUMAN if trades else Approval.AUTO


def _value(context: Context, node: ScalarNode | None, slot: Slot) -> float | None:
    quantity = amount(context, node, slot) if node is not None else None
    return None if quantity is None else quantity.value


def _check_list(context: Context, node: SequenceNode, actions: list[Action], level: Level) -> None:
    kinds = [action.kind for action in actions]
    for place, kind in enumerate(kinds):
        if kind in kinds[:place]:
            what = f"{kind.value} stands twice at {level.name.lower()}"
            context.problems.add(node.items[place].mark, Code.ACTION, what, "remove one of them")
    if kinds and ActionKind.NOTIFY not in kinds:
        what = f"{level.name.lower()} acts without telling anybody"
        context.problems.add(node.mark, Code.ACTION, what, "add notify")


def _fits(context: Context, node: Node, action: Action, measured: Measured) -> bool:
    """Whether an action can help the measure, and has one account to act in. If not, that is noted."""
    grain, name = measured.grain, measured.ref.name
    what = cure = ""
    if action.kind is ActionKind.DELEVERAGE and measured.is_custom:
        what = f"riskd does not know how closing positions changes this {name}"
        cure = "use close, notify or block_new_risk, or a measure of the catalogue"
    elif action.kind is ActionKind.DELEVERAGE and measured.spec.remedy is not Remedy.REDUCE:
        what, cure = f"riskd does not deleverage on {name}", _instead(measured)
    elif action.kind is ActionKind.DELEVERAGE and grain is Grain.HEDGE:
        what, cure = _no_rebalancing(action, name)
    elif action.kind in (ActionKind.DELEVERAGE, ActionKind.CLOSE) and grain not in _REDUCIBLE:
        what = f"{action.kind.value} needs positions of one account, and this rule is per {grain.value}"
        cure = f"use a rule per {listed(sorted(each.value for each in _REDUCIBLE))}"
    elif action.kind is ActionKind.PLACE_STOP and grain is not Grain.POSITION:
        what, cure = (
            f"a stop belongs to a position, and this rule is per {grain.value}",
            "use a rule per position",
        )
    if what:
        context.problems.add(node.mark, Code.ACTION, what, cure)
    return not what


def _no_rebalancing(action: Action, name: str) -> tuple[str, str]:
    """Why a hedge cannot be brought back by less of its larger leg, and what to write; both empty when it can."""
    if name not in _REBALANCED:
        what = f"less of one leg does not bring {name} of a hedge back"
        return what, f"use notify, block_new_risk, or a rule on {listed(_REBALANCED)}"
    if action.objective is not Objective.MIN_COST:
        return "a hedge is rebalanced by its larger leg alone", "leave `objective` out"
    return "", ""


def _instead(measured: Measured) -> str:
    """What a rule may do on a measure that riskd does not bring back by reducing positions."""
    if measured.spec.remedy is Remedy.PLACE_STOP:
        return "use place_stop or close"
    return (
        "use cancel_orders or close"
        if measured.spec.remedy is Remedy.CANCEL
        else "use block_new_risk or notify"
    )


def _check_target(
    context: Context,
    node: Node,
    action: Action,
    level: Level,
    limits: tuple[Limit, ...],
    measured: Measured,
    margin: float,
) -> None:
    """A target short of the clear level would reduce, stay firing, and reduce again."""
    if action.to is None:
        return
    for limit in limits:
        for low, high in _limits_of(limit, level):
            inner_low, inner_high = inset(limit.bound, low, high, margin)
            if inner_low <= action.to <= inner_high:
                continue
            is_over = action.to > inner_high
            edge, clear = (high, inner_high) if is_over else (low, inner_low)
            unit, name = measured.spec.unit, level.name.lower()
            what = f"to {show(action.to, unit)} does not clear {name} {show(edge, unit)}"
            side = "at most" if is_over else "at least"
            cure = f"it clears at {show(clear, unit)}: write {side} that, or leave `to` out"
            context.problems.add(node.mark, Code.TARGET, what, cure)
            return


def _limits_of(limit: Limit, level: Level) -> list[tuple[float, float]]:
    return [
        (low, high) for held in all_thresholds(limit) for known, low, high in held.levels if known is level
    ]
