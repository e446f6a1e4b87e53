"""One change of one alert, and the words for why it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskd.model.alert import AlertEvent, AlertKey, Condition, EventKind
from riskd.model.verdict import Level


class Reason(StrEnum):
    """Why an alert changed; the alert, the ledger and the tests use the same word."""

    CROSSED = "crossed"  # beyond a limit, not yet for long enough
    NOT_HELD = "not_held"  # back inside before it had lasted long enough
    HELD = "held"  # beyond a limit for as long as the rule asks
    INSIDE = "inside"  # back inside by the margin, not yet for long enough
    CROSSED_AGAIN = "crossed_again"
    CLEARED = "cleared"  # back inside by the margin for as long as the rule asks
    MISSING_DATA = "missing_data"
    DATA_RETURNED = "data_returned"
    SUBJECT_CLOSED = "subject_closed"
    NOT_COVERED = "not_covered"  # the rule's scope no longer includes the subject
    RULE_REMOVED = "rule_removed"
    RULE_CHANGED = "rule_changed"
    WAIVED = "waived"  # a waiver began to hold, and the value is within its limit
    WAIVER_ENDED = (
        "waiver_ended"  # beyond the normal limit for as long as the rule asks, and no longer waived
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of one alert. The fields mean what they mean in ``AlertEvent``."""

    kind: EventKind
    at: datetime
    level_before: Level
    level_after: Level
    condition_after: Condition
    reason: Reason
    value: float | None
    limit: float | None
    episode: int
    version: int

    def event(self, key: AlertKey) -> AlertEvent:
        """The transition as an event of the alert ``key``."""
        return AlertEvent(
            key=key,
            kind=self.kind,
            at=self.at,
            level_before=self.level_before,
            level_after=self.level_after,
            condition_after=self.condition_after,
            reason=self.reason.value,
            value=self.value,
            limit=self.limit,
            episode=self.episode,
            version=self.version,
        )
