"""Which of two selectors picks more: decided where set reasoning on names and globs can decide it."""

from __future__ import annotations

from riskd.model.subject import Grain
from riskd.policy.change.actions import can_send
from riskd.policy.change.change import Changes, Effect, arrow
from riskd.policy.change.places import Pair
from riskd.policy.rule import Match, Selector
from riskd.policy.scope.select import CARRIED
from riskd.policy.scope.selectors import covers, own_tests


def scope_changes(changes: Changes, pair: Pair) -> None:
    """What became of scope and ``where``; both rules ask the same question.

    A rule about fewer subjects is looser. A test of something that subjects of the grain do not carry chooses what is
    counted inside each of them instead: fewer positions mean a smaller exposure but also a smaller hedge, so there a
    person must judge. Where the rule can send orders, more subjects means that it may send more of them.
    """
    new, before, after = pair.new, pair.old.where, pair.new.where
    if before == after:
        return
    wider, narrower = covers(after, before), covers(before, after)
    what = _point(changes, pair)
    if wider and narrower:
        changes.add(Effect.WORDS, f"{what}: the same, written in another way")
    elif _counts_otherwise(before, after, new.grain):
        changes.add(Effect.UNCLEAR, f"{what}: other rows are counted")
    elif wider:
        acts = can_send(new)
        changes.add(Effect.ACTS_MORE if acts else Effect.TIGHTENS, f"{what}: more subjects")
    elif narrower:
        changes.add(Effect.LOOSENS, f"{what}: fewer subjects")
    else:
        changes.add(Effect.UNCLEAR, f"{what}: some come, some go")


def _point(changes: Changes, pair: Pair) -> str:
    """Say where it stands, which is in the policy where the rule's own tests are the same, and what differs there."""
    scopes = pair.before.scope, pair.after.scope
    own = [own_tests(rule, scope) for rule, scope in zip((pair.old, pair.new), scopes, strict=True)]
    if own[0] == own[1] and scopes[0] != scopes[1]:
        changes.point(*pair.policy_places("scope"), "scope")
    else:
        changes.point(*pair.places("where"))
        scopes = pair.old.where, pair.new.where
    return arrow("covers", *(selector_text(selector) for selector in scopes))


def selector_text(selector: Selector) -> str:
    """A selector for people."""
    parts = [f"{name} {_match_text(match)}" for name, match in selector.tests]
    return ", ".join(parts) or "everything"


def _counts_otherwise(old: Selector, new: Selector, grain: Grain) -> bool:
    """Whether they differ in tests of something that subjects of the grain do not carry."""
    carried = CARRIED[grain]
    before, after = (
        {(name, match) for name, match in selector.tests if name.split(".")[0] not in carried}
        for selector in (old, new)
    )
    return before != after


def _match_text(match: Match) -> str:
    allowed = "|".join(match.any_of)
    refused = f"not {'|'.join(match.none_of)}" if match.none_of else ""
    return " ".join(part for part in (allowed, refused) if part)
