"""A missing stop and the position as it is now, to an intent that rests behind its trigger and can only reduce."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, localcontext

from riskd.act.clamp import Fresh, Stamp
from riskd.act.identity import OrderFacts, client_order_id
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.rounding import EXACT, ceil_to, floor_to, is_usable
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Execution, Intent, StopPlacement


def stop_intent_for(
    stop: StopPlacement, fresh: Fresh, instrument: Instrument, *, stamp: Stamp, expiry_seconds: float = 5.0
) -> Intent | Refusal:
    """The order that places a stop: never for more than is held, its trigger rounded towards mark and never away.

    Args:
        stop: What the plan wants.
        fresh: The position and the mark as read just now.
        instrument: Its contract terms.
        stamp: Id and time of the intent.
        expiry_seconds: After this the venue must refuse the request; the stop itself rests until its trigger.

    Returns:
        A refusal of ``BEYOND_STOP`` when the mark has passed the trigger already: the position is to be closed now.
    """
    refusal = _refuse(stop, fresh, instrument)
    if refusal is not None:
        return refusal
    direction = Direction.SELL if fresh.held > 0 else Direction.BUY
    with localcontext(EXACT):
        quantity = _quantity(stop, fresh, instrument)
        trigger = _trigger(stop, direction, instrument)
        passed = fresh.mark_price <= trigger if direction is Direction.SELL else fresh.mark_price >= trigger
    if isinstance(quantity, Refusal):
        return quantity
    if passed:
        return Refusal(
            RefusalReason.BEYOND_STOP,
            f"{stop.symbol}: mark {fresh.mark_price} has passed the stop at {trigger}",
        )
    facts = OrderFacts(
        account=stop.account, symbol=instrument.venue_symbol, direction=direction, quantity=quantity
    )
    return Intent(
        client_order_id=client_order_id(stamp.identity, stamp.sequence, facts),
        plan_id=stamp.plan_id,
        account=stop.account,
        venue=instrument.venue,
        symbol=stop.symbol,
        venue_symbol=instrument.venue_symbol,
        position_side=stop.position_side,
        direction=direction,
        held=fresh.held,
        quantity=quantity,
        limit_price=None,
        created_at=stamp.now,
        expires_at=stamp.now + timedelta(seconds=expiry_seconds),
        execution=Execution.STOP,
        trigger_price=trigger,
    )


def _refuse(stop: StopPlacement, fresh: Fresh, instrument: Instrument) -> Refusal | None:
    signed = (stop.held, fresh.held)
    positive = (stop.quantity, stop.trigger_price, fresh.mark_price)
    steps = (instrument.market_lot_size, instrument.tick_size)
    numbers = signed + positive + steps
    if not all(map(is_usable, numbers)) or min(positive + steps) <= 0:
        found = ", ".join(map(str, numbers))
        return Refusal(RefusalReason.NOT_A_NUMBER, f"{stop.symbol}: {found} are not all finite and positive")
    if not instrument.tradable:
        return Refusal(
            RefusalReason.NOT_TRADABLE, f"{stop.symbol} is not trading; it must be settled by hand"
        )
    if fresh.held == 0:
        return Refusal(RefusalReason.ALREADY_CLOSED, f"{stop.symbol} is closed already; it needs no stop")
    if (fresh.held > 0) != (stop.held > 0):
        return Refusal(
            RefusalReason.POSITION_FLIPPED,
            f"{stop.symbol} was {stop.held} when planned and is {fresh.held} now; a new plan is needed",
        )
    return None


def _quantity(stop: StopPlacement, fresh: Fresh, instrument: Instrument) -> Decimal | Refusal:
    wanted = min(stop.quantity, abs(fresh.held), instrument.market_quantity_max)
    quantity = floor_to(wanted, instrument.market_lot_size)
    if quantity <= 0:
        lot = instrument.market_lot_size
        return Refusal(RefusalReason.BELOW_LOT, f"{stop.symbol}: {wanted} is below one lot of {lot}")
    if quantity < instrument.quantity_min:
        return Refusal(
            RefusalReason.BELOW_MINIMUM,
            f"{stop.symbol}: {quantity} is below the smallest order of {instrument.quantity_min}",
        )
    return quantity


def _trigger(stop: StopPlacement, direction: Direction, instrument: Instrument) -> Decimal:
    """On a tick, and never further from mark than was meant."""
    nearest = ceil_to if direction is Direction.SELL else floor_to
    return nearest(stop.trigger_price, instrument.tick_size)
