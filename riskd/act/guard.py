"""The last gate: every reason not to act, checked in the open, none of them overridable.

The house's bounds hold for every plan and order; a policy can only narrow them. What is not known counts against
acting: an age or a clock skew of NaN refuses.

Source: docs/safety.md 3.1.1 and section 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from riskd.act.guard_facts import ApprovalState as ApprovalState
from riskd.act.guard_facts import GuardFacts as GuardFacts
from riskd.act.guard_facts import HouseBounds as HouseBounds
from riskd.act.guard_facts import MarketFacts as MarketFacts
from riskd.act.guard_facts import Spent as Spent
from riskd.act.refusal import Refusal, RefusalReason
from riskd.model.desk import Mode
from riskd.model.order import Plan


def check(plan: Plan, facts: GuardFacts) -> Refusal | None:
    """Why a plan may not begin; None when nothing stands against it.

    Args:
        plan: The plan as it would be executed.
        facts: The account, the permissions and the bounds at this moment.
    """
    refusal = _first(_ALWAYS, facts)
    if refusal is not None:
        return refusal
    notional = sum((step.quantity * step.mark_price for step in plan.reductions), Decimal(0))
    return _first(_BEFORE_A_PLAN, facts) or _spending(notional, facts) or _reach(plan, notional, facts)


def check_order(notional: Decimal, facts: GuardFacts) -> Refusal | None:
    """Why the next order of a running plan may not be sent; None when nothing stands against it.

    Args:
        notional: Of the order, USD.
        facts: Read again just before sending; ``open_plan`` names no plan but the running one's rivals.
    """
    refusal = _first(_ALWAYS, facts)
    if refusal is not None:
        return refusal
    largest = facts.house.order_notional_max
    if not _within(notional, largest):
        return Refusal(
            RefusalReason.ORDER_NOTIONAL, f"the order is {notional} USD; one order may be {largest}"
        )
    return _spending(notional, facts) or _paced(facts) or _sane(notional, facts)


def check_cancellation(facts: GuardFacts) -> Refusal | None:
    """Why a running plan may not cancel an order; None when nothing stands against it.

    It trades nothing, so nothing is counted; it needs everything else that an order needs.

    Args:
        facts: Read again just before sending.
    """
    return _first(_ALWAYS, facts)


Check = Callable[[GuardFacts], Refusal | None]


def _first(checks: Sequence[Check], facts: GuardFacts) -> Refusal | None:
    return next((refusal for one in checks if (refusal := one(facts)) is not None), None)


def _armed(facts: GuardFacts) -> Refusal | None:
    mode, whose = facts.permissions.weakest()
    if mode is Mode.OBSERVE:
        return Refusal(RefusalReason.NOT_ARMED, f"the {whose} only observes; nothing may be sent")
    released = facts.approval is ApprovalState.APPROVED
    if not released and (mode is Mode.PROPOSE or facts.approval is ApprovalState.PENDING):
        asked = f"the {whose} only proposes" if mode is Mode.PROPOSE else "the action is left to a person"
        return Refusal(
            RefusalReason.NOT_APPROVED, f"{asked}; riskd says what it would send, and sends nothing"
        )
    return None


def _running(facts: GuardFacts) -> Refusal | None:
    if facts.halted:
        return Refusal(RefusalReason.HALTED, "riskd is halted; 'riskd resume' ends it")
    if facts.disarmed:
        return Refusal(
            RefusalReason.DISARMED, f"the account was disarmed: {facts.disarmed}; 'riskd rearm' arms it again"
        )
    return None


def _durable(facts: GuardFacts) -> Refusal | None:
    if not facts.journal_ok:
        return Refusal(
            RefusalReason.JOURNAL_DOWN, "the journal cannot be written; an order must be durable first"
        )
    if not facts.ledger_ok:
        return Refusal(
            RefusalReason.LEDGER_DOWN, "the ledger cannot be written; riskd only watches until it can"
        )
    return None


def _informed(facts: GuardFacts) -> Refusal | None:
    if facts.incomplete:
        return Refusal(RefusalReason.DATA_NOT_COMPLETE, f"not everything is known: {facts.incomplete}")
    oldest = facts.house.snapshot_age_seconds_max
    if not facts.snapshot_age_seconds <= oldest:
        age = f"{facts.snapshot_age_seconds:.1f} s"
        return Refusal(RefusalReason.DATA_NOT_FRESH, f"the data is {age} old; at most {oldest:g} s may act")
    largest = facts.house.clock_skew_seconds_max
    if not abs(facts.clock_skew_seconds) <= largest:
        skew = f"{facts.clock_skew_seconds:.3f} s"
        return Refusal(
            RefusalReason.CLOCK_SKEW, f"our clock differs from the venue's by {skew}; at most {largest:g} s"
        )
    wanted = facts.house.cycles_before_acting
    if facts.cycles_since_start < wanted:
        return Refusal(
            RefusalReason.WARMING_UP,
            f"{facts.cycles_since_start} complete cycles since the start; {wanted} are needed before acting",
        )
    return None


def _capable(facts: GuardFacts) -> Refusal | None:
    if not facts.reduce_only_verified:
        return Refusal(
            RefusalReason.VENUE_NOT_CAPABLE,
            "reduce-only orders are not proven on this venue; riskd only alerts",
        )
    return None


def _settled(facts: GuardFacts) -> Refusal | None:
    if facts.unresolved_intents:
        return Refusal(
            RefusalReason.UNRESOLVED_INTENT,
            f"{facts.unresolved_intents} orders of the account have an unknown outcome; nothing is sent until the "
            "venue has said what became of them",
        )
    if facts.open_plan:
        return Refusal(RefusalReason.PLAN_OPEN, f"plan {facts.open_plan} of the account has not ended")
    return None


def _rested(facts: GuardFacts) -> Refusal | None:
    rest = max(facts.house.cooldown_seconds, facts.guard.cooldown_seconds or 0.0)
    last = facts.spent.last_plan_at
    if last is None:
        return None
    since = (facts.now - last).total_seconds()
    if not since >= rest:
        return Refusal(
            RefusalReason.COOLDOWN, f"the last plan ended {since:.0f} s ago; {rest:g} s of rest are due"
        )
    return None


def _seldom(facts: GuardFacts) -> Refusal | None:
    allowed = facts.guard.actions_per_hour_max
    if allowed is not None and facts.spent.plans_last_hour >= allowed:
        return Refusal(
            RefusalReason.PLANS_PER_HOUR,
            f"{facts.spent.plans_last_hour} plans in the last hour; the policy allows {allowed}",
        )
    per_day = facts.house.plans_per_rule_per_day_max
    if facts.spent.rule_plans_last_day >= per_day:
        return Refusal(
            RefusalReason.RULE_REPEATED,
            f"{facts.spent.rule_plans_last_day} plans of this rule in a day; after {per_day} a person must look",
        )
    return None


_ALWAYS: tuple[Check, ...] = (_armed, _running, _durable, _informed, _capable, _settled)
_BEFORE_A_PLAN: tuple[Check, ...] = (_rested, _seldom)


def _spending(notional: Decimal, facts: GuardFacts) -> Refusal | None:
    """The caps over time: what was intended counts, whatever became of it."""
    spent, house = facts.spent, facts.house
    for count, largest, reason, span in (
        (spent.orders_last_hour, house.orders_per_hour_max, RefusalReason.ORDERS_PER_HOUR, "hour"),
        (spent.orders_last_day, house.orders_per_day_max, RefusalReason.ORDERS_PER_DAY, "day"),
    ):
        if count - facts.leaving >= largest:
            return Refusal(reason, f"{count} orders in the last {span}; at most {largest} may be sent")
    caps = (house.notional_per_hour_max, facts.guard.notional_per_hour_max)
    per_hour = min(cap for cap in caps if cap is not None)
    for total, most, reason, span in (
        (spent.notional_last_hour + notional, per_hour, RefusalReason.NOTIONAL_PER_HOUR, "hour"),
        (
            spent.notional_last_day + notional,
            house.notional_per_day_max,
            RefusalReason.NOTIONAL_PER_DAY,
            "day",
        ),
    ):
        if not _within(total, most):
            return Refusal(reason, f"with this, {total:.0f} USD in one {span}; at most {most:.0f}")
    return None


def _paced(facts: GuardFacts) -> Refusal | None:
    """Orders are spread out. Who is refused here may ask again a little later."""
    spent, house = facts.spent, facts.house
    for count, largest, reason, span in (
        (
            spent.orders_last_ten_seconds,
            house.orders_per_ten_seconds_max,
            RefusalReason.ORDERS_PER_TEN_SECONDS,
            "ten seconds",
        ),
        (spent.orders_last_minute, house.orders_per_minute_max, RefusalReason.ORDERS_PER_MINUTE, "minute"),
    ):
        if count - facts.leaving >= largest:
            return Refusal(reason, f"{count} orders in the last {span}; at most {largest} may be sent")
    return None


def _sane(notional: Decimal, facts: GuardFacts) -> Refusal | None:
    """Whether the market is one to trade in, for a plan that can wait."""
    market, house = facts.market, facts.house
    if facts.urgent:
        return None
    if _exceeds(market.spread_rate, house.spread_rate_max, readable=market.book_readable):
        return Refusal(
            RefusalReason.SPREAD,
            f"the spread is {market.spread_rate:.2%}; a plan that can wait trades within {house.spread_rate_max:.2%}",
        )
    if _exceeds(market.divergence_rate, house.divergence_rate_max, readable=market.index_readable):
        return Refusal(
            RefusalReason.DIVERGENCE,
            f"mark is {market.divergence_rate:.2%} from index; a plan that can wait trades within "
            f"{house.divergence_rate_max:.2%}",
        )
    wanted = float(notional) * house.depth_share_min
    if _exceeds(-market.depth_notional, -wanted, readable=market.book_readable):
        return Refusal(
            RefusalReason.DEPTH,
            f"{market.depth_notional:.0f} rests within the collar; an order of {notional:.0f} that can wait needs "
            f"{wanted:.0f}",
        )
    return None


def _exceeds(value: float, most: float, *, readable: bool) -> bool:
    """Whether a number is above its bound, or should be known and is not."""
    return readable if math.isnan(value) else value > most


def _within(amount: Decimal, most: Decimal) -> bool:
    return amount.is_finite() and amount <= most


def _reach(plan: Plan, notional: Decimal, facts: GuardFacts) -> Refusal | None:
    """How much of the book one plan may touch. A single position may always be touched, or small books never act."""
    share = facts.guard.positions_touched_max
    touched = len({(step.symbol, step.position_side) for step in plan.reductions})
    if share is not None and touched > max(1, int(share * facts.position_count)):
        return Refusal(
            RefusalReason.POSITIONS_TOUCHED,
            f"{touched} of {facts.position_count} positions would be touched; the policy allows {share:.0%}",
        )
    part = facts.house.share_of_book_max
    if part < 1.0 and not float(notional) <= part * facts.gross_notional:
        return Refusal(
            RefusalReason.SHARE_OF_BOOK,
            f"{notional:.0f} of {facts.gross_notional:.0f} USD would be closed; one plan may close {part:.0%}",
        )
    return None
