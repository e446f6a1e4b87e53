"""How waivers, and what policies allow of them, differ. A waiver is a loosening from the moment it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from riskd.measure.spec import Unit
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.change.actions import acts_at, acts_at_any
from riskd.policy.change.change import Also, Change, Changes, Effect, arrow, nothing_else
from riskd.policy.change.limits import threshold_changes
from riskd.policy.rule import Rule
from riskd.policy.text.units import show
from riskd.policy.waiver import Waiver, WaiverTerms


def waiver_changes(old: Bundle, new: Bundle) -> list[Change]:
    """What became of every waiver, in the order of their ids."""
    before, after = ({waiver.id: waiver for waiver in bundle.waivers} for bundle in (old, new))
    rules = {rule.id: rule for rule in (*old.rules, *new.rules)}
    return [
        change
        for name in sorted({*before, *after})
        for change in _of_one(before.get(name), after.get(name), rules)
    ]


def terms_changes(old: Policy, new: Policy) -> list[Change]:
    """What became of the terms under which rules of the policy may be waived."""
    changes = Changes(new.name, old.place("waivers"), new.place("waivers"))
    before, after = old.waiver_terms, new.waiver_terms
    if before is None and after is not None:
        changes.add(Effect.LOOSENS, "its rules may be waived")
    elif before is not None and after is None:
        changes.add(Effect.TIGHTENS, "its rules may no longer be waived")
    elif before is not None and after is not None:
        _compare_terms(changes, before, after)
    return changes.found


def _of_one(old: Waiver | None, new: Waiver | None, rules: Mapping[str, Rule]) -> list[Change]:
    either = new or old
    assert either is not None
    changes = Changes(
        f"waiver {either.id}", None if old is None else old.mark, None if new is None else new.mark
    )
    if old is None and new is not None:
        changes.add(Effect.LOOSENS, f"added: {_text(new)}", _acts(rules.get(new.rule))(Effect.LOOSENS))
    elif new is None and old is not None:
        changes.add(Effect.TIGHTENS, f"ended: {_text(old)}", _acts(rules.get(old.rule))(Effect.TIGHTENS))
    elif old is not None and new is not None:
        _compare(changes, old, new, rules)
    return changes.found


def _text(waiver: Waiver) -> str:
    how = "suspended" if waiver.limit is None else "a temporary limit"
    return f"{waiver.rule} for {waiver.subject}, {how}, until {waiver.until_at:%Y-%m-%d %H:%M} UTC"


def _compare(changes: Changes, old: Waiver, new: Waiver, rules: Mapping[str, Rule]) -> None:
    if (old.rule, old.subject) != (new.rule, new.subject):
        changes.add(Effect.UNCLEAR, arrow("waives", _text(old), _text(new)))
        return
    acts = _acts(rules.get(new.rule))
    if new.until_at != old.until_at:
        effect = Effect.LOOSENS if new.until_at > old.until_at else Effect.TIGHTENS
        what = arrow("until", f"{old.until_at:%Y-%m-%d %H:%M}", f"{new.until_at:%Y-%m-%d %H:%M}")
        changes.add(effect, what, acts(effect))
    if new.from_at != old.from_at:
        effect = Effect.LOOSENS if new.from_at < old.from_at else Effect.TIGHTENS
        what = arrow("from", f"{old.from_at:%Y-%m-%d %H:%M}", f"{new.from_at:%Y-%m-%d %H:%M}")
        changes.add(effect, what, acts(effect))
    _compare_limit(changes, old, new, rules.get(new.rule))
    for name in ("requested_by", "approved_by", "reason", "ticket"):
        changes.words(name, getattr(old, name), getattr(new, name))


def _compare_limit(changes: Changes, old: Waiver, new: Waiver, rule: Rule | None) -> None:
    if old.limit == new.limit:
        return
    if new.limit is None:
        changes.add(Effect.LOOSENS, "suspended instead of a temporary limit")
    elif old.limit is None:
        also = _acts(rule)(Effect.TIGHTENS)
        changes.add(Effect.TIGHTENS, "a temporary limit instead of a suspension", also)
    elif rule is None:
        changes.add(Effect.UNCLEAR, "the temporary limit is another one")
    else:
        threshold_changes(
            changes,
            old.limit,
            new.limit,
            bound=rule.limit.bound,
            unit=rule.unit,
            place="temporary ",
            acts=partial(acts_at, rule, rule),
        )


def _acts(rule: Rule | None) -> Also:
    """A waiver that ends sooner, or lets less pass, leaves the rule's orders to go out by themselves."""
    return nothing_else if rule is None else partial(acts_at_any, rule, rule)


def _compare_terms(changes: Changes, old: WaiverTerms, new: WaiverTerms) -> None:
    changes.size(
        "longest waiver",
        old.duration_max_seconds,
        new.duration_max_seconds,
        lambda value: show(value, Unit.DURATION),
        more=Effect.LOOSENS,
        less=Effect.TIGHTENS,
    )
    _members(changes, "approver", old.approvers, new.approvers, added=Effect.LOOSENS)
    _members(changes, "never waived:", old.never, new.never, added=Effect.TIGHTENS)
    if old.four_eyes != new.four_eyes:
        effect = Effect.TIGHTENS if new.four_eyes else Effect.LOOSENS
        who = "different people" if new.four_eyes else "one person"
        changes.add(effect, f"requester and approver may be {who}")


def _members(changes: Changes, name: str, old: Iterable[str], new: Iterable[str], *, added: Effect) -> None:
    removed = Effect.TIGHTENS if added is Effect.LOOSENS else Effect.LOOSENS
    for member in sorted(set(new) - set(old)):
        changes.add(added, f"{name} {member} added")
    for member in sorted(set(old) - set(new)):
        changes.add(removed, f"{name} {member} removed")
