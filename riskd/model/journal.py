"""One durable line of the journal, and the words for what such a line may be about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskd.model.report import JsonValue


class EntryKind(StrEnum):
    """What a journal entry records. docs/ledger.md says what each body holds; riskd/record/bodies.py writes them."""

    START = "start"  # the daemon began: version, mode, policy in force
    STOP = "stop"  # it ended in order
    GAP = "gap"  # no cycle ran for longer than it should have
    HALT = "halt"  # the kill switch was pulled
    RESUME = "resume"  # and released
    FAULT = "fault"  # riskd about itself: journal recovered, ledger set aside, disk full
    ACCOUNTS = "accounts"  # the desk as configured
    POLICY = "policy"  # a bundle of policies came into force
    CYCLE = "cycle"  # a cycle was judged: digest of its rows
    EVENT = "event"  # an alert changed, with the state it changed to
    STATE = "state"  # an alert's state moved without an event
    PLAN = "plan"  # what riskd means to do
    PLAN_STATE = "plan_state"  # what became of a plan
    INTENT = "intent"  # an order is about to be sent
    RECEIPT = "receipt"  # what the venue said of it
    CANCEL = "cancel"  # somebody's resting take-profit is about to be cancelled because it blocks a reduction
    MESSAGE = "message"  # something to be said to people
    DELIVERY = "delivery"  # what a channel did with it
    DECISION = "decision"  # a person acknowledged, silenced, approved, rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One durable line.

    Attributes:
        sequence: Counted from 1 without gaps.
        kind: A word of ``EntryKind``; kept as text so that a line of a newer riskd can still be shown.
        at: Aware UTC.
        body: JSON object of the kind.
        hash: sha256 over the previous hash and this entry's canonical bytes, hexadecimal.
    """

    sequence: int
    kind: str
    at: datetime
    body: dict[str, JsonValue]
    hash: str
