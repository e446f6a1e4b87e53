"""An acknowledgement: somebody looks after an alert, for a time, and at the level that they saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from riskd.act.message import root_key
from riskd.model.alert import AlertKey, AlertState
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

LASTS = timedelta(hours=4)
"""How long an acknowledgement lasts when nobody says otherwise."""

LASTS_MAX = timedelta(hours=24)
"""An alert that nobody has looked after for a day is nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who looks after an episode.

    Attributes:
        incident: Id of the episode.
        level: At which it was seen.
        until: When it ends by itself.
        note: In their words; hostile text.
    """

    incident: str
    level: Level
    by: str
    at: datetime
    until: datetime
    note: str

    def holds(self, state: AlertState, now: datetime) -> bool:
        """Whether it still counts: in its time, and while the alert has not become worse than what was seen."""
        return now < self.until and state.level <= self.level


def refusal(state: AlertState, *, version: int | None, lasts: timedelta) -> str:
    """Why an acknowledgement is not taken; empty when it is.

    Args:
        state: The alert as it is.
        version: Of the alert that was seen; None: the person typed its name.
    """
    if state.level is Level.OK:
        return "it does not fire any more"
    if version is not None and version != state.version:
        return f"it has changed since you saw it: it is at {state.level.name.lower()} now; look again"
    if not timedelta(0) < lasts <= LASTS_MAX:
        return "it lasts more than nothing and at most 24 hours"
    return ""


def acknowledged_message(key: AlertKey, state: AlertState, given: Acknowledgement) -> Message:
    """That somebody looks after an alert, said under it."""
    root = root_key(key.rule, str(key.subject), state.episode)
    return Message(
        key=f"{root}|ack|{given.at.isoformat()}",
        kind=MessageKind.ALERT,
        level=Level.OK,
        thread=root,
        edits_root=False,
        headline=f"{given.by} looks after {given.incident} until {given.until:%Y-%m-%d %H:%M} UTC",
        body=(given.note,) if given.note else (),
    )
