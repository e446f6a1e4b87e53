"""What a demo run leaves behind, as values: everything in the report is computed from these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from riskd.model.arrays import FloatArray
from riskd.model.verdict import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One account through one run, sampled from the venue itself (not from what riskd believed).

    Attributes:
        at: Seconds since the epoch.
        equity: Margin balance plus spot at the index price, USD.
        leverage: Gross notional over equity.
        room: Smallest common adverse move of all marks that liquidates the account, as a fraction; NaN: none does.
    """

    account: str
    at: FloatArray
    equity: FloatArray
    leverage: FloatArray
    room: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Something the venue did to an account: a liquidation or an auto-deleveraging."""

    at: datetime
    account: str
    what: str
    symbol: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOrder:
    """An order of riskd as the journal and the venue know it.

    Attributes:
        execution: How it meets the market: ``immediate``, ``post_only`` or ``stop``.
        trigger_price: Of a stop.
        intent_sequence: Where the intent stands in the journal: before it was sent.
        booked_at: When the venue booked it; None when it never did.
    """

    intended_at: datetime
    intent_sequence: int
    booked_at: datetime | None
    account: str
    symbol: str
    side: str
    execution: str
    trigger_price: Decimal | None
    quantity: Decimal
    filled: Decimal
    average_price: Decimal | None
    status: str
    rule: str
    client_order_id: str
    reduce_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePlan:
    """A plan of riskd, and what became of it.

    Attributes:
        what: The whole of it in half a sentence: steps, what they do to the rule that asks, and the cost.
        advice: What it cannot mend, and what a person could do.
        state: The last that the journal says of it.
        reason: The same in words.
        ended_at: When it got that state.
    """

    id: str
    made_at: datetime
    account: str
    rule: str
    what: str
    advice: tuple[str, ...]
    state: str
    reason: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledOrder:
    """A resting order of somebody that riskd cancelled.

    Attributes:
        why: In the journal's words.
    """

    at: datetime
    account: str
    symbol: str
    plan: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line of the story: an alert event, a plan, something about the data."""

    at: datetime
    level: Level
    account: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One pass over the market."""

    tracks: tuple[Track, ...]
    forced: tuple[Forced, ...]

    def liquidated(self) -> dict[str, datetime]:
        """Accounts of which at least one position was liquidated, and when first."""
        first: dict[str, datetime] = {}
        for forced in self.forced:
            if forced.what == "liquidated":
                first.setdefault(forced.account, forced.at)
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Both passes, and what riskd did in its own.

    Attributes:
        market: Name of the scenario or file.
        watched: The pass with riskd.
        bare: The same seed and prices without it.
        restarts: How often riskd was killed and started again on the way.
        repeated: Orders of riskd that the venue booked more than once.
        blind: ``(account, from, to, reason)`` spells in which riskd could not see.
        cycles: Completed cycles.
        journal_entries: Entries whose hash chain was verified at the end.
        marks: ``(symbol, at, mark)`` for the price chart.
    """

    market: str
    seed: int
    started_at: datetime
    ended_at: datetime
    policy_hash: str
    version: str
    watched: Run
    bare: Run
    plans: tuple[MadePlan, ...]
    orders: tuple[SentOrder, ...]
    cancelled: tuple[CancelledOrder, ...]
    restarts: int
    repeated: int
    said: tuple[Said, ...]
    blind: tuple[tuple[str, datetime, datetime, str], ...]
    cycles: int
    journal_entries: int
    marks: tuple[tuple[str, FloatArray, FloatArray], ...]
    tiers: tuple[tuple[str, float], ...]
