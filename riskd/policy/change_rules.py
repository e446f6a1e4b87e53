"""How one rule differs from what it was: its question, its limits, its timing, its scope, its actions, its words."""

from __future__ import annotations

from riskd.measure.spec import MeasureRef, Unit
from riskd.model.report import JsonValue
from riskd.policy.canonical import meaning
from riskd.policy.change import Change, Changes, Effect, arrow
from riskd.policy.change_actions import action_changes, action_text, added_effect, sends
from riskd.policy.change_limits import levels_of, limit_changes
from riskd.policy.change_scope import scope_changes
from riskd.policy.rule import MissingThen, Rule
from riskd.policy.units import show

_MISSING = (MissingThen.IGNORE, MissingThen.ALERT, MissingThen.BREACH)
# Of the policy, and of the parents.
_SAID_ELSEWHERE = frozenset({"guard", "mode", "chain"})
_QUESTION = ("measure", "unit", "grain", "formula", "query", "where", "limit", "during", "chain")


def rule_changes(old: Rule, new: Rule) -> list[Change]:
    """Every difference between two rules of one id but their mode and guard, which are the policy's affair."""
    changes = Changes(new.id, old.mark, new.mark)
    if _question_differs(changes, old, new):
        return changes.found
    limit_changes(changes, old, new)
    _timing_changes(changes, old, new)
    scope_changes(changes, old, new)
    _refines_changes(changes, old, new)
    action_changes(changes, old, new)
    for name in ("title", "why"):
        changes.words(name, getattr(old, name), getattr(new, name))
    if not changes.found and _differs(old, new):
        changes.add(Effect.UNCLEAR, "differs in a way that this version has no words for")
    return changes.found


def added_rule(rule: Rule) -> list[Change]:
    """A rule that was not there."""
    changes = Changes(rule.id, None, rule.mark)
    changes.add(Effect.TIGHTENS, f"rule added: {rule.title}")
    for level, action in sends(rule):
        if added_effect(action, rule) is Effect.ACTS_MORE:
            changes.add(Effect.ACTS_MORE, f"at {level.name.lower()}: {action_text(action, rule.unit)} added")
    return changes.found


def removed_rule(rule: Rule) -> list[Change]:
    """A rule that is no longer there."""
    changes = Changes(rule.id, rule.mark, None)
    changes.add(Effect.LOOSENS, f"rule removed: {rule.title}")
    return changes.found


def asks_otherwise(old: Rule, new: Rule) -> bool:
    """Whether alerts of the old rule mean something else under the new one.

    They do when what is measured, of whom, or a limit is another; not for timing, actions, mode and words.
    """
    return any(meaning(getattr(old, name)) != meaning(getattr(new, name)) for name in _QUESTION)


def _question_differs(changes: Changes, old: Rule, new: Rule) -> bool:
    """Whether the rules measure different things, so that their limits cannot be compared."""
    pairs = (
        ("measures", _measure_text(old.measure), _measure_text(new.measure)),
        ("per", old.grain.value, new.grain.value),
        ("unit", old.unit.value, new.unit.value),
    )
    found = [pair for pair in pairs if pair[1] != pair[2]]
    for name, before, after in found:
        changes.add(Effect.UNCLEAR, arrow(name, before, after))
    if not found and (old.formula != new.formula or _query(old) != _query(new)):
        changes.add(Effect.UNCLEAR, f"the {new.measure.name} asks something else")
        return True
    return bool(found)


def _measure_text(ref: MeasureRef) -> str:
    told = ref.given()
    return f"{ref.name}({told})" if told else ref.name


def _query(rule: Rule) -> str:
    return "" if rule.query is None else rule.query.text


def _timing_changes(changes: Changes, old: Rule, new: Rule) -> None:
    for level in sorted(levels_of(old) & levels_of(new)):
        changes.size(
            f"{level.name.lower()} for",
            old.hold(level),
            new.hold(level),
            _seconds,
            more=Effect.LOOSENS,
            less=Effect.TIGHTENS,
        )
    later, sooner = Effect.TIGHTENS, Effect.LOOSENS  # an alert that lasts longer is the safer one
    changes.size(
        "clear margin",
        old.clear_margin,
        new.clear_margin,
        lambda value: show(value, Unit.RATIO),
        more=later,
        less=sooner,
    )
    changes.size("clear for", old.clear_seconds, new.clear_seconds, _seconds, more=later, less=sooner)
    changes.size(
        "missing hold",
        old.missing_hold_seconds,
        new.missing_hold_seconds,
        _seconds,
        more=Effect.LOOSENS,
        less=Effect.TIGHTENS,
    )
    if old.missing_then is not new.missing_then:
        stricter = _MISSING.index(new.missing_then) > _MISSING.index(old.missing_then)
        what = arrow("missing then", old.missing_then.value, new.missing_then.value)
        changes.add(Effect.TIGHTENS if stricter else Effect.LOOSENS, what)


def _refines_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """What a parent's own limits became is said of the parent."""
    if old.refines == new.refines:
        return
    if not old.refines:
        changes.add(Effect.TIGHTENS, f"refines {new.refines}: its limits hold too")
    elif not new.refines:
        changes.add(Effect.LOOSENS, f"no longer refines {old.refines}: its limits no longer hold here")
    else:
        changes.add(Effect.UNCLEAR, arrow("refines", old.refines, new.refines))


def _differs(old: Rule, new: Rule) -> bool:
    """Whether any other field differs: a noun that was added later is never passed over in silence."""
    return _rest(old) != _rest(new)


def _rest(rule: Rule) -> dict[str, JsonValue]:
    whole = meaning(rule)
    assert isinstance(whole, dict)
    return {name: value for name, value in whole.items() if name not in _SAID_ELSEWHERE}


def _seconds(value: float) -> str:
    return show(value, Unit.DURATION)
