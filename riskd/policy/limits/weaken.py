"""Every way to weaken a policy by one step: what its tests should notice.

Whatever the file says once is weakened once, and by the smallest step that a good test sees: a limit is loosened
(``weaken_limits``), a wait doubled, a wait of nothing becomes a minute, hysteresis is taken away, an action is left out,
one pattern of a selector is left out. What rules take from the defaults or from the scope is weakened in all of them at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from riskd.measure.spec import Counts, Unit
from riskd.policy.bundle import Policy
from riskd.policy.expression.take import rule_spec
from riskd.policy.limits.weaken_limits import looser_rules
from riskd.policy.rule import ActionKind, Mark, Match, MissingThen, Rule, Selector
from riskd.policy.scope.select import CARRIED
from riskd.policy.text.units import show

_LONGER_BY = 2.0
_A_WAIT_SECONDS = 60.0  # where there was none


class Part(StrEnum):
    """What is weakened."""

    LIMIT = "limit"
    TIMER = "timer"
    ACTION = "action"
    SELECTOR = "selector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening:
    """A policy that is weaker in one place.

    Attributes:
        of: Whose that is: ``policy/rule``, ``policy defaults`` or ``policy scope``.
        what: The difference in words.
        mark: Where the file says what was weakened.
        rules: The rules that are weaker by it, as they would be.
    """

    part: Part
    of: str
    what: str
    mark: Mark
    rules: tuple[Rule, ...]


def weakenings(policy: Policy) -> Iterator[Weakening]:
    """Every weakening of a policy: of each rule in the order of the file, then of what rules share."""
    shared: dict[tuple[Part, str, str], list[Rule]] = {}
    for rule in policy.rules:
        for one in _of_rule(policy, rule):
            if one.key in ("defaults", "scope"):
                shared.setdefault((one.part, one.key, one.what), []).append(one.rule)
            else:
                mark = rule.place(*one.key.split())
                yield Weakening(part=one.part, of=rule.id, what=one.what, mark=mark, rules=(one.rule,))
    said = {key for key, _ in policy.places}
    for (part, key, what), rules in shared.items():
        if (
            key in said
        ):  # what neither rules nor defaults say is of the language, and not this policy's to test
            yield Weakening(
                part=part, of=f"{policy.name} {key}", what=what, mark=policy.place(key), rules=tuple(rules)
            )


@dataclass(frozen=True, slots=True)
class _Weaker:
    """A weaker rule, and the keys under which its file says what was weakened."""

    part: Part
    key: str
    rule: Rule
    what: str


def _of_rule(policy: Policy, rule: Rule) -> Iterator[_Weaker]:
    for weaker, what in looser_rules(rule):
        yield _Weaker(Part.LIMIT, "during" if what.startswith("during") else "max min band", weaker, what)
    own = {key for key, _ in rule.places}
    for one in (*_timers(rule), *_actions(rule)):
        yield one if one.key in own else replace(one, key="defaults")
    yield from _selectors(rule, policy.scope)


# ---- timers --------------------------------------------------------------------------------------------------------


def _timers(rule: Rule) -> Iterator[_Weaker]:
    levels = {level for level, _ in rule.actions}
    for number, (level, seconds) in enumerate(rule.hold_seconds):
        if level in levels:
            longer = (
                *rule.hold_seconds[:number],
                (level, _longer(seconds)),
                *rule.hold_seconds[number + 1 :],
            )
            what = f"{level.name.lower()} waits {_waits(seconds)}"
            yield _Weaker(Part.TIMER, "for", replace(rule, hold_seconds=longer), what)
    if rule.clear_margin > 0:
        what = f"clears without the margin of {show(rule.clear_margin, Unit.RATIO)}"
        yield _Weaker(Part.TIMER, "clear", replace(rule, clear_margin=0.0), what)
    if rule.clear_seconds > 0:
        what = f"clears at once, not after {show(rule.clear_seconds, Unit.DURATION)}"
        yield _Weaker(Part.TIMER, "clear", replace(rule, clear_seconds=0.0), what)
    if rule.missing_then is not MissingThen.IGNORE:
        seconds = rule.missing_hold_seconds
        what = f"missing data is held {_waits(seconds)}"
        yield _Weaker(Part.TIMER, "missing", replace(rule, missing_hold_seconds=_longer(seconds)), what)
    if rule.missing_then is MissingThen.BREACH:
        weaker = replace(rule, missing_then=MissingThen.ALERT)
        yield _Weaker(Part.TIMER, "missing", weaker, "missing data is no breach any more")


def _longer(seconds: float) -> float:
    return seconds * _LONGER_BY or _A_WAIT_SECONDS


def _waits(seconds: float) -> str:
    before, after = (show(value, Unit.DURATION) for value in (seconds, _longer(seconds)))
    return f"{after}, not {before}"


# ---- actions and selectors -----------------------------------------------------------------------------------------


def _actions(rule: Rule) -> Iterator[_Weaker]:
    for number, (level, actions) in enumerate(rule.actions):
        for action in actions:
            if action.kind is ActionKind.NOTIFY:
                continue
            rest = (level, tuple(one for one in actions if one is not action))
            weaker = replace(rule, actions=(*rule.actions[:number], rest, *rule.actions[number + 1 :]))
            what = f"{level.name.lower()} does without {action.kind.value}"
            yield _Weaker(Part.ACTION, "then", weaker, what)


def _selectors(rule: Rule, scope: Selector) -> Iterator[_Weaker]:
    for number, test in enumerate(rule.where.tests):
        if not _has_effect(rule, test[0]):
            continue
        key = "scope" if test in scope.tests else "where"
        for less, what in _less(test[1]):
            tests = (*rule.where.tests[:number], (test[0], less), *rule.where.tests[number + 1 :])
            kept = tuple(one for one in tests if one[1] != Match())
            yield _Weaker(Part.SELECTOR, key, replace(rule, where=Selector(kept)), f"`{test[0]}` {what}")


def _less(match: Match) -> Iterator[tuple[Match, str]]:
    """The match with one pattern left out, for each of its patterns."""
    sides: tuple[tuple[tuple[str, ...], Callable[[tuple[str, ...]], Match], str], ...] = (
        (match.any_of, lambda left: replace(match, any_of=left), "is not asked to be"),
        (match.none_of, lambda left: replace(match, none_of=left), "may be"),
    )
    for patterns, rebuilt, words in sides:
        for pattern in patterns:
            yield rebuilt(tuple(one for one in patterns if one != pattern)), f"{words} {pattern}"


def _has_effect(rule: Rule, name: str) -> bool:
    """Whether the test chooses subjects, or what is counted inside them."""
    spec = rule_spec(rule)
    return (
        name.split(".")[0] in CARRIED[rule.grain] or spec is None or spec.counts is not Counts.WHOLE_ACCOUNT
    )
