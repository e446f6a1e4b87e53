"""How the actions of one rule differ, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.verdict import Level
from riskd.policy.change.change import Changes, Effect, arrow
from riskd.policy.limits.effective import levels_of
from riskd.policy.rule import SENDS_ORDERS, Action, ActionKind, Approval, Bound, Rule
from riskd.policy.text.units import show

# What `cancel_orders` cancels: each cancels what the one before does, and more.
_WHICH = ("grid", "risk_increasing", "all")


def action_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """What became of the actions of each level that has a limit after the change.

    A level that has none any more is a change of the limit, and said there.
    """
    before = levels_of(old)
    for level in sorted(levels_of(new)):
        was = old.actions_at(level) if level in before else ()
        now = new.actions_at(level)
        for kind in ActionKind:
            pairs = zip_longest(_of(kind, was), _of(kind, now))
            for first, second in pairs:
                if level in before or (second is not None and second.kind in SENDS_ORDERS):
                    _compare(changes, level, first, second, new)


def sends(rule: Rule) -> tuple[tuple[Level, Action], ...]:
    """The actions of a rule that send orders, by level."""
    return tuple(
        (level, action)
        for level in sorted(levels_of(rule))
        for action in rule.actions_at(level)
        if action.kind in SENDS_ORDERS
    )


def can_send(rule: Rule) -> bool:
    """Whether the rule's own mode lets any of its actions become an order."""
    return rule.mode > Mode.OBSERVE and bool(sends(rule))


def sends_alone(rule: Rule, level: Level) -> frozenset[Action]:
    """The actions of a level that become orders without a person."""
    if rule.mode < Mode.ENFORCE:
        return frozenset()
    actions = rule.actions_at(level)
    return frozenset(each for each in actions if each.kind in SENDS_ORDERS and each.approval is Approval.AUTO)


def acts_at(old: Rule, new: Rule, level: Level, effect: Effect) -> Effect | None:
    """Whether a limit or a wait of a level that goes this way lets an order go out that did not.

    A tighter one brings books to the level, and with them its orders. A looser one leaves them at the next milder level,
    which runs its own list instead: that may hold an order which the worse level's does not.
    """
    if effect is Effect.TIGHTENS:
        return Effect.ACTS_MORE if sends_alone(new, level) else None
    if effect is Effect.LOOSENS:
        milder = max((each for each in levels_of(new) if each < level), default=Level.OK)
        return Effect.ACTS_MORE if sends_alone(new, milder) - sends_alone(old, level) else None
    return None


def acts_at_any(old: Rule, new: Rule, effect: Effect) -> Effect | None:
    """The same of a change that touches the limits of all levels, or of levels that are not known."""
    levels = levels_of(old) | levels_of(new)
    return next(filter(None, (acts_at(old, new, level, effect) for level in levels)), None)


def acts_somewhere(rule: Rule) -> Effect | None:
    """Whether any level of the rule sends orders without a person."""
    return Effect.ACTS_MORE if any(sends_alone(rule, level) for level in levels_of(rule)) else None


def added_effect(action: Action, rule: Rule) -> Effect:
    """What it means that a rule has an action which it had not."""
    acts = action.kind in SENDS_ORDERS and rule.mode > Mode.OBSERVE
    return Effect.ACTS_MORE if acts else Effect.TIGHTENS


def does_more(old: Action, new: Action, rule: Rule) -> bool:
    """Whether an action of a rule does more than another one of its kind, or may: it is not proven to do as much or less."""
    changes = Changes(rule.id, None, None)
    _compare_parameters(changes, "", old, new, rule)
    return any(change.effect in (Effect.ACTS_MORE, Effect.UNCLEAR) for change in changes.found)


def action_text(action: Action, unit: Unit) -> str:
    """An action with its parameters, short."""
    told = [] if action.to is None else [f"to {show(action.to, unit)}"]
    if action.kind is ActionKind.CANCEL_ORDERS:
        told.append(action.which)
    if action.distance is not None:
        told.append(f"at {show(action.distance, Unit.RATIO)}")
    if action.kind in SENDS_ORDERS:
        told.append(action.approval.value)
    return " ".join([action.kind.value, *told])


def _of(kind: ActionKind, actions: Sequence[Action]) -> list[Action]:
    return [action for action in actions if action.kind is kind]


def _compare(changes: Changes, level: Level, old: Action | None, new: Action | None, rule: Rule) -> None:
    place = f"at {level.name.lower()}: "
    if old is None and new is not None:
        changes.add(added_effect(new, rule), f"{place}{action_text(new, rule.unit)} added")
    elif new is None and old is not None:
        changes.add(Effect.LOOSENS, f"{place}{action_text(old, rule.unit)} dropped")
    elif old is not None and new is not None:
        _compare_parameters(changes, f"{place}{new.kind.value} ", old, new, rule)


def _compare_parameters(changes: Changes, place: str, old: Action, new: Action, rule: Rule) -> None:
    acts_more = added_effect(new, rule)
    if old.approval is not new.approval:
        needs_fewer = new.approval.people < old.approval.people
        what = arrow(f"{place}approval", old.approval.value, new.approval.value)
        changes.add(acts_more if needs_fewer else Effect.LOOSENS, what)
    changes.size(
        f"{place}max_step",
        old.max_step,
        new.max_step,
        lambda value: show(value, Unit.RATIO),
        more=acts_more,
        less=Effect.LOOSENS,
    )
    if old.objective is not new.objective:
        changes.add(Effect.UNCLEAR, arrow(f"{place}objective", old.objective.value, new.objective.value))
    if old.urgency is not new.urgency:
        changes.add(Effect.UNCLEAR, arrow(f"{place}urgency", _urgency(old), _urgency(new)))
    _compare_target(changes, place, old, new, rule)
    _compare_distance(changes, place, old, new, acts_more)
    if old.which != new.which:
        effect = acts_more if _WHICH.index(new.which) > _WHICH.index(old.which) else Effect.LOOSENS
        changes.add(effect, arrow(f"{place}which", old.which, new.which))


def _compare_target(changes: Changes, place: str, old: Action, new: Action, rule: Rule) -> None:
    """A target further inside the limit means larger orders."""
    if old.to == new.to:
        return
    if old.to is None or new.to is None or rule.limit.bound is Bound.BAND:
        before, after = (_target(action, rule.unit) for action in (old, new))
        changes.add(Effect.UNCLEAR, arrow(f"{place}to", before, after))
        return
    deeper = added_effect(new, rule)
    more, less = (Effect.LOOSENS, deeper) if rule.limit.bound is Bound.MAX else (deeper, Effect.LOOSENS)
    changes.size(f"{place}to", old.to, new.to, lambda value: show(value, rule.unit), more=more, less=less)


def _compare_distance(changes: Changes, place: str, old: Action, new: Action, acts_more: Effect) -> None:
    """A stop further away costs more when it is reached; a nearer one closes positions that went on before."""
    if old.distance is not None and new.distance is not None:
        changes.size(
            f"{place}distance",
            old.distance,
            new.distance,
            lambda value: show(value, Unit.RATIO),
            more=Effect.LOOSENS,
            less=acts_more,
        )
    elif old.distance != new.distance:
        changes.add(Effect.UNCLEAR, f"{place}distance")


def _urgency(action: Action) -> str:
    return "by level" if action.urgency is None else action.urgency.value


def _target(action: Action, unit: Unit) -> str:
    return "the clear level" if action.to is None else show(action.to, unit)
