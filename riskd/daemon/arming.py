"""What riskd has taken out of its own hands: accounts and rules that it disarmed, until a named person arms them again.

Too many plans of one rule, or an order whose outcome nobody can tell, mean that something is not as riskd thinks. It then stops
acting there, across restarts, and goes on watching; time alone does not make it safe again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskd.daemon.decisions import Remembers
from riskd.model.journal import EntryKind
from riskd.record.bodies import Decision, decision_body

_DISARM, _REARM = "disarm", "rearm"


class Part(StrEnum):
    """What can be disarmed by itself."""

    ACCOUNT = "account"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarmed:
    """Something that riskd does not act on any more.

    Attributes:
        name: Of the account, or ``policy/rule``.
        reason: Why, in one sentence.
    """

    part: Part
    name: str
    reason: str
    at: datetime


class Arming:
    """What is disarmed, from the journal's fold.

    Args:
        memory: Keeps it.
    """

    def __init__(self, memory: Remembers) -> None:
        self._memory = memory

    def disarmed(self, now: datetime) -> tuple[Disarmed, ...]:
        """Everything that is, oldest first."""
        found: dict[tuple[Part, str], Disarmed] = {}
        for at, decision in self._memory.present(now).decisions:
            if decision.what not in (_DISARM, _REARM):
                continue
            part = Part(decision.fact("part"))
            if decision.what == _REARM:
                found.pop((part, decision.target), None)
            else:
                disarmed = Disarmed(part=part, name=decision.target, reason=decision.note, at=at)
                found.setdefault((part, decision.target), disarmed)
        return tuple(found.values())

    def refusal(self, account: str, rule: str, now: datetime) -> str:
        """Why riskd does not act for a rule on an account; empty when nothing is disarmed."""
        wanted = {(Part.ACCOUNT, account), (Part.RULE, rule)}
        return next(
            (
                f"{each.part.value} {each.name} was disarmed at {each.at:%Y-%m-%d %H:%M} UTC: {each.reason}; "
                f"`riskd rearm {each.name}` ends it"
                for each in self.disarmed(now)
                if (each.part, each.name) in wanted
            ),
            "",
        )

    def rearmed_at(self, name: str, now: datetime) -> datetime | None:
        """When somebody last armed an account or a rule again: what was done before does not count against it any more."""
        times = [
            at
            for at, decision in self._memory.present(now).decisions
            if decision.what == _REARM and decision.target == name
        ]
        return max(times, default=None)

    def disarm(self, part: Part, name: str, reason: str, now: datetime) -> bool:
        """Stop acting there; False when that could not be made durable. Nothing happens to what is disarmed already."""
        if any((each.part, each.name) == (part, name) for each in self.disarmed(now)):
            return True
        return self._note(_DISARM, part, name, actor="", via="", note=reason, now=now)

    def rearm(self, part: Part, name: str, *, by: str, via: str, note: str, now: datetime) -> bool:
        """A named person takes it on themselves; False when that could not be made durable."""
        return self._note(_REARM, part, name, actor=by, via=via, note=note, now=now)

    def _note(
        self, what: str, part: Part, name: str, *, actor: str, via: str, note: str, now: datetime
    ) -> bool:
        decision = Decision(
            what=what, actor=actor, target=name, until=None, note=note, via=via, facts=(("part", part.value),)
        )
        return self._memory.note(EntryKind.DECISION, decision_body(decision), now)
