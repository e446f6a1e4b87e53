"""What a rule concluded: one rule, one subject, one instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain, Subject


class Level(IntEnum):
    """How bad. Levels of one rule are ordered; an alert carries one at a time."""

    OK = 0
    WARN = 1
    BREACH = 2
    CRITICAL = 3


class Outcome(StrEnum):
    """The result of one evaluation. ``unknown`` is neither ok nor a level: it holds what was."""

    OK = "ok"
    WARN = "warn"
    BREACH = "breach"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measure taken over every subject of one grain.

    Attributes:
        measure: Name in the catalogue.
        parameters: Sorted ``(name, value)`` pairs, values as canonical text.
        grain: Kind of subject.
        subjects: Every subject, healthy ones too; built when looked at.
        values: One for each subject, in the measure's unit; NaN unknown; +inf where the formula says so
            (leverage of an account without equity).
        unknown: For each subject, which input was missing; empty where the value is known. Put into words when
            looked at.
    """

    measure: str
    parameters: tuple[tuple[str, str], ...]
    grain: Grain
    subjects: Sequence[Subject]
    values: FloatArray
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule's conclusion about one subject.

    Attributes:
        rule: ``policy/rule``.
        value: In the measure's unit; None: unknown.
        limit: The limit that decides the level (or the nearest one, when ok); None when no limit applies. For a
            band, the nearer edge.
        utilisation: Use of the breach limit: 1 is at the limit; None when it has no meaning.
        unknown: Which input was missing; empty when known.
        waiver: Id of the waiver that holds; empty: none does.
    """

    rule: str
    subject: Subject
    outcome: Outcome
    value: float | None
    limit: float | None
    utilisation: float | None
    unknown: str = ""
    waiver: str = ""
