"""Where to place the stop that a position lacks: for what no stop covers, and never wider than one that stands.

The distance counts from mark, not from entry. So the language defines it and so the measures of stops count it, and only
so is it what can still be lost: from entry, the stop of a position that has lost more than the distance would trigger at
once, and that of one far in profit would give all of it back. Stops that stand stay as they are. A stop that is too
small gets a second one beside it, because between a cancellation and a new order the position would be naked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan import NoPlan, NoPlanReason
from riskd.act.remedies.scope import doubt, row_selector, subject_row
from riskd.act.rounding import EXACT, ceil_to, floor_to
from riskd.measure.book.book import Book
from riskd.measure.book.missing import missing_value, symbol
from riskd.measure.margin.liquidation import missing_own, nearest_distance
from riskd.measure.spec import Unit
from riskd.measure.trade.protection import protection
from riskd.measure.trade.stops import STOP_LISTS, missing_stop
from riskd.model.instrument import Instrument
from riskd.model.order import StopPlacement
from riskd.model.report import Surface
from riskd.model.subject import Grain
from riskd.policy.rule import ActionKind
from riskd.policy.scope.select import selection
from riskd.policy.text.units import show

SHARE_OF_ROOM = Decimal("0.7")
"""A stop stands at most this far on the way to liquidation, so that it fills before. Source: docs/risk-rules.md 2."""

_NEEDS = STOP_LISTS | {Surface.MARKS}


def placements(book: Book, demand: Demand) -> tuple[StopPlacement, ...] | NoPlan:
    """The stops that one ``place_stop`` asks for.

    It is reduce-only behind a trigger on the losing side of mark, at the action's distance, or nearer: as near as the
    farthest stop that stands, and before liquidation.

    Args:
        book: One snapshot, as it was judged.
        demand: On a position.

    Returns:
        Never empty. ``AT_TARGET``: stops cover all but less than a smallest order. ``NO_HELP``: no stop can stand
        between mark and liquidation, or stops cover the position already and are farther than the action asks, which
        riskd never moves. ``UNKNOWN``: the position, a stop or the liquidation price is not known.
    """
    if demand.action.kind is not ActionKind.PLACE_STOP or demand.action.distance is None:
        return NoPlan(NoPlanReason.NOT_AN_ORDER, f"{demand.action.kind.value} places no stop")
    if demand.subject.grain is not Grain.POSITION:
        return NoPlan(NoPlanReason.NOT_PLANNABLE, f"a stop belongs to a position, not to {demand.subject}")
    row = subject_row(book, demand)
    if row is None:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"{demand.subject} is not in the snapshot")
    if not selection(row_selector(demand.rule), book).positions[row]:
        return NoPlan(NoPlanReason.NOTHING_HELD, f"{demand.subject} holds no position that the rule covers")
    case = _case(book, row, demand.action.distance)
    if isinstance(case, NoPlan):
        return case
    with localcontext(EXACT):
        return _placed(case)


def shrunk(stop: StopPlacement, reduced: Decimal) -> StopPlacement | None:
    """The stop for a position of which the same plan closes some first; None when there is nothing left to cover.

    The stops that stand are made to fit what is left, so that what is closed is the part that no stop covers.

    Args:
        stop: As placed for the position before.
        reduced: Base units that the plan closes of it, > 0.
    """
    left = stop.quantity - reduced
    return replace(stop, quantity=left) if left > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One position and what stands around it.

    Attributes:
        held: Signed quantity.
        covered: Base units that stops close.
        asked: Distance of the action, fraction of mark.
        farthest: Distance of the farthest stop that stands; inf: none does.
        room: Distance of liquidation; inf: nothing liquidates.
    """

    account: str
    instrument: Instrument
    position_side: str
    held: Decimal
    mark_price: Decimal
    covered: Decimal
    asked: Decimal
    farthest: Decimal
    room: Decimal


def _case(book: Book, row: int, distance: float) -> _Case | NoPlan:
    positions, code = book.tables.positions, int(book.layout.position_account[row])
    stops, room = book.once(protection), float(book.once(nearest_distance)[row])
    unseen = doubt(book, [code], _NEEDS) or missing_value(book, row)
    if not unseen and (np.isnan(stops.open[row]) or stops.undecided[row]):
        unseen = missing_stop(book, row)
    if not unseen and math.isnan(room):
        unseen = missing_own(book, row) or f"liquidation price of {symbol(book, row)}"
    if unseen:
        return NoPlan(NoPlanReason.UNKNOWN, f"no stop is placed on what is not known: {unseen}")
    own = stops.row == row
    mark = float(positions.mark_price[row])
    return _Case(
        account=book.tables.profiles[code].id,
        instrument=book.tables.instruments[int(book.layout.position_instrument[row])],
        position_side=positions.position_side[row],
        held=positions.quantity_exact[row],
        mark_price=_exact(mark),
        covered=_covered(book, stops.order[own].tolist(), abs(positions.quantity_exact[row])),
        asked=_exact(distance),
        farthest=_exact(float(stops.gap[own].max()) / mark) if own.any() else Decimal("Infinity"),
        room=_exact(room),
    )


def _covered(book: Book, orders: list[int], held: Decimal) -> Decimal:
    """Base units of a position that these stops close, by the venue's own strings."""
    columns = book.tables.orders
    closed = [held if columns.close_position[row] else columns.remaining_exact[row] for row in orders]
    return min(sum(closed, Decimal(0)), held)


def _placed(case: _Case) -> tuple[StopPlacement, ...] | NoPlan:
    instrument, name = case.instrument, case.instrument.symbol
    rest = abs(case.held) - case.covered
    quantity = floor_to(rest, instrument.market_lot_size)
    if quantity < max(instrument.quantity_min, instrument.market_lot_size):
        return _covered_already(case, rest)
    if not instrument.tradable:
        return NoPlan(NoPlanReason.NOT_PLANNABLE, f"{name} is not trading; it must be settled by hand")
    distance = min(case.asked, case.farthest, SHARE_OF_ROOM * case.room)
    trigger = _trigger(case, distance)
    if trigger is None:
        return NoPlan(
            NoPlanReason.NO_HELP,
            f"a stop of {name} {_percent(distance)} from mark {case.mark_price:f} would trigger at once: close instead",
        )
    return (
        StopPlacement(
            account=case.account,
            symbol=name,
            position_side=case.position_side,
            held=case.held,
            quantity=quantity,
            trigger_price=trigger,
            mark_price=case.mark_price,
            note=_note(case, distance),
        ),
    )


def _covered_already(case: _Case, rest: Decimal) -> NoPlan:
    name, away = case.instrument.symbol, case.farthest
    if away.is_finite() and away > case.asked:
        return NoPlan(
            NoPlanReason.NO_HELP,
            f"stops close all of {name} and the farthest stands {_percent(away)} from mark: riskd moves no stop that "
            "somebody placed",
        )
    what = (
        "stops close all of it"
        if rest == 0
        else f"the {rest.normalize():f} that no stop closes is too little for one"
    )
    return NoPlan(NoPlanReason.AT_TARGET, f"{name}: {what}")


def _trigger(case: _Case, distance: Decimal) -> Decimal | None:
    """The price on the tick, towards mark; None when no tick is left between it and mark, or below zero."""
    tick, mark = case.instrument.tick_size, case.mark_price
    if case.held > 0:
        price = ceil_to(max(mark * (1 - distance), tick), tick)
        return price if price < mark else None
    price = floor_to(mark * (1 + distance), tick)
    return price if price > mark else None


def _note(case: _Case, distance: Decimal) -> str:
    """Why the stop is nearer than the action asks; empty when it is not."""
    if distance == case.asked:
        return ""
    asked = f"{_percent(distance)} from mark and not {_percent(case.asked)}"
    if distance == case.farthest:
        return f"{asked}: never wider than the stop that stands"
    return f"{asked}: liquidation is {_percent(case.room)} away, and a stop must fill before it"


def _percent(share: Decimal) -> str:
    return show(float(share), Unit.RATIO)


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))
