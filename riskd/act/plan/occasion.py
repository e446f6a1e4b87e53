"""What asked for a plan, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoPlanReason(StrEnum):
    """Why there is nothing to close."""

    NOT_AN_ORDER = "not_an_order"  # the action closes nothing
    NOT_PLANNABLE = "not_plannable"  # closing positions does not bring this measure back
    SPANS_ACCOUNTS = "spans_accounts"
    NO_SUBJECT = "no_subject"
    UNKNOWN = "unknown"
    NOTHING_HELD = "nothing_held"
    TOO_SMALL = "too_small"
    AT_TARGET = "at_target"
    NO_HELP = "no_help"
    FAILED = "failed"  # a fault of ours


@dataclass(frozen=True, slots=True)
class NoPlan:
    """There is no plan, and why."""

    reason: NoPlanReason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What asked for the plan.

    Attributes:
        episode: Of the alert.
        attempt: Counted up with each plan of the episode.
    """

    episode: int
    attempt: int
    now: datetime
