"""People who are asked about plans: they approve, hold and reject at random, late, twice, and without having looked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Protocol

from riskd.act.decision import Actor, Ask, Outcome, Role, Ruling, Verb
from riskd.act.waiting import Waiting
from tests.simulation.script import Script
from tests.simulation.violations import Violations

_PEOPLE = ("ann", "bob", "cy")
_VOTES_A_STEP = 0.15
_STALE = "0000"
"""A digest that somebody saw on a plan that has changed since."""


class Deciding(Protocol):
    """What people say it to: ``riskd.daemon.decisions.Decisions``."""

    def standing(self, now: datetime) -> tuple[Waiting, ...]:
        """Plans about which people can still say something."""
        ...

    def decide(self, ask: Ask) -> Ruling:
        """Rule on what somebody says."""
        ...


@dataclass(slots=True, kw_only=True)
class People:
    """They answer until the world heals; then they leave everything to its time-out.

    Attributes:
        seed: Decides who says what, each word by itself.
        shown: Every plan that waited, with the digest that was shown; people also answer old messages.
        accepted: By plan, what was accepted as the decision.
    """

    seed: int
    script: Script
    violations: Violations
    said: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)

    def on_step(self, decisions: Deciding, now: datetime) -> None:
        """Perhaps one of them says something; perhaps two do at once."""
        for waiting in decisions.standing(now):
            self.shown[waiting.plan.id] = waiting.digest
        if not self.shown:
            return
        self.said += 1
        random = Random(f"{self.seed} word {self.said}")
        if random.random() < _VOTES_A_STEP:
            plan_id = random.choice(list(self.shown)[-3:])
            for name in random.sample(_PEOPLE, random.choice([1, 1, 2])):
                self._say(decisions, self._word(random, plan_id, name, now))

    def _word(self, random: Random, plan_id: str, name: str, now: datetime) -> Ask:
        roles: Sequence[Role] = random.choice([(Role.APPROVER,), (Role.APPROVER,), (Role.OPERATOR,)])
        actor = Actor(name=name, roles=frozenset(roles), via=random.choice(["socket uid 1000", "slack U012"]))
        digest = random.choice([self.shown[plan_id], self.shown[plan_id][:4], "", _STALE])
        verb = random.choice([Verb.APPROVE, Verb.APPROVE, Verb.REJECT, Verb.HOLD])
        return Ask(plan_id=plan_id, digest=digest, verb=verb, actor=actor, at=now)

    def _say(self, decisions: Deciding, ask: Ask) -> None:
        words = f"{ask.actor.name} says {ask.verb.value} to {ask.plan_id}"
        if not self.script.plays("word", self.said, words):
            return
        ruling, check = decisions.decide(ask), self.violations.check
        if ruling.outcome is Outcome.ACCEPTED and ask.verb is not Verb.HOLD:
            first = self.accepted.setdefault(ask.plan_id, words)
            check(first == words, "I24", f"{words}, and it counts, though {first}")
            check(Role.APPROVER in ask.actor.roles, "I24", f"{words}, and may not")
            check(ask.digest != _STALE, "I24", f"{words}, who saw another version")
