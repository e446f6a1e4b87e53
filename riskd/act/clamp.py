"""The last computation before an order: a step of a plan and the position as it is now, to an intent that only reduces.

Whatever the inputs, the result closes part or all of what is held at this moment, or it is a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from enum import StrEnum

from riskd.act.identity import Identity, OrderFacts, client_order_id
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.rounding import EXACT, ceil_to, floor_to, is_usable
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Execution, Intent, Reduction


class Pricing(StrEnum):
    """How an order is priced."""

    TOUCH = "touch"  # post-only at the best price of its own side: it waits to be taken
    COLLAR = "collar"  # immediate-or-cancel limit, no further from mark than the collar
    MARKET = "market"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStyle:
    """How orders are made.

    Attributes:
        collar_rate: Largest distance of the limit from mark, fraction; the venue's own band narrows it further.
        order_notional_max: Largest order in quote currency; a larger step comes out in slices. None: no bound.
        expiry_seconds: After this the venue must refuse the request (Binance: ``recvWindow``).
    """

    pricing: Pricing = Pricing.COLLAR
    collar_rate: Decimal = Decimal("0.01")
    order_notional_max: Decimal | None = None
    expiry_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """The best prices of a book, quote per base, > 0 and not crossed."""

    bid: Decimal
    ask: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What refusals of earlier orders of the same reduction have taught; each narrows what the filters allow.

    Attributes:
        reach: Distance of a limit from mark, fraction, that the venue may still take; None: nothing was refused.
        quantity_max: Largest quantity that it may still take; None: nothing was refused.
        instrument: Contract terms read after a refusal; None: those that the watch knows.
        no_market: The venue took no market order because nobody stands inside its band.
    """

    reach: Decimal | None = None
    quantity_max: Decimal | None = None
    instrument: Instrument | None = None
    no_market: bool = False


NOTHING_LEARNED = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What was read just before sending.

    Attributes:
        held: Signed quantity of the position, base units.
        mark_price: Quote per base.
        touch: The best prices of the book; None: not asked for, or not known.
        learned: What earlier orders of the same reduction were refused for.
    """

    held: Decimal
    mark_price: Decimal
    touch: Touch | None = None
    learned: Learned = NOTHING_LEARNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What makes an intent this one: who, in which plan, under which number, when."""

    identity: Identity
    plan_id: str
    sequence: int
    now: datetime


def intent_for(
    reduction: Reduction, fresh: Fresh, instrument: Instrument, *, style: OrderStyle, stamp: Stamp
) -> Intent | Refusal:
    """The next order of one step of a plan.

    A step that is larger than the venue's largest order comes out in slices: call again with a fresh read until the
    answer is a refusal such as ``ALREADY_REDUCED``. The step counts down by what is held, not by what was sent, so
    that neither a slice nor anybody else's order is reduced twice.

    Args:
        reduction: What the plan wants of this position.
        fresh: The position and the mark as read just now.
        instrument: Its contract terms; ``fresh`` may have newer ones.
        style: How orders are made.
        stamp: Id and time of the intent.
    """
    instrument = fresh.learned.instrument or instrument
    if fresh.learned.no_market and style.pricing is Pricing.MARKET:
        style = replace(style, pricing=Pricing.COLLAR)
    refusal = _refuse_numbers(reduction, fresh, instrument) or _refuse_position(reduction, fresh, instrument)
    if refusal is not None:
        return refusal
    direction = Direction.SELL if fresh.held > 0 else Direction.BUY
    with localcontext(EXACT):
        quantity = _quantity(reduction, fresh, instrument, style)
        limit_price = _limit_price(direction, fresh, instrument, style)
    if isinstance(quantity, Refusal):
        return quantity
    if isinstance(limit_price, Refusal):
        return limit_price
    return _intent(reduction, fresh, instrument, direction, quantity, limit_price, style, stamp)


def _refuse_numbers(reduction: Reduction, fresh: Fresh, instrument: Instrument) -> Refusal | None:
    signed = (reduction.held, fresh.held)
    positive = (reduction.quantity, fresh.mark_price, instrument.lot_size, instrument.tick_size)
    if all(is_usable(number) for number in signed + positive) and min(positive) > 0:
        return None
    found = ", ".join(str(number) for number in signed + positive)
    return Refusal(RefusalReason.NOT_A_NUMBER, f"{reduction.symbol}: {found} are not all finite and positive")


def _refuse_position(reduction: Reduction, fresh: Fresh, instrument: Instrument) -> Refusal | None:
    symbol = reduction.symbol
    if not instrument.tradable:
        return Refusal(RefusalReason.NOT_TRADABLE, f"{symbol} is not trading; it must be settled by hand")
    if fresh.held == 0:
        return Refusal(RefusalReason.ALREADY_CLOSED, f"{symbol} is closed already")
    wrong_side = (reduction.position_side == "LONG" and fresh.held < 0) or (
        reduction.position_side == "SHORT" and fresh.held > 0
    )
    if wrong_side or (fresh.held > 0) != (reduction.held > 0):
        return Refusal(
            RefusalReason.POSITION_FLIPPED,
            f"{symbol} was {reduction.held} when planned and is {fresh.held} now; a new plan is needed",
        )
    return None


def _quantity(
    reduction: Reduction, fresh: Fresh, instrument: Instrument, style: OrderStyle
) -> Decimal | Refusal:
    """The lots that are still to close: never more than the step, never more than is held.

    ``held - quantity`` of the plan is what shall remain. When the position has shrunk since, only the rest down to
    that remainder is closed; when it has grown, no more than the step.
    """
    held = abs(fresh.held)
    remainder = max(abs(reduction.held) - reduction.quantity, Decimal(0))
    wanted = min(reduction.quantity, held - remainder)
    if wanted <= 0:
        return Refusal(
            RefusalReason.ALREADY_REDUCED,
            f"{reduction.symbol} holds {held}, which is not above the {remainder} that shall remain",
        )
    market = style.pricing is Pricing.MARKET
    lot = instrument.market_lot_size if market else instrument.lot_size
    largest = instrument.market_quantity_max if market else instrument.quantity_max
    if style.order_notional_max is not None:
        dearest = fresh.mark_price * (1 + style.collar_rate)
        largest = min(largest, style.order_notional_max / dearest)
    if fresh.learned.quantity_max is not None:
        largest = min(largest, fresh.learned.quantity_max)
    quantity = floor_to(min(wanted, largest), lot)
    if 0 < wanted - quantity < instrument.quantity_min < quantity:
        quantity -= floor_to(
            instrument.quantity_min, lot
        )  # leave a last slice that the venue will still take
    if quantity <= 0:
        return Refusal(RefusalReason.BELOW_LOT, f"{reduction.symbol}: {wanted} is below one lot of {lot}")
    if quantity < instrument.quantity_min:
        return Refusal(
            RefusalReason.BELOW_MINIMUM,
            f"{reduction.symbol}: {quantity} is below the smallest order of {instrument.quantity_min}",
        )
    return quantity


def _limit_price(
    direction: Direction, fresh: Fresh, instrument: Instrument, style: OrderStyle
) -> Decimal | Refusal | None:
    """The worst acceptable price, rounded to the tick on the side of mark; None for a market order."""
    match style.pricing:
        case Pricing.MARKET:
            return None
        case Pricing.TOUCH:
            return _touch_price(direction, fresh, instrument, style)
        case Pricing.COLLAR:
            return _collar_price(direction, fresh, instrument, style)


def _touch_price(
    direction: Direction, fresh: Fresh, instrument: Instrument, style: OrderStyle
) -> Decimal | Refusal:
    """The best price of the order's own side of the book, where it waits and does not take: no worse than the collar.

    In a crash the whole book stands far from mark. Who waits there sells as badly as who takes.
    """
    worst = _collar_price(direction, fresh, instrument, style)
    if fresh.touch is None or isinstance(worst, Refusal):
        return Refusal(
            RefusalReason.NO_PRICE, f"{instrument.symbol}: no best price of its book is known to wait at"
        )
    price = fresh.touch.ask if direction is Direction.SELL else fresh.touch.bid
    within = price >= worst if direction is Direction.SELL else price <= worst
    if not (is_usable(price) and price > 0 and price % instrument.tick_size == 0 and within):
        return Refusal(
            RefusalReason.NO_PRICE,
            f"{instrument.symbol}: {price} is no price to wait at: on ticks of {instrument.tick_size}, no worse than {worst}",
        )
    return price


def _collar_price(
    direction: Direction, fresh: Fresh, instrument: Instrument, style: OrderStyle
) -> Decimal | Refusal:
    mark_price = fresh.mark_price
    reaches = (style.collar_rate, instrument.price_band, fresh.learned.reach)
    rate = min(reach for reach in reaches if reach is not None)
    if direction is Direction.SELL:
        price = ceil_to(mark_price * (1 - rate), instrument.tick_size)
    else:
        price = floor_to(mark_price * (1 + rate), instrument.tick_size)
    lowest, highest = mark_price * (1 - rate), mark_price * (1 + rate)
    if not (price > 0 and lowest <= price <= highest):
        return Refusal(
            RefusalReason.NO_PRICE,
            f"{instrument.symbol}: no tick of {instrument.tick_size} lies within {rate} of mark {mark_price}",
        )
    return price


def _intent(
    reduction: Reduction,
    fresh: Fresh,
    instrument: Instrument,
    direction: Direction,
    quantity: Decimal,
    limit_price: Decimal | None,
    style: OrderStyle,
    stamp: Stamp,
) -> Intent:
    facts = OrderFacts(
        account=reduction.account, symbol=instrument.venue_symbol, direction=direction, quantity=quantity
    )
    return Intent(
        client_order_id=client_order_id(stamp.identity, stamp.sequence, facts),
        plan_id=stamp.plan_id,
        account=reduction.account,
        venue=instrument.venue,
        symbol=reduction.symbol,
        venue_symbol=instrument.venue_symbol,
        position_side=reduction.position_side,
        direction=direction,
        held=fresh.held,
        quantity=quantity,
        limit_price=limit_price,
        created_at=stamp.now,
        expires_at=stamp.now + timedelta(seconds=style.expiry_seconds),
        execution=Execution.POST_ONLY if style.pricing is Pricing.TOUCH else Execution.IMMEDIATE,
    )
