"""What people have said about alerts: who looks after which, and what nobody wants to hear for a while.

Nothing is kept here: all of it is read from the journal's fold, and written there before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from riskd.act.acknowledge import Acknowledgement
from riskd.act.incident import incident_id, short_name
from riskd.act.silence import Silence
from riskd.daemon.decisions import Remembers
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.journal import EntryKind
from riskd.model.verdict import Level
from riskd.record.bodies import Decision, decision_body

_ACK, _SILENCE, _UNSILENCE = "ack", "silence", "unsilence"
_LEVELS = {level.name.lower(): level for level in Level}
_PART = "subject."


class Handling:
    """Acknowledgements and silences.

    Args:
        memory: Keeps them.
    """

    def __init__(self, memory: Remembers) -> None:
        self._memory = memory

    def acknowledgements(self, now: datetime) -> Mapping[str, Acknowledgement]:
        """The last one of each episode, by its id, whether or not it still holds."""
        found = (
            _acknowledgement(at, decision) for at, decision in self._decisions(now) if decision.what == _ACK
        )
        return {each.incident: each for each in found if each is not None}

    def silences(self, now: datetime) -> tuple[Silence, ...]:
        """Every silence there was, oldest first; one that was ended early ends when it was."""
        known: dict[str, Silence] = {}
        for at, decision in self._decisions(now):
            if decision.what == _SILENCE and decision.until is not None:
                known[decision.target] = _silence(at, decision, decision.until)
            elif decision.what == _UNSILENCE and decision.target in known:
                ended = known[decision.target]
                known[decision.target] = replace(ended, until=min(ended.until, at))
        return tuple(known.values())

    def acknowledge(self, given: Acknowledgement, via: str) -> bool:
        """Keep it; False when the journal cannot be written, and it does not count."""
        decision = Decision(
            what=_ACK,
            actor=given.by,
            target=given.incident,
            until=given.until,
            note=given.note,
            via=via,
            facts=(("level", given.level.name.lower()),),
        )
        return self._memory.note(EntryKind.DECISION, decision_body(decision), given.at)

    def silence(self, given: Silence, via: str) -> bool:
        """Keep it; False when the journal cannot be written, and it does not count."""
        decision = Decision(
            what=_SILENCE,
            actor=given.by,
            target=given.id,
            until=given.until,
            note=given.reason,
            via=via,
            facts=(("rule", given.rule), *((_PART + name, pattern) for name, pattern in given.subject)),
        )
        return self._memory.note(EntryKind.DECISION, decision_body(decision), given.from_at)

    def end(self, silence: Silence, *, by: str, via: str, now: datetime) -> bool:
        """End one before its time; False when the journal cannot be written, and it goes on."""
        decision = Decision(what=_UNSILENCE, actor=by, target=silence.id, until=None, note="", via=via)
        return self._memory.note(EntryKind.DECISION, decision_body(decision), now)

    def _decisions(self, now: datetime) -> Iterable[tuple[datetime, Decision]]:
        return self._memory.present(now).decisions


def silence_id(given: Silence) -> str:
    """A short name for a silence."""
    scope = "\n".join((given.rule, *(f"{name}={pattern}" for name, pattern in given.subject)))
    return "sil_" + short_name(f"{scope}\n{given.from_at.isoformat()}\n{given.by}")


def firing(states: Mapping[AlertKey, AlertState]) -> dict[str, tuple[AlertKey, AlertState]]:
    """The alerts that fire, by the id of their episode, worst first."""
    alerts = [
        (key, state)
        for key, state in states.items()
        if state.condition in (Condition.FIRING, Condition.CLEARING)
    ]
    alerts.sort(key=lambda alert: (-alert[1].level, alert[0].rule, str(alert[0].subject)))
    return {incident_id(key, state.episode): (key, state) for key, state in alerts}


def _acknowledgement(at: datetime, decision: Decision) -> Acknowledgement | None:
    if decision.until is None:
        return None
    return Acknowledgement(
        incident=decision.target,
        level=_LEVELS.get(decision.fact("level"), Level.OK),
        by=decision.actor,
        at=at,
        until=decision.until,
        note=decision.note,
    )


def _silence(at: datetime, decision: Decision, until: datetime) -> Silence:
    return Silence(
        id=decision.target,
        rule=decision.fact("rule"),
        subject=tuple(
            (name.removeprefix(_PART), pattern) for name, pattern in decision.facts if name.startswith(_PART)
        ),
        from_at=at,
        until=until,
        by=decision.actor,
        reason=decision.note,
    )
