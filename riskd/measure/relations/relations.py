"""The tables of the schema ``exposure``: one snapshot, for a policy's own SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.relations.of_names import NAMED, position_ids
from riskd.measure.relations.relation import Cells, Relation, RelationColumn, flag, number, text
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def _where(values: FloatArray, there: np.ndarray) -> Cells:
    """Values, NULL where there is no such number."""
    return [
        value if is_there else None for value, is_there in zip(values.tolist(), there.tolist(), strict=True)
    ]


def _account_id(book: Book, account: int) -> str:
    return book.tables.profiles[account].id


def _venue(book: Book, account: int) -> str:
    return book.tables.profiles[account].venue


_KNOWN_OF_ACCOUNTS = (("account", _account_id), ("venue", _venue))


# ---- accounts ------------------------------------------------------------------------------------------------------


def _money(name: str, meaning: str) -> RelationColumn:
    return number(name, f"{meaning}, USD", lambda book: _column(book.tables.accounts, name))


def _column(columns: object, name: str) -> FloatArray:
    values: FloatArray = getattr(columns, name)
    return values


_ACCOUNTS = Relation(
    name="accounts",
    meaning="An account of the desk.",
    needs=frozenset({Surface.BALANCES}),
    owner=lambda book: np.arange(len(book.tables.profiles), dtype=np.intp),
    columns=(
        text("subject", "its subject: the account id", lambda book: [row.id for row in book.tables.profiles]),
        text("account", "account id", lambda book: [row.id for row in book.tables.profiles]),
        text("venue", "venue id", lambda book: [row.venue for row in book.tables.profiles]),
        text(
            "desk",
            "level above the account; empty: none",
            lambda book: [row.desk for row in book.tables.profiles],
        ),
        text("book", "level between; empty: none", lambda book: [row.book for row in book.tables.profiles]),
        _money("equity", "wallet balance and unrealized profit of all positions"),
        _money("wallet_balance", "cash in the futures wallet"),
        _money("cross_wallet_balance", "cash that backs the cross positions"),
        _money("maintenance_margin", "sum over positions, as the venue states it"),
        _money("initial_margin", "sum over positions and orders, as the venue states it"),
        _money("available_balance", "what may still be used"),
        flag(
            "hedge_mode",
            "long and short of a symbol are held apart",
            lambda book: book.tables.accounts.hedge_mode.tolist(),
        ),
    ),
)


# ---- positions -----------------------------------------------------------------------------------------------------


def _of_instruments(column: Callable[[Book], IndexArray], name: str) -> Callable[[Book], Cells]:
    def cells(book: Book) -> Cells:
        names = [str(getattr(row, name)) for row in book.tables.instruments]
        return [names[code] for code in column(book).tolist()]

    return cells


def _of_profiles(column: Callable[[Book], IndexArray], name: str) -> Callable[[Book], Cells]:
    def cells(book: Book) -> Cells:
        names = [str(getattr(row, name)) for row in book.tables.profiles]
        return [names[code] for code in column(book).tolist()]

    return cells


def _held(name: str, meaning: str) -> RelationColumn:
    return number(name, meaning, lambda book: _column(book.tables.positions, name))


_POSITIONS = Relation(
    name="positions",
    meaning="An open position.",
    needs=frozenset({Surface.POSITIONS}),
    owner=lambda book: book.layout.position_account,
    always_known=_KNOWN_OF_ACCOUNTS,
    columns=(
        text("subject", "its subject: the position_id", lambda book: book.once(position_ids)),
        text("position_id", "`account=... symbol=... side=...`", lambda book: book.once(position_ids)),
        text("account", "account id", _of_profiles(lambda book: book.layout.position_account, "id")),
        text("venue", "venue id", _of_profiles(lambda book: book.layout.position_account, "venue")),
        text(
            "symbol",
            "unified symbol",
            _of_instruments(lambda book: book.layout.position_instrument, "symbol"),
        ),
        text("asset", "base asset", _of_instruments(lambda book: book.layout.position_instrument, "base")),
        text(
            "strategy",
            "strategy, `unlabelled` where no rule names one",
            lambda book: [book.tables.strategies[code] for code in book.tables.positions.strategy.tolist()],
        ),
        text(
            "side",
            "`long` or `short`",
            lambda book: [book.tables.positions.side(row) for row in range(len(book.tables.positions))],
        ),
        _held("notional", "quantity times mark price, USD, signed: long +, short -"),
        number("gross", "the same without sign, USD", lambda book: book.gross),
        _held("quantity", "base units, signed"),
        _held("entry_price", "mean price of the fills, quote per base"),
        _held("mark_price", "quote per base"),
        _held("unrealized_pnl", "profit if closed at mark, USD"),
        _held("initial_margin", "as the venue states it, USD"),
        _held("maintenance_margin", "as the venue states it, USD"),
        _held("leverage_setting", "the slider: initial margin is notional / setting"),
        flag("isolated", "has a margin of its own", lambda book: book.tables.positions.isolated.tolist()),
        number(
            "isolated_wallet",
            "cash set aside for it, USD; NULL for a cross position",
            lambda book: _where(book.tables.positions.isolated_wallet, book.tables.positions.isolated),
        ),
        number(
            "liquidation_price",
            "as the venue states it, quote per base; NULL where no price liquidates",
            lambda book: _where(
                book.tables.positions.liquidation_price, ~book.tables.positions.cannot_be_liquidated
            ),
        ),
        _held("adl_rank", "place in the auto-deleveraging queue: 0 last to 4 first"),
        _held("opened_at", "when it last left zero, seconds since the epoch"),
    ),
)


# ---- orders, spot, instruments -------------------------------------------------------------------------------------


_ORDERS = Relation(
    name="orders",
    meaning="A resting order, ordinary or conditional.",
    needs=frozenset({Surface.ORDERS, Surface.CONDITIONAL_ORDERS}),
    owner=lambda book: book.layout.order_account,
    always_known=_KNOWN_OF_ACCOUNTS,
    columns=(
        text("order_id", "the venue's id", lambda book: book.tables.orders.order_id),
        text("account", "account id", _of_profiles(lambda book: book.layout.order_account, "id")),
        text("venue", "venue id", _of_profiles(lambda book: book.layout.order_account, "venue")),
        text(
            "symbol", "unified symbol", _of_instruments(lambda book: book.layout.order_instrument, "symbol")
        ),
        text("asset", "base asset", _of_instruments(lambda book: book.layout.order_instrument, "base")),
        text(
            "strategy",
            "strategy, `unlabelled` where no rule names one",
            lambda book: [book.tables.strategies[code] for code in book.tables.orders.strategy.tolist()],
        ),
        text("position_side", "`BOTH`, `LONG` or `SHORT`", lambda book: book.tables.orders.position_side),
        text(
            "kind",
            "`limit`, `stop`, `take_profit`, `trailing` or `other`",
            lambda book: [kind.value for kind in book.tables.orders.kind],
        ),
        number("direction", "+1 buys, -1 sells", lambda book: book.tables.orders.direction),
        number(
            "price",
            "limit price, quote per base; NULL for a market order behind a trigger",
            lambda book: _where(book.tables.orders.price, ~np.isnan(book.tables.orders.price)),
        ),
        number(
            "trigger_price",
            "quote per base; NULL for an ordinary order",
            lambda book: _where(book.tables.orders.trigger_price, book.tables.orders.conditional),
        ),
        number(
            "remaining",
            "base units still to fill; NULL for an order that closes whatever is there",
            lambda book: _where(book.tables.orders.remaining, ~book.tables.orders.close_position),
        ),
        flag("reduce_only", "may not open or flip", lambda book: book.tables.orders.reduce_only.tolist()),
        flag(
            "close_position",
            "closes the whole position",
            lambda book: book.tables.orders.close_position.tolist(),
        ),
        flag("conditional", "waits for a trigger", lambda book: book.tables.orders.conditional.tolist()),
        number("placed_at", "seconds since the epoch", lambda book: book.tables.orders.placed_at),
    ),
)

_SPOT = Relation(
    name="spot",
    meaning="A spot balance that a hedge names.",
    needs=frozenset({Surface.SPOT_BALANCES, Surface.MARKS}),
    owner=lambda book: index(book.tables.spot.account),
    always_known=_KNOWN_OF_ACCOUNTS,
    columns=(
        text("account", "account id", _of_profiles(lambda book: index(book.tables.spot.account), "id")),
        text("venue", "venue id", _of_profiles(lambda book: index(book.tables.spot.account), "venue")),
        text("asset", "the coin", lambda book: book.tables.spot.asset),
        number("quantity", "base units", lambda book: book.tables.spot.quantity),
        number(
            "price",
            "index price of the coin's perpetual, quote per base",
            lambda book: book.tables.spot.price,
        ),
    ),
)


def _quoted(name: str, meaning: str) -> RelationColumn:
    return number(name, meaning, lambda book: _column(book.tables.quotes, name))


def _instrument(name: str, field: str, meaning: str) -> RelationColumn:
    return text(name, meaning, lambda book: [str(getattr(row, field)) for row in book.tables.instruments])


def _holders(book: Book) -> tuple[IndexArray, IndexArray]:
    """Accounts with a position, an order or a hedge's leg in an instrument."""
    legs = book.layout.legs
    rows = np.concatenate([book.layout.position_instrument, book.layout.order_instrument, legs.instrument])
    accounts = np.concatenate([book.layout.position_account, book.layout.order_account, legs.account])
    known = (rows >= 0) & (accounts >= 0)
    return index(rows[known]), index(accounts[known])


_INSTRUMENTS = Relation(
    name="instruments",
    meaning="A contract that a position, an order, a hedge or a grid refers to.",
    needs=frozenset({Surface.MARKS}),
    holders=_holders,
    columns=(
        text(
            "subject",
            "its subject: `venue=... symbol=...`",
            lambda book: [str(subject) for subject in book.universe(Grain.INSTRUMENT).subjects],
        ),
        _instrument("venue", "venue", "venue id"),
        _instrument("symbol", "symbol", "unified symbol"),
        _instrument("asset", "base", "base asset"),
        _instrument("settle", "settle", "currency of profit and loss"),
        _quoted("mark_price", "quote per base"),
        _quoted("index_price", "quote per base"),
        _quoted("last_price", "quote per base"),
        _quoted("funding_rate", "fraction of notional for one interval; positive: longs pay"),
        _quoted("funding_interval_hours", "hours between settlements"),
        _quoted("next_funding_at", "seconds since the epoch"),
    ),
)


RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {relation.name: relation for relation in (_ACCOUNTS, _POSITIONS, _ORDERS, _SPOT, _INSTRUMENTS, *NAMED)}
)
"""All of them by name."""
