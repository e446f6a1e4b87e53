"""What the guard looks at: the bounds of the house, what was spent, what is known of account and market at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from riskd.act.modes import Permissions
from riskd.policy.rule import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseBounds:
    """Bounds of this installation. Notionals are in USD.

    Attributes:
        snapshot_age_seconds_max: Oldest snapshot that may start a plan or an order.
        clock_skew_seconds_max: Largest difference between our clock and the venue's.
        cycles_before_acting: Complete cycles in a row after a start before anything is sent.
        cooldown_seconds: Rest between plans of one account.
        order_notional_max: Of one order.
        orders_per_ten_seconds_max: Of one account; counted when intended, whatever became of them. Venues allow far more
            (Binance: 300 in ten seconds, 1200 a minute): what is left belongs to the desk's own orders.
        orders_per_minute_max: The same in a minute.
        orders_per_hour_max: The same in an hour.
        notional_per_hour_max: Intended in any hour on one account.
        plans_per_rule_per_day_max: After so many plans of one rule in a day, a person must look.
        share_of_book_max: Share of the account's gross notional that one plan may close; 1: no such bound.
        collar_rate: Distance of an order's limit from mark, fraction; widened up to 4 times while orders do not fill.
        spread_rate_max: Widest spread over its middle in which a calm plan trades.
        divergence_rate_max: Largest distance of mark from index at which a calm plan trades, fraction of index.
        depth_share_min: Smallest share of a calm order that must rest in the book within the collar.
    """

    snapshot_age_seconds_max: float = 15.0
    clock_skew_seconds_max: float = 0.5
    cycles_before_acting: int = 3
    cooldown_seconds: float = 10.0
    order_notional_max: Decimal = Decimal(250_000)
    orders_per_ten_seconds_max: int = 10
    orders_per_minute_max: int = 30
    orders_per_hour_max: int = 60
    orders_per_day_max: int = 200
    notional_per_hour_max: Decimal = Decimal(5_000_000)
    notional_per_day_max: Decimal = Decimal(20_000_000)
    plans_per_rule_per_day_max: int = 12
    share_of_book_max: float = 1.0
    collar_rate: Decimal = Decimal("0.005")
    spread_rate_max: float = 0.01
    divergence_rate_max: float = 0.02
    depth_share_min: float = 0.1


class ApprovalState(StrEnum):
    """Whether a person has to release this plan, and has."""

    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What has been intended on one account, counted in the journal so that a restart forgets nothing.

    Attributes:
        plans_last_hour: Plans of the same policy.
        rule_plans_last_day: Plans of the same rule.
        orders_last_ten_seconds: Intents, whatever became of them.
        orders_last_minute: The same.
        orders_last_hour: The same.
        notional_last_hour: Sum of their notionals, USD.
        last_plan_at: When the last plan of the account ended; None: never.
    """

    plans_last_hour: int = 0
    rule_plans_last_day: int = 0
    orders_last_ten_seconds: int = 0
    orders_last_minute: int = 0
    orders_last_hour: int = 0
    orders_last_day: int = 0
    notional_last_hour: Decimal = Decimal(0)
    notional_last_day: Decimal = Decimal(0)
    last_plan_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """What is known of the market of the contract that is to be traded.

    A number that is not known refuses only where it is known to be readable: where the watch has read it of this contract
    since it started. What a venue does not tell, or nobody reads, can neither protect nor stop anything.

    Attributes:
        spread_rate: Best ask less best bid, over their middle; NaN unknown.
        divergence_rate: Distance of mark from index, over index, >= 0; NaN unknown.
        depth_notional: What rests within the collar on the side that the order takes, quote currency; NaN unknown.
        book_readable: The order book of the contract was read since the start.
        index_readable: So was its index price.
    """

    spread_rate: float = math.nan
    divergence_rate: float = math.nan
    depth_notional: float = math.nan
    book_readable: bool = False
    index_readable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """Everything the gate looks at, of one account at one moment.

    Attributes:
        approval: Whether the action asks for a person beyond what ``propose`` asks anyway.
        halted: The kill switch, read just now.
        snapshot_age_seconds: Age of the oldest surface that the plan rests on; NaN unknown.
        incomplete: Which part of the account's data is missing or doubtful; empty when all of it is there.
        clock_skew_seconds: Our clock minus the venue's; NaN unknown.
        cycles_since_start: Complete cycles in a row since the daemon started.
        journal_ok: The last append was durable.
        ledger_ok: The last commit went through.
        reduce_only_verified: The venue's reduce-only orders have been proven to reduce only.
        unresolved_intents: Orders of this account whose outcome is not known.
        open_plan: Id of another plan of this account that has not ended; empty when there is none.
        position_count: Open positions of the account.
        gross_notional: Of the account, USD.
        guard: The policy's own bounds.
        disarmed: Why the account was disarmed until a person arms it again; empty when it was not.
        urgent: The plan cannot wait for a better market: what the market looks like does not refuse it, and the collar and
            the venue's own band are what keeps its price.
        market: Of the contract of the order that is asked about.
        leaving: Orders among ``spent`` that are durable and about to leave: 1 between the disk and the wire. They do not
            count against themselves.
    """

    now: datetime
    permissions: Permissions
    approval: ApprovalState
    halted: bool
    snapshot_age_seconds: float
    incomplete: str
    clock_skew_seconds: float
    cycles_since_start: int
    journal_ok: bool
    ledger_ok: bool
    reduce_only_verified: bool
    unresolved_intents: int
    open_plan: str
    position_count: int
    gross_notional: float
    spent: Spent = field(default_factory=Spent)
    guard: Guard = field(default_factory=Guard)
    house: HouseBounds = field(default_factory=HouseBounds)
    disarmed: str = ""
    urgent: bool = False
    market: MarketFacts = field(default_factory=MarketFacts)
    leaving: int = 0
