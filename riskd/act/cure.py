"""What follows a refusal that proves that nothing was booked: which way is still open, by the code in the receipt.

Binance's codes say it finely; of other venues the consequence that their own table draws from a code decides.

Source: docs/safety.md 3.1 and 3.4; Binance USD-M error codes, as in ``outcome.py``.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from riskd.act.clamp import Learned
from riskd.act.outcome import Consequence
from riskd.act.outcomes import bybit, okx
from riskd.act.refusal import RefusalReason
from riskd.model.order import Intent


class Cure(StrEnum):
    """What to do before the next order, if there is to be one."""

    MAKE_ROOM = "make_room"  # closed by somebody, or taken up by resting take-profits: cancel these, once
    READ_AGAIN = "read_again"  # the position is not what it was: a fresh read decides
    NARROW = "narrow"  # outside the venue's band: new filters, and a limit nearer to mark, never a wider one
    SMALLER = "smaller"  # above the venue's largest order: new filters, and half
    NEXT_RUNG = "next_rung"  # it would have taken, or found nobody: the next way to meet the market
    WAIT = "wait"  # the venue, or the way there, asks for silence
    DUST = "dust"  # too small for the venue to trade
    CLOSE = "close"  # the price is beyond the stop that was to be placed
    STOP = "stop"  # nothing that riskd may do helps: a person must look


def cure_of(venue: str, code: str) -> Cure:
    """What follows a refusal.

    Args:
        venue: Venue id.
        code: The venue's, such as ``-2022``, or ours, such as ``expired`` and ``unsent:silence``.
    """
    if code in _OURS:
        return _OURS[code]
    if code.startswith(_NEVER_LEFT):
        return Cure.WAIT
    if venue in _TABLES:
        return _BY_CONSEQUENCE.get(_consequence(venue, code), Cure.STOP)
    return next((cure for cure, codes in _CURES.items() if code in codes), Cure.STOP)


def reason_of(venue: str, code: str) -> RefusalReason:
    """The word for a refusal that ends a plan."""
    if venue in _TABLES:
        return _WORDS.get(_consequence(venue, code), RefusalReason.VENUE_REJECTED)
    return next((reason for reason, codes in _REASONS.items() if code in codes), RefusalReason.VENUE_REJECTED)


def learned_from(intent: Intent, mark_price: Decimal, cure: Cure, learned: Learned) -> Learned:
    """What a refused order teaches about the next one: half as far from mark, or half as much.

    Args:
        intent: That was refused.
        mark_price: That its limit was computed from.
        cure: What its refusal asks for.
        learned: What was learned before.
    """
    if cure is Cure.SMALLER:
        return replace(learned, quantity_max=intent.quantity / 2)
    if cure is not Cure.NARROW:
        return learned
    if intent.limit_price is None:
        return replace(learned, no_market=True)
    return replace(learned, reach=abs(intent.limit_price - mark_price) / mark_price / 2)


def _consequence(venue: str, code: str) -> Consequence:
    table = _TABLES[venue]
    return next((consequence for consequence, codes in table.items() if code in codes), Consequence.NONE)


_NEVER_LEFT = "unsent:"
_OURS = {
    "expired": Cure.READ_AGAIN,
    **dict.fromkeys(
        ("unsent:read_only", "unsent:path", "unsent:symbol", "unsent:client", "unsent:tls"), Cure.STOP
    ),
}

_TABLES = {"bybit": bybit.REJECTIONS, "okx": okx.REJECTIONS}

_BY_CONSEQUENCE = {
    Consequence.BACK_OFF: Cure.WAIT,
    Consequence.CHECK_CLOCK: Cure.WAIT,
    Consequence.REREAD: Cure.MAKE_ROOM,
    Consequence.REPRICE: Cure.NARROW,
    Consequence.BEYOND: Cure.CLOSE,
    Consequence.MAKER_ONLY: Cure.NEXT_RUNG,
}

_WORDS = {
    Consequence.BACK_OFF: RefusalReason.RATE_LIMITED,
    Consequence.CHECK_CLOCK: RefusalReason.CLOCK_SKEW,
    Consequence.CHECK_KEY: RefusalReason.KEY_REFUSED,
}

_CURES: dict[Cure, frozenset[str]] = {
    Cure.MAKE_ROOM: frozenset({"-2022", "-4118"}),
    Cure.READ_AGAIN: frozenset({"-2024", "-4062"}),
    Cure.NARROW: frozenset({"-1111", "-4002", "-4013", "-4014", "-4016", "-4023", "-4024", "-4131"}),
    Cure.SMALLER: frozenset({"-4005"}),
    Cure.NEXT_RUNG: frozenset({"-5022", "-2020"}),
    Cure.WAIT: frozenset({"-1003", "-1015", "-1021", "http:429", "http:418"}),
    Cure.DUST: frozenset({"-4003", "-4004", "-4164"}),
    Cure.CLOSE: frozenset({"-2021"}),
}

_REASONS: dict[RefusalReason, frozenset[str]] = {
    RefusalReason.KEY_REFUSED: frozenset(
        {"-1002", "-1022", "-2014", "-2015", "-4087", "-4088", "-4109", "unsent:read_only"}
    ),
    RefusalReason.POSITION_MODE: frozenset({"-4061", "-1106"}),
    RefusalReason.CLOCK_SKEW: frozenset({"-1021"}),
    RefusalReason.RATE_LIMITED: frozenset(
        {"-1003", "-1015", "http:429", "http:418", "unsent:silence", "unsent:budget"}
    ),
}
