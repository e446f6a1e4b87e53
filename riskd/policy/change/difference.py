"""What a change of policies does: what it loosens, what it tightens, where riskd would act more, what is only words.

Compiled policies are compared, so variables, defaults and the order of things do not show. The answer is complete: two
bundles without a difference have the same meaning, and what cannot be told apart by reasoning is called unclear.
"""

from __future__ import annotations

from collections.abc import Iterable

from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.canonical import meaning
from riskd.policy.change.actions import can_send, sends
from riskd.policy.change.change import Change, Changes, Effect, arrow
from riskd.policy.change.groups import grouped
from riskd.policy.change.places import Pair
from riskd.policy.change.rules import added_rule, asks_otherwise, removed_rule, rule_changes
from riskd.policy.change.waivers import terms_changes, waiver_changes
from riskd.policy.rule import Guard, Rule
from riskd.policy.text.units import show


def differences(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """Every difference, by policy and rule in the order of their names, waivers last."""
    before, after = ({policy.name: policy for policy in bundle.policies} for bundle in (old, new))
    found: list[Change] = []
    for name in sorted({*before, *after}):
        found.extend(_of_one(before.get(name), after.get(name)))
    return (*grouped(found), *waiver_changes(old, new))


def acts_beyond(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """The differences by which riskd may send orders of which it could send none, or no such.

    They are what acts more by itself, and what is unclear of a rule that can send any. A limit that moves in front of an
    old order is none of them: whether that order would go out depends on the book.
    """
    sending = _sending(new)
    return tuple(
        change
        for change in differences(old, new)
        if change.effect is Effect.ACTS_MORE or _is_open(change, sending)
    )


def may_send_more(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """The differences by which any order may go out that did not: a new one, or an old one for another book."""
    sending = _sending(new)
    return tuple(
        change
        for change in differences(old, new)
        if Effect.ACTS_MORE in change.effects or _is_open(change, sending)
    )


def _sending(bundle: Bundle) -> frozenset[str]:
    return frozenset(rule.id for rule in bundle.rules if can_send(rule))


def _is_open(change: Change, sending: frozenset[str]) -> bool:
    """Whether it is unclear, and of a rule that can send orders."""
    return change.effect is Effect.UNCLEAR and not sending.isdisjoint((change.about, *change.rules))


def changed_rules(old: Bundle, new: Bundle) -> frozenset[str]:
    """Ids of rules that both have and that ask otherwise: another limit, of its own or a parent's, scope or measure."""
    before = {rule.id: rule for rule in old.rules}
    return frozenset(
        rule.id for rule in new.rules if rule.id in before and asks_otherwise(before[rule.id], rule)
    )


def _of_one(old: Policy | None, new: Policy | None) -> list[Change]:
    if old is None and new is not None:
        return [change for rule in new.rules for change in added_rule(rule)]
    if new is None and old is not None:
        return [change for rule in old.rules for change in removed_rule(rule)]
    assert old is not None and new is not None, "one of them has the name"  # noqa: PT018  # one fact
    return [
        *_head_changes(old, new),
        *_rules_changes(old, new),
        *terms_changes(old, new),
        *_test_changes(old, new),
    ]


def _head_changes(old: Policy, new: Policy) -> list[Change]:
    changes = Changes(new.name, old.place("mode"), new.place("mode"))
    if old.mode is not new.mode:
        _mode_change(changes, old.mode, new.mode, (*old.rules, *new.rules))
    changes.point(old.place("guard"), new.place("guard"))
    _guard_changes(changes, _guard(old), _guard(new))
    for name in ("title", "owner", "version"):
        changes.point(old.place(name), new.place(name))
        changes.words(name, getattr(old, name), getattr(new, name))
    return changes.found


def _rules_changes(old: Policy, new: Policy) -> list[Change]:
    before = {rule.id: rule for rule in old.rules}
    after = {rule.id: rule for rule in new.rules}
    found: list[Change] = []
    for name in sorted({*before, *after}):
        if name not in after:
            found.extend(removed_rule(before[name]))
        elif name not in before:
            found.extend(added_rule(after[name]))
        else:
            found.extend(_own_mode(old, new, before[name], after[name]))
            pair = Pair(before=old, after=new, old=before[name], new=after[name])
            found.extend(rule_changes(pair))
    return found


def _own_mode(old_policy: Policy, new_policy: Policy, old: Rule, new: Rule) -> list[Change]:
    """A change of mode that the policy's own does not explain."""
    moved = (old.mode, new.mode)
    if old.mode is new.mode or moved == (old_policy.mode, new_policy.mode):
        return []
    changes = Changes(new.id, old.place("mode"), new.place("mode"))
    _mode_change(changes, *moved, (old, new))
    return changes.found


def _mode_change(changes: Changes, old: Mode, new: Mode, rules: Iterable[Rule]) -> None:
    """The mode decides over orders only; a rule that sends none, before or after, is not touched by it."""
    effect = Effect.ACTS_MORE if new > old else Effect.LOOSENS
    if not any(sends(rule) for rule in rules):
        effect = Effect.WORDS
    changes.add(effect, arrow("mode", old.name.lower(), new.name.lower()))


def _guard(policy: Policy) -> Guard:
    return policy.rules[0].guard if policy.rules else Guard()


def _guard_changes(changes: Changes, old: Guard, new: Guard) -> None:
    bounds = (
        ("max_actions_per_hour", old.actions_per_hour_max, new.actions_per_hour_max, Unit.COUNT),
        ("max_notional_per_hour", old.notional_per_hour_max, new.notional_per_hour_max, Unit.MONEY),
        ("max_positions_touched", old.positions_touched_max, new.positions_touched_max, Unit.RATIO),
    )
    for name, before, after, unit in bounds:
        if before != after:
            rises = before is not None and (after is None or after > before)
            what = arrow(f"guard {name}", _bound_text(before, unit), _bound_text(after, unit))
            changes.add(Effect.ACTS_MORE if rises else Effect.TIGHTENS, what)
    if old.cooldown_seconds != new.cooldown_seconds:
        shorter = (new.cooldown_seconds or 0.0) < (old.cooldown_seconds or 0.0)
        before_text, after_text = (_bound_text(guard.cooldown_seconds, Unit.DURATION) for guard in (old, new))
        changes.add(
            Effect.ACTS_MORE if shorter else Effect.TIGHTENS,
            arrow("guard cooldown", before_text, after_text),
        )


def _bound_text(value: object, unit: Unit) -> str:
    return "none" if value is None else show(float(str(value)), unit)


def _test_changes(old: Policy, new: Policy) -> list[Change]:
    """Tests judge nothing themselves; one that is gone is said, because it no longer guards its rule."""
    before, after = ({test.name: test for test in policy.tests} for policy in (old, new))
    found: list[Change] = []
    for name in sorted({*before, *after}):
        first, second = before.get(name), after.get(name)
        if first is None or second is None or meaning(first) != meaning(second):
            what = "added" if first is None else "removed" if second is None else "changed"
            mark = None if first is None else first.mark
            changes = Changes(new.name, mark, None if second is None else second.mark)
            changes.add(Effect.WORDS, f"test '{name}' {what}")
            found.extend(changes.found)
    return found
