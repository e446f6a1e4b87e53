"""How fast orders come, and how long positions stay."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.book.missing import account_name, symbol
from riskd.measure.past.rows import Past, past_orders, strategy_subjects, too_short
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.history import ORDERS_KEPT_SECONDS
from riskd.model.report import Surface
from riskd.model.subject import Grain


def order_rate(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Orders placed per second over the window."""
    window = ref.parameter("window")
    past = past_orders(book, window)
    universe = book.universe(grain)
    orders = np.bincount(_placers(book, grain, past), minlength=universe.size).astype(np.float64)
    begins = book.tables.now[universe.part] - window
    known = past.known_since[universe.account]

    def why(subject: int) -> str:
        name = account_name(book, int(universe.account[subject]))
        return too_short(float(known[subject]), float(begins[subject]), "orders", name)

    return Values(np.where(known <= begins, orders / window, np.nan), why)


def reject_rate(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Refused orders over orders sent: no venue that riskd reads tells anybody but the sender of a refusal."""
    universe = book.universe(grain)

    def why(subject: int) -> str:
        venue = book.tables.profiles[int(universe.account[subject])].venue
        return f"refused orders: {venue} tells only the sender of an order that it was refused"

    return Values(np.full(universe.size, np.nan), why)


def holding_time(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Seconds since a position was opened."""
    opened = book.tables.positions.opened_at
    age = np.maximum(book.now_of_account[book.layout.position_account] - opened, 0.0)
    return Values(age, lambda row: f"time at which {symbol(book, row)} was opened")


def _placers(book: Book, grain: Grain, past: Past) -> IndexArray:
    """Subject of each order of the window; orders of a strategy that nobody declared are left out."""
    if grain is Grain.ACCOUNT:
        return past.account
    texts = past.texts(tuple(history.activity.strategy for history in book.tables.histories))
    found = strategy_subjects(book, past, texts)
    return found[found >= 0]


_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning="Time over which orders are counted.",
    high=ORDERS_KEPT_SECONDS,
)

SPECS = (
    MeasureSpec(
        name="order_rate",
        unit=Unit.FREQUENCY,
        low=0.0,
        grains=frozenset({Grain.STRATEGY, Grain.ACCOUNT}),
        parameters=(_WINDOW,),
        meaning="Orders placed per second, by anybody: a bot in a loop shows here first.",
        formula="orders placed in (now - window, now] / window. Orders that came and went between two reads are not seen.",
        source="Usual cap on scalping bots; a bot in a loop is the accident it is for.",
        unknown_when="Orders have not been watched since the start of the window, or an order list could not be read.",
        infinite_when="",
        remedy=Remedy.CANCEL,
        needs=frozenset({Surface.ORDERS, Surface.CONDITIONAL_ORDERS}),
        counts=Counts.WHOLE_ACCOUNT,
        function=order_rate,
    ),
    MeasureSpec(
        name="reject_rate",
        unit=Unit.RATIO,
        low=0.0,
        high=1.0,
        grains=frozenset({Grain.STRATEGY, Grain.ACCOUNT}),
        parameters=(_WINDOW,),
        meaning="Share of orders that the venue refused. Not known from any venue yet: see below.",
        formula="orders refused in the window / orders sent in it.",
        source="Risk desks of scalping bots stop at 20 % of at least ten orders.",
        unknown_when=(
            "Always, for now: Binance answers a refusal to whoever sent the order and keeps no record of it that another key could "
            "read. The bot itself has to say it."
        ),
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=reject_rate,
    ),
    MeasureSpec(
        name="holding_time",
        unit=Unit.DURATION,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Age of the position.",
        formula="now - moment at which the position last left zero.",
        source="Usual practice: scalps end after 5-15 minutes, swings are reviewed after 10 days.",
        unknown_when="The moment of opening is not known.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=holding_time,
    ),
)
