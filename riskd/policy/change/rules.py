"""How one rule differs from what it was: its question, its limits, its timing, its scope, its actions, its words."""

from __future__ import annotations

from riskd.measure.spec import MeasureRef, Unit
from riskd.model.report import JsonValue
from riskd.model.verdict import Level
from riskd.policy.canonical import meaning
from riskd.policy.change.actions import (
    action_changes,
    action_text,
    acts_at,
    acts_at_any,
    acts_somewhere,
    added_effect,
    sends,
)
from riskd.policy.change.change import Change, Changes, Effect, arrow
from riskd.policy.change.limits import limit_changes
from riskd.policy.change.places import Pair
from riskd.policy.change.scope import scope_changes
from riskd.policy.limits.effective import levels_of
from riskd.policy.rule import MissingThen, Rule
from riskd.policy.text.units import show

_MISSING = (MissingThen.IGNORE, MissingThen.ALERT, MissingThen.BREACH)
# Of the policy, and of the parents.
_SAID_ELSEWHERE = frozenset({"guard", "mode", "chain"})
_QUESTION = ("measure", "unit", "grain", "formula", "query", "where", "limit", "during", "chain")


def rule_changes(pair: Pair) -> list[Change]:
    """Every difference between two rules of one id but their mode and guard, which are the policy's affair."""
    old, new = pair.old, pair.new
    changes = Changes(new.id, *pair.places("measure", "expr", "sql"))
    if _question_differs(changes, old, new):
        return changes.found
    limit_changes(changes, old, new, pair.policy_places("calendars"))
    _timing_changes(changes, pair)
    scope_changes(changes, pair)
    changes.point(*pair.places("refines"))
    _refines_changes(changes, old, new)
    changes.point(*pair.shared_places("then", "defaults"))
    action_changes(changes, old, new)
    for name in ("title", "why"):
        changes.point(*pair.places(name))
        changes.words(name, getattr(old, name), getattr(new, name))
    if not changes.found and _differs(old, new):
        changes.point(old.mark, new.mark)
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


def _timing_changes(changes: Changes, pair: Pair) -> None:
    changes.point(*pair.shared_places("for", "defaults"))
    _hold_changes(changes, pair.old, pair.new)
    changes.point(*pair.shared_places("clear", "defaults"))
    _clear_changes(changes, pair.old, pair.new)
    changes.point(*pair.shared_places("missing", "defaults"))
    _missing_changes(changes, pair.old, pair.new)


def _hold_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """How long each level waits; one line where all of them change alike."""
    levels = sorted(levels_of(old) & levels_of(new))
    moves = {(old.hold(level), new.hold(level)) for level in levels}
    groups = [tuple(levels)] if len(moves) == 1 else [(level,) for level in levels]
    for group in groups:

        def also(effect: Effect, group: tuple[Level, ...] = group) -> Effect | None:
            return next(filter(None, (acts_at(old, new, level, effect) for level in group)), None)

        changes.size(
            "for" if len(group) > 1 else f"{group[0].name.lower()} for",
            old.hold(group[0]),
            new.hold(group[0]),
            _seconds,
            more=Effect.LOOSENS,
            less=Effect.TIGHTENS,
            also=also,
        )


def _clear_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """An alert that lasts longer is the safer one.

    Either way orders may change: one that lasts longer asks for its orders longer, and one that ends sooner may fire, and
    ask, anew.
    """

    def also(_: Effect) -> Effect | None:
        return acts_somewhere(new)

    changes.size(
        "clear margin",
        old.clear_margin,
        new.clear_margin,
        lambda value: show(value, Unit.RATIO),
        more=Effect.TIGHTENS,
        less=Effect.LOOSENS,
        also=also,
    )
    changes.size(
        "clear for",
        old.clear_seconds,
        new.clear_seconds,
        _seconds,
        more=Effect.TIGHTENS,
        less=Effect.LOOSENS,
        also=also,
    )


def _missing_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """Missing data starts no order, so nothing of this acts."""
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
        changes.add(
            Effect.TIGHTENS,
            f"refines {new.refines}: its limits hold too",
            acts_at_any(old, new, Effect.TIGHTENS),
        )
    elif not new.refines:
        what = f"no longer refines {old.refines}: its limits no longer hold here"
        changes.add(Effect.LOOSENS, what, acts_at_any(old, new, Effect.LOOSENS))
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
