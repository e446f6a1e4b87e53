"""Lint of selectors: what picks nothing, and what the configured desk does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from riskd.model.desk import Desk
from riskd.model.subject import Grain
from riskd.policy.bundle import Policy
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import Mark, Match, Rule, Selector
from riskd.policy.scope.coverage import HOLDS_RISK
from riskd.policy.scope.globs import may_meet
from riskd.policy.scope.roster import Entry, coverage, known_texts, roster
from riskd.policy.scope.select import matches
from riskd.policy.scope.selectors import by_attribute, contradictions, own_tests
from riskd.policy.text.spelling import choose, nearest, quoted

_MISSING = {
    Grain.HEDGE: "list hedges in the configuration",
    Grain.GRID: "list grids in the configuration",
    Grain.DESK: "give accounts a `desk` in the configuration",
}


def selector_findings(policy: Policy) -> Iterator[Finding]:
    """Selectors of one policy that contradict themselves, and exceptions of what is not picked anyway."""
    for rule in policy.rules:
        for name in contradictions(rule.where):
            yield Finding(
                lint=Lint.CONTRADICTION,
                mark=rule.place("where"),
                what=f"no {name} can pass the scope and the `where` of {rule.id} together: {_told(rule.where, name)}",
                cure="the rule covers nothing; correct one of them",
            )
        yield from _idle_exceptions(rule)


def desk_findings(policy: Policy, desk: Desk) -> Iterator[Finding]:
    """Selectors of one policy that pick nothing of a desk, or name what it does not have."""
    entries = roster(desk)
    known = known_texts(desk)
    is_dead_scope = not any(coverage(policy.scope, entry) for entry in entries if entry.grain in HOLDS_RISK)
    yield from _dead_patterns(policy.scope, policy.place("scope"), f"the scope of {policy.name}", known)
    if is_dead_scope:
        what = f"the scope of {policy.name} picks nothing of this desk, so none of its rules applies"
        cure = "correct the scope, label the accounts, or leave the policy out"
        yield Finding(lint=Lint.COVERS_NOTHING, mark=policy.place("scope"), what=what, cure=cure)
        return
    for rule in policy.rules:
        own = Selector(own_tests(rule, policy.scope))
        dead = tuple(_dead_patterns(own, rule.place("where"), rule.id, known))
        yield from dead
        if not dead and not contradictions(rule.where):
            yield from _uncovering(rule, entries)


def _uncovering(rule: Rule, entries: Sequence[Entry]) -> Iterator[Finding]:
    candidates = [entry for entry in entries if entry.grain is rule.grain]
    if any(coverage(rule.where, entry) for entry in candidates):
        return
    if candidates:
        what = f"{rule.id} covers no {rule.grain.value} of this desk"
        cure = "correct its `where` or the scope, or take it out"
    else:
        what = f"{rule.id} is per {rule.grain.value}, and this desk has none"
        cure = f"{_MISSING.get(rule.grain, 'configure one')}, or take the rule out"
    yield Finding(lint=Lint.COVERS_NOTHING, mark=rule.place("where", "per"), what=what, cure=cure)


def _idle_exceptions(rule: Rule) -> Iterator[Finding]:
    """``not`` of what the same selector does not pick in the first place."""
    for name, tests in by_attribute(rule.where).items():
        wanted = [match.any_of for match in tests if match.any_of]
        for pattern in (pattern for match in tests for pattern in match.none_of):
            if any(not any(may_meet(one, pattern) for one in patterns) for patterns in wanted):
                yield Finding(
                    lint=Lint.IDLE_EXCEPTION,
                    mark=rule.place("where"),
                    what=f"{rule.id} excepts {name} {quoted(pattern)}, which it does not pick anyway",
                    cure="take the exception out, or correct the pattern",
                )


def _dead_patterns(
    selector: Selector, mark: Mark, owner: str, known: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    for name, match in selector.tests:
        if name not in known and not name.startswith("labels."):
            continue  # only the venue knows symbols and assets
        texts = known.get(name, frozenset())
        # Shared policies except strategies that a desk may not have; an exception is only told when it is nearly one.
        misspelt = [pattern for pattern in match.none_of if nearest(pattern, texts) not in (None, pattern)]
        for pattern in (*match.any_of, *misspelt):
            if not any(matches(Match(any_of=(pattern,)), text) for text in texts):
                what = f"{name} {quoted(pattern)} of {owner} matches nothing of this desk"
                yield Finding(
                    lint=Lint.DEAD_PATTERN, mark=mark, what=what, cure=choose(pattern, sorted(texts))
                )


def _told(selector: Selector, name: str) -> str:
    parts = []
    for match in by_attribute(selector)[name]:
        parts += [" or ".join(match.any_of)] if match.any_of else []
        parts += [f"not {' or '.join(match.none_of)}"] if match.none_of else []
    return ", and ".join(parts)
