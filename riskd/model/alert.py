"""The life of an alert: its state, and the events by which it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskd.model.subject import Subject
from riskd.model.verdict import Level


class Condition(StrEnum):
    """Where one (rule, subject) stands. ``unknown`` is an overlay kept beside it, never a way out of it."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    CLEARING = "clearing"


class EventKind(StrEnum):
    """Everything that can happen to an alert. Each event is journalled and each has a message or says why not."""

    PENDING = "pending"
    FIRED = "fired"
    ESCALATED = "escalated"
    DEESCALATED = "deescalated"
    CLEARING = "clearing"
    RELAPSED = "relapsed"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"
    KNOWN_AGAIN = "known_again"
    LAPSED = "lapsed"  # pending that never fired


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKey:
    """Identity of an alert: rule and subject, nothing else. Level, value and limit are attributes."""

    rule: str
    subject: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """The whole state of one (rule, subject); what a restart needs and nothing more.

    Attributes:
        condition: Where it stands.
        level: Level it fires at; OK unless firing or clearing.
        crossed_at: When the value crossed each level and stayed beyond it, moved forward by gaps in the data.
        clearing_since: When the value came back inside the limit of its own level; None unless clearing.
        inside_since: When the value came back inside the limits of every level; None while it is beyond any.
        missing_since: When data went missing; None while it is there.
        unknown: True once data has been missing for longer than the rule holds.
        last_good_at: Time of the last usable value.
        episode: Counted up at each firing.
        opened_at: When this episode began; None when not firing.
        version: Counted up with each event, for compare-and-set by people.
        waiver: Id of the waiver under which it was last judged; empty: none.
        normal_crossed_at: While a waiver holds: since when the value is beyond each level of the limit that it replaces,
            so that nothing is forgotten when it ends. Empty otherwise.
    """

    condition: Condition = Condition.OK
    level: Level = Level.OK
    crossed_at: tuple[tuple[Level, datetime], ...] = ()
    clearing_since: datetime | None = None
    inside_since: datetime | None = None
    missing_since: datetime | None = None
    unknown: bool = False
    last_good_at: datetime | None = None
    episode: int = 0
    opened_at: datetime | None = None
    version: int = 0
    waiver: str = ""
    normal_crossed_at: tuple[tuple[Level, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One transition, as it is journalled and said.

    Attributes:
        reason: Why: ``held``, ``cleared``, ``subject_closed``, ``rule_removed``, ``missing_data`` ...
        value: The measured value that caused it; None when data was missing.
        limit: The limit crossed or cleared; None when none applies.
    """

    key: AlertKey
    kind: EventKind
    at: datetime
    level_before: Level
    level_after: Level
    condition_after: Condition
    reason: str
    value: float | None
    limit: float | None
    episode: int
    version: int
