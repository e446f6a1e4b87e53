"""What funding is paid, on which notional, and what a rate is worth an hour."""

from __future__ import annotations

import math
from typing import assert_never

from riskd.measure.venues.contract import Position, value
from riskd.measure.venues.model import FundingFormula, FundingRule


def funding_payment(position: Position, rate: float, price: float) -> float:
    """What a position is paid at one settlement, settlement currency: negative is paid by it.

    ``-side · rate · value(price)``: with a positive rate longs pay shorts, at every venue.

    Args:
        position: Who pays or is paid.
        rate: For the interval of this settlement, fraction of value.
        price: Mark, oracle or index price, as the rule of the venue says.

    Source: r/BitMEX 2017, a long of 885: rate -0.0771 % received 9,394 satoshi, +0.0053 % paid 709.
    """
    return -position.side * rate * value(position, price)


def hourly_rate(rate: float, hours: float) -> float:
    """A rate stated for so many hours, an hour: venues state 1, 4 and 8 hours, and change them by symbol."""
    return rate / hours


def settled_rate(rule: FundingRule, rate: float, interval_hours: float | None = None) -> float:
    """The rate of one settlement from that of the formula: Hyperliquid pays an eighth of its 8-hour rate each hour.

    What a venue states as the rate of the next settlement (Binance ``lastFundingRate``) has been divided already.

    Args:
        rule: Of the venue.
        rate: Of ``rate_from_premium``, for ``rule.rate_hours``.
        interval_hours: Of this symbol, as the venue says; the rule's usual one where None.
    """
    hours = rule.interval_hours if interval_hours is None else interval_hours
    return rate * hours / rule.rate_hours


def premium(*, impact_bid: float, impact_ask: float, index: float) -> float:
    """How far the book lies above (+) or below (-) the index: 0 while the index is between bid and ask.

    Source: Hyperliquid and dYdX funding pages: (max(0, bid - index) - max(0, index - ask)) / index.
    """
    return (max(0.0, impact_bid - index) - max(0.0, index - impact_ask)) / index


def rate_from_premium(rule: FundingRule, over: float, interest_rate: float | None = None) -> float:
    """The rate for ``rule.rate_hours`` that follows from a premium, before any cap.

    Args:
        rule: Of the venue.
        over: Premium over the index, fraction.
        interest_rate: Interest term; the rule's usual one where None.
    """
    if math.isnan(over):
        return math.nan
    interest = rule.interest_rate if interest_rate is None else interest_rate
    match rule.formula:
        case FundingFormula.CLAMPED_INTEREST:
            return over + max(-rule.band, min(rule.band, interest - over))
        case FundingFormula.DAMPED_PREMIUM:
            return max(rule.band, over) + min(-rule.band, over)
        case FundingFormula.PREMIUM:
            return over + interest
        case _:
            assert_never(rule.formula)


def margin_cap(rule: FundingRule, *, initial_rate: float, maintenance_rate: float) -> float:
    """Largest rate for ``rule.rate_hours`` where the venue bounds it by its margin rates; +inf where it does not.

    Source: dYdX funding: 600 % · (initial - maintenance margin fraction) for 8 hours.
    """
    if rule.cap_margin_multiple == 0.0:
        return math.inf
    return rule.cap_margin_multiple * (initial_rate - maintenance_rate)


def capped(rate: float, cap: float) -> float:
    """A rate within ±cap."""
    return max(-cap, min(cap, rate)) if not math.isnan(rate) else rate
