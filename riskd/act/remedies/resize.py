"""Stops after a reduction: which are larger than the position now, and how to make them fit without a naked moment.

A reduce-only stop keeps the size that it was placed with. In one-way mode the venue cuts it down when it triggers; in
hedge mode nothing promises that, and a stop left over from a position that is gone waits for the next one. So stops are
made to fit: a right-sized one is placed first at the same trigger, and only then the one that is too large is cancelled.

What stays is what price meets first: stops count from the nearest to mark outwards, as the measure of coverage counts
them, so that no part of the position is closed farther away than before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from riskd.act.rounding import EXACT, floor_to
from riskd.model.instrument import Instrument
from riskd.model.order import Cancellation, OrderList, StopPlacement


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStop:
    """A stop of one position as it rests at the venue now: closing side, and it may only reduce.

    Attributes:
        quantity: Base units that it closes; None: a close-position order, which closes whatever is held.
        trigger_price: Quote per base.
    """

    order_id: str
    client_order_id: str
    kept_in: OrderList
    quantity: Decimal | None
    trigger_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A position as read after the reduction, completely and afresh.

    Attributes:
        held: Signed quantity; 0: proven closed, not merely absent.
        direction: +1 when it is, or was, long; -1 short.
        mark_price: Quote per base.
    """

    account: str
    position_side: str
    held: Decimal
    direction: int
    mark_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """One change of the stops of a position.

    Attributes:
        stop: The right-sized stop, to be seen resting before anything is cancelled; None: there are too many as it is.
        replaces: Stops to cancel then. If the placement failed, none of them: too large a stop is better than none.
    """

    stop: StopPlacement | None
    replaces: tuple[Cancellation, ...]


def resized(position: Held, stops: Sequence[LiveStop], instrument: Instrument) -> tuple[Refit, ...]:
    """What makes the stops of a position fit what is held, in order; empty when they fit.

    A close-position stop fits by itself and stays, and so does everything nearer than it, as far as it fits. Where the
    right size is below the venue's smallest order, the stop that is too large stays.

    Args:
        position: Read after the reduction.
        stops: All of its stops that rest.
        instrument: Its contract terms.
    """
    with localcontext(EXACT):
        return tuple(_refits(position, stops, instrument))


def _refits(position: Held, stops: Sequence[LiveStop], instrument: Instrument) -> Iterator[Refit]:
    left = abs(position.held)
    for stop in _nearest_first(position, stops):
        if stop.quantity is None:
            left = Decimal(0)
            continue
        if stop.quantity <= left:
            left -= stop.quantity
            continue
        fitting = floor_to(left, instrument.market_lot_size)
        if left == 0:
            yield Refit(stop=None, replaces=(_cancellation(position, stop, instrument),))
        elif fitting >= max(instrument.quantity_min, instrument.market_lot_size):
            smaller = _placement(position, stop, fitting, instrument)
            yield Refit(stop=smaller, replaces=(_cancellation(position, stop, instrument),))
        left = Decimal(0)


def _nearest_first(position: Held, stops: Sequence[LiveStop]) -> list[LiveStop]:
    """By distance on the losing side; close-position stops before others at the same price, then by id."""
    return sorted(
        stops,
        key=lambda stop: (
            -position.direction * stop.trigger_price,
            stop.quantity is not None,
            stop.order_id,
        ),
    )


def _placement(position: Held, stop: LiveStop, quantity: Decimal, instrument: Instrument) -> StopPlacement:
    return StopPlacement(
        account=position.account,
        symbol=instrument.symbol,
        position_side=position.position_side,
        held=position.held,
        quantity=quantity,
        trigger_price=stop.trigger_price,
        mark_price=position.mark_price,
        note=f"in place of a stop of {stop.quantity:f} that is larger than the position",
    )


def _cancellation(position: Held, stop: LiveStop, instrument: Instrument) -> Cancellation:
    verb = "sell" if position.direction > 0 else "buy"
    return Cancellation(
        account=position.account,
        symbol=instrument.symbol,
        position_side=position.position_side,
        order_id=stop.order_id,
        client_order_id=stop.client_order_id,
        kept_in=stop.kept_in,
        what=f"{verb} {stop.quantity:f} behind {stop.trigger_price:f}, larger than what is left to protect",
    )
