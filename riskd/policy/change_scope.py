"""Which of two selectors picks more: decided where set reasoning on names and globs can decide it."""

from __future__ import annotations

from riskd.model.subject import Grain
from riskd.policy.change import Changes, Effect, arrow
from riskd.policy.change_actions import can_send
from riskd.policy.rule import Match, Rule, Selector
from riskd.policy.select import CARRIED
from riskd.policy.selectors import covers


def scope_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """What became of scope and ``where``; both rules ask the same question.

    A rule about fewer subjects is looser. A test of something that subjects of the grain do not carry chooses what is
    counted inside each of them instead: fewer positions mean a smaller exposure but also a smaller hedge, so there a
    person must judge. Where the rule can send orders, more subjects means that it may send more of them.
    """
    before, after = old.where, new.where
    if before == after:
        return
    wider, narrower = covers(after, before), covers(before, after)
    what = arrow("covers", selector_text(before), selector_text(after))
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
