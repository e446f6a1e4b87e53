"""Columns about accounts: their balances, and what their resting orders would open."""

from __future__ import annotations

from riskd.measure.book.book import Book
from riskd.measure.book.missing import FirstUnknown, account_name
from riskd.measure.columns.column import ColumnFunction, ColumnSpec
from riskd.measure.columns.dimension import MONEY, of_unit
from riskd.measure.exposure.resting import may_open, order_groups, order_symbol, own_price
from riskd.measure.spec import Counts, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import AccountColumns
from riskd.model.subject import Grain

OF_ACCOUNTS = (Grain.ACCOUNT, Grain.EXCHANGE, Grain.DESK, Grain.PORTFOLIO)
"""Subjects that are accounts, or are made of whole accounts."""

_BALANCES = frozenset({Surface.BALANCES})
_ORDERS = frozenset({Surface.ORDERS, Surface.CONDITIONAL_ORDERS})

_STATED: tuple[tuple[str, str, str], ...] = (
    ("equity", "wallet balance and unrealized PnL together", "wallet balance + unrealized PnL"),
    ("wallet_balance", "cash in the futures wallet", "as the venue states it"),
    ("cross_wallet_balance", "cash that backs the cross positions", "as the venue states it"),
    ("available_balance", "what may still be used", "as the venue states it"),
    ("initial_margin", "initial margin of positions and orders", "as the venue states it"),
    ("maintenance_margin", "maintenance margin of the positions", "as the venue states it"),
)


def capital_columns(grain: Grain) -> tuple[ColumnSpec, ...]:
    """The balances and the resting orders of each subject of one of the ``OF_ACCOUNTS`` grains."""
    return (*(_stated(grain, *row) for row in _STATED), *_order_columns(grain))


def _stated(grain: Grain, name: str, meaning: str, source: str) -> ColumnSpec:
    def read(accounts: AccountColumns) -> FloatArray:
        values: FloatArray = getattr(accounts, name)
        return values

    def function(book: Book, own_grain: Grain, _selection: Selection) -> Values:
        stated, groups = read(book.tables.accounts), book.account_groups(own_grain)
        unknown_account = FirstUnknown(groups, stated)

        def why(subject: int) -> str:
            return f"{name.replace('_', ' ')} of {account_name(book, unknown_account(subject))}"

        return Values(groups.total(stated), why)

    is_sum = grain is not Grain.ACCOUNT
    return ColumnSpec(
        name=name,
        grain=grain,
        dimension=MONEY,
        meaning=meaning,
        source=f"Σ over its accounts: {source}" if is_sum else source,
        unknown_when="the venue states none for one of its accounts" if is_sum else "the venue states none",
        needs=_BALANCES,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


def _order_columns(grain: Grain) -> tuple[ColumnSpec, ...]:
    def column(
        name: str, unit: Unit, meaning: str, source: str, unknown_when: str, take: ColumnFunction
    ) -> ColumnSpec:
        return ColumnSpec(
            name=name,
            grain=grain,
            dimension=of_unit(unit),
            meaning=meaning,
            source=source,
            unknown_when=unknown_when,
            needs=_ORDERS,
            counts=Counts.SELECTED_POSITIONS,
            function=take,
        )

    return (
        column(
            "orders", Unit.COUNT, "how many orders rest, of whatever kind", "number", "never", _number_resting
        ),
        column(
            "opening_orders",
            Unit.MONEY,
            "worth of the resting orders that may open a position",
            "Σ remaining · limit price (trigger price of a market order); not reduce-only, not close-position, and in "
            "hedge mode not against their own side",
            "such an order has no price of its own",
            _opening,
        ),
    )


def _number_resting(book: Book, grain: Grain, selection: Selection) -> Values:
    return Values(order_groups(book, grain).count(selection.orders))


def _opening(book: Book, grain: Grain, selection: Selection) -> Values:
    orders, groups = book.tables.orders, order_groups(book, grain)
    counted = selection.orders & may_open(book)
    worth = orders.remaining * own_price(book)
    unknown_order = FirstUnknown(groups, worth, counted)

    def why(subject: int) -> str:
        row = unknown_order(subject)
        return f"price or quantity of order {orders.order_id[row]} of {order_symbol(book, row)}"

    return Values(groups.total(worth, counted), why)
