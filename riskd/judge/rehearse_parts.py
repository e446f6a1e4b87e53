"""What rehearsing a test of either kind gives, and how it is put into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from riskd.errors import Problem
from riskd.judge.transition import Transition
from riskd.measure.spec import Unit
from riskd.model.alert import AlertEvent, AlertState, Condition, EventKind
from riskd.model.verdict import Level
from riskd.policy.bundle import PolicyTest
from riskd.policy.rule import ActionKind, Mark, Rule
from riskd.policy.text.units import show

_ASKING = frozenset({EventKind.FIRED, EventKind.ESCALATED})
_FIRING = frozenset({Condition.FIRING, Condition.CLEARING})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRun:
    """One rule of a test after its last tick or look.

    Attributes:
        looks: How often the rule was judged.
        asked: Every action that its alerts asked for, without ``notify``.
        problems: Everything that differed from what the test expects of it.
    """

    looks: int
    asked: frozenset[str]
    problems: tuple[Problem, ...]


class Rehearsal(Protocol):
    """A test that is ready to be run with its rules as they are, or weakened."""

    @property
    def test(self) -> PolicyTest:
        """The test."""

    def run(self, rule: Rule) -> RuleRun:
        """Run it with one of its rules. Rules do not touch each other, so each can be run by itself."""


def asked_for(rule: Rule, told: Iterable[Transition | AlertEvent]) -> frozenset[str]:
    """Every action that was asked for while these changes were told."""
    return frozenset(
        action for change in told if change.kind in _ASKING for action in actions_of(rule, change.level_after)
    )


def asks_now(rule: Rule, state: AlertState) -> frozenset[str]:
    """What an alert asks for at this moment: the list of its level, while it fires."""
    return actions_of(rule, state.level) if state.condition is Condition.FIRING else frozenset()


def actions_of(rule: Rule, level: Level) -> frozenset[str]:
    """The actions of a level, without ``notify``."""
    return frozenset(
        action.kind.value for action in rule.actions_at(level) if action.kind is not ActionKind.NOTIFY
    )


def in_words(condition: str, level: Level | None, actions: Iterable[str] | None) -> str:
    """``firing breach, asking for block_new_risk``."""
    named = f" {level.name.lower()}" if level is not None and level > Level.OK else ""
    asking = "" if actions is None else f", asking for {listed(actions)}"
    return f"{condition}{named}{asking}"


def level_of(state: AlertState) -> Level | None:
    """The level of an alert that has one."""
    return state.level if state.condition in _FIRING else None


def listed(names: Iterable[str]) -> str:
    """``a, b``; ``none`` for none."""
    return ", ".join(sorted(names)) or "none"


def time_text(seconds: float) -> str:
    """A time since the start of a test."""
    return show(seconds, Unit.DURATION)


def problem(mark: Mark, code: str, what: str, cure: str) -> Problem:
    """What a test found, at its place in the file."""
    return Problem(file=mark.file, line=mark.line, column=mark.column, code=code, what=what, cure=cure)
