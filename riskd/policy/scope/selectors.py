"""What can be told of selectors without a book: which of them pick nothing, and which pick more than others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations, islice, product

from riskd.policy.rule import Match, Rule, Selector
from riskd.policy.scope.globs import is_within, may_meet

_ALWAYS_THERE = frozenset({"account", "venue", "symbol", "asset", "strategy"})
_CHOICES_MAX = 1_000  # of one attribute; a selector with more is not taken apart


def own_tests(rule: Rule, scope: Selector) -> tuple[tuple[str, Match], ...]:
    """What the rule's own ``where`` says, without the scope of its policy."""
    left = Counter(rule.where.tests)
    left.subtract(scope.tests)
    return tuple(left.elements())


def match_text(name: str, match: Match) -> str:
    """One test in words: ``symbol BTC/* or ETH/*``, ``strategy not scalp-*``."""
    wanted = [" or ".join(match.any_of)] if match.any_of else []
    refused = [f"not {' or '.join(match.none_of)}"] if match.none_of else []
    return f"{name.replace('labels.', 'label ')} {', and '.join([*wanted, *refused])}"


def by_attribute(selector: Selector) -> Mapping[str, tuple[Match, ...]]:
    """The tests of each attribute."""
    grouped: dict[str, tuple[Match, ...]] = {}
    for name, match in selector.tests:
        grouped[name] = (*grouped.get(name, ()), match)
    return grouped


def contradictions(selector: Selector) -> tuple[str, ...]:
    """The attributes whose tests no text can pass together. What would take a proof is left out."""
    grouped = by_attribute(selector)
    return tuple(name for name, tests in grouped.items() if _is_contradiction(name, tests))


def covers(outer: Selector, inner: Selector) -> bool:
    """Whether all that ``inner`` picks is certainly picked by ``outer`` too."""
    held = by_attribute(inner)
    return all(_implied(match, held.get(name, ())) for name, match in outer.tests)


def are_apart(first: Selector, second: Selector) -> bool:
    """Whether nothing can be picked by both."""
    return bool(contradictions(Selector((*first.tests, *second.tests))))


def _is_contradiction(name: str, tests: tuple[Match, ...]) -> bool:
    refused = [pattern for match in tests for pattern in match.none_of]
    wanted = [match.any_of for match in tests if match.any_of]
    if not wanted:  # a book, a label or a hedge may be absent, which no pattern refuses
        return name in _ALWAYS_THERE and any(set(pattern) == {"*"} for pattern in refused)
    choices = list(islice(product(*wanted), _CHOICES_MAX + 1))
    return len(choices) <= _CHOICES_MAX and not any(_can_hold(choice, refused) for choice in choices)


def _can_hold(choice: tuple[str, ...], refused: Iterable[str]) -> bool:
    if any(not may_meet(one, other) for one, other in combinations(choice, 2)):
        return False
    return not any(is_within(one, pattern) for one in choice for pattern in refused)


def _implied(match: Match, known: tuple[Match, ...]) -> bool:
    """Whether a text that passes all of ``known`` passes ``match``."""
    wanted = [one.any_of for one in known if one.any_of]
    refused = [pattern for one in known for pattern in one.none_of]
    narrow = match.any_of and not any(
        all(any(is_within(pattern, outer) for outer in match.any_of) for pattern in patterns)
        for patterns in wanted
    )
    return not narrow and all(_is_refused(pattern, wanted, refused) for pattern in match.none_of)


def _is_refused(pattern: str, wanted: list[tuple[str, ...]], refused: list[str]) -> bool:
    """Whether what passes can never match ``pattern``."""
    if any(is_within(pattern, outer) for outer in refused):
        return True
    return any(not any(may_meet(one, pattern) for one in patterns) for patterns in wanted)
