"""Exceptions with an end: the only way to loosen a limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskd.model.subject import Subject
from riskd.policy.rule import Mark, Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """What a policy allows waivers of its rules to be.

    Attributes:
        duration_max_seconds: Longest time from ``from`` to ``until``.
        approvers: Who may approve: ``role:cro`` admits ``role:cro/a.lind``; a plain name admits itself.
        four_eyes: Whether requester and approver must be different people; true when left out.
        never: Ids (within the policy) of rules that no waiver may touch.
    """

    duration_max_seconds: float
    approvers: tuple[str, ...]
    four_eyes: bool
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One rule, one subject, for a time.

    Attributes:
        rule: ``policy/rule``, no wildcard.
        subject: Exactly one.
        limit: The temporary limit that replaces the rule's; None: the rule is suspended for the subject.
        from_at: Aware UTC, inclusive.
        until_at: Aware UTC, exclusive. An ended waiver is as if it were absent, everywhere, in the same tick.
    """

    id: str
    rule: str
    subject: Subject
    limit: Thresholds | None
    from_at: datetime
    until_at: datetime
    requested_by: str
    approved_by: str
    reason: str
    ticket: str
    mark: Mark

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at ``now``."""
        return self.from_at <= now < self.until_at
