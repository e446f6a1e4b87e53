"""Why an order or a plan was refused, as a word for programs and a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """Every reason for which riskd does not act. The ledger, the message and the tests use the same word."""

    # permission
    NOT_ARMED = "not_armed"
    NOT_APPROVED = "not_approved"
    HALTED = "halted"
    DISARMED = "disarmed"
    # what is known
    DATA_NOT_COMPLETE = "data_not_complete"
    DATA_NOT_FRESH = "data_not_fresh"
    CLOCK_SKEW = "clock_skew"
    WARMING_UP = "warming_up"
    # what the market looks like
    SPREAD = "spread"
    DIVERGENCE = "divergence"
    DEPTH = "depth"
    # what could not be recorded
    JOURNAL_DOWN = "journal_down"
    LEDGER_DOWN = "ledger_down"
    # what is already under way
    UNRESOLVED_INTENT = "unresolved_intent"
    PLAN_OPEN = "plan_open"
    COOLDOWN = "cooldown"
    # how much
    ORDER_NOTIONAL = "order_notional"
    ORDERS_PER_TEN_SECONDS = "orders_per_ten_seconds"
    ORDERS_PER_MINUTE = "orders_per_minute"
    PLANS_PER_HOUR = "plans_per_hour"
    ORDERS_PER_HOUR = "orders_per_hour"
    ORDERS_PER_DAY = "orders_per_day"
    NOTIONAL_PER_HOUR = "notional_per_hour"
    NOTIONAL_PER_DAY = "notional_per_day"
    SHARE_OF_BOOK = "share_of_book"
    POSITIONS_TOUCHED = "positions_touched"
    RULE_REPEATED = "rule_repeated"
    # what the venue can do
    VENUE_NOT_CAPABLE = "venue_not_capable"
    NOT_TRADABLE = "not_tradable"
    # what the fresh read says
    ALREADY_CLOSED = "already_closed"
    ALREADY_REDUCED = "already_reduced"
    POSITION_FLIPPED = "position_flipped"
    BELOW_LOT = "below_lot"
    BELOW_MINIMUM = "below_minimum"
    NO_PRICE = "no_price"
    NOT_A_NUMBER = "not_a_number"
    BEYOND_STOP = "beyond_stop"
    # what became of an order
    CANNOT_READ = "cannot_read"
    VENUE_REJECTED = "venue_rejected"
    OUTCOME_UNKNOWN = "outcome_unknown"
    ATTEMPTS = "attempts"
    RATE_LIMITED = "rate_limited"
    KEY_REFUSED = "key_refused"
    POSITION_MODE = "position_mode"
    NOT_CANCELLED = "not_cancelled"
    CANNOT_DO = "cannot_do"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision not to act.

    Attributes:
        reason: For programs.
        text: For people: what was found, what is allowed.
    """

    reason: RefusalReason
    text: str
