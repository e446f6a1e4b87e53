"""A snapshot out of the ledger's columns: the way back from ``snapshot_rows``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import BoolArray, FloatArray, IntArray, codes, floats
from riskd.model.desk import UNLABELLED, Desk
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    OrderKind,
    PositionColumns,
    Quality,
    Snapshot,
    SpotColumns,
    SurfaceState,
)

Columns: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""By name: float64 (NaN: NULL), bool, datetime64[us] (NaT: NULL), or objects (str; None: NULL)."""

_NOT_RECORDED = Decimal("NaN")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTerms:
    """A contract as it was recorded.

    Attributes:
        brackets: Notional floor, maintenance rate and amount of each; empty: not known.
    """

    instrument: Instrument
    brackets: tuple[tuple[float, float, float], ...]


Terms: TypeAlias = Mapping[tuple[str, str], RecordedTerms]
"""By venue and symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTables:
    """The rows of one cycle.

    Attributes:
        tables: By table.
    """

    snapshot_id: int
    taken_at: datetime
    tables: Mapping[str, Columns]


def snapshot_of(recorded: RecordedTables, desk: Desk, terms: Terms) -> Snapshot:
    """The snapshot that was recorded.

    What no table holds is unknown: clock offsets, provenance, and the terms of contracts that were not recorded yet.

    Args:
        desk: As it was at the time.
        terms: Of contracts, as they were.
    """
    tables = recorded.tables
    marks = tables["marks"]
    names = list(zip(_texts(marks, "venue"), _texts(marks, "symbol"), strict=True))
    places = _Places(desk, names, tables)
    return Snapshot(
        id=recorded.snapshot_id,
        taken_at=recorded.taken_at,
        desk=desk,
        instruments=tuple(_instrument(name, terms) for name in names),
        strategies=places.strategies,
        quotes=_quotes(marks, names, terms),
        accounts=_accounts(tables["account_snapshots"], desk),
        positions=_positions(tables["positions"], places),
        orders=_orders(tables["resting_orders"], places),
        spot=_spot(tables["spot_balances"], places),
        surfaces=_surfaces(tables["surfaces"]),
    )


class _Places:
    """From the names in rows to the codes of a snapshot."""

    def __init__(self, desk: Desk, names: Sequence[tuple[str, str]], tables: Mapping[str, Columns]) -> None:
        held = {*_texts(tables["positions"], "strategy"), *_texts(tables["resting_orders"], "strategy")}
        self.strategies = tuple(sorted(held | {UNLABELLED}))
        self._accounts = {profile.id: code for code, profile in enumerate(desk.accounts)}
        self._instruments = {name: code for code, name in enumerate(names)}
        self._strategies = {name: code for code, name in enumerate(self.strategies)}

    def account(self, columns: Columns) -> IntArray:
        return codes([self._accounts[name] for name in _texts(columns, "account")])

    def instrument(self, columns: Columns) -> IntArray:
        pairs = zip(_texts(columns, "venue"), _texts(columns, "symbol"), strict=True)
        return codes([self._instruments[pair] for pair in pairs])

    def strategy(self, columns: Columns) -> IntArray:
        return codes([self._strategies[name] for name in _texts(columns, "strategy")])


def _instrument(name: tuple[str, str], terms: Terms) -> Instrument:
    known = terms.get(name)
    if known is not None:
        return known.instrument
    venue, symbol = name
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    return Instrument(
        venue=venue,
        symbol=symbol,
        venue_symbol="",
        base=base,
        quote=quote,
        settle=settle,
        contract_size=_NOT_RECORDED,
        tick_size=_NOT_RECORDED,
        lot_size=_NOT_RECORDED,
        market_lot_size=_NOT_RECORDED,
        quantity_min=_NOT_RECORDED,
        quantity_max=_NOT_RECORDED,
        market_quantity_max=_NOT_RECORDED,
        notional_min=_NOT_RECORDED,
        price_band=None,
        taker_fee_rate=None,
        tradable=False,
    )


def _quotes(marks: Columns, names: Sequence[tuple[str, str]], terms: Terms) -> InstrumentColumns:
    brackets = [terms[name].brackets if name in terms else () for name in names]
    width = max([1, *map(len, brackets)])
    floor = np.full((len(names), width), np.inf)
    rate, amount = np.full((len(names), width), np.nan), np.full((len(names), width), np.nan)
    for row, listed in enumerate(brackets):
        for column, bracket in enumerate(listed):
            floor[row, column], rate[row, column], amount[row, column] = bracket
    return InstrumentColumns(
        **{
            name: _floats(marks, name)
            for name in ("mark_price", "index_price", "last_price", "funding_rate", "funding_interval_hours")
        },
        next_funding_at=_seconds(marks, "next_funding_at"),
        quoted_at=_seconds(marks, "quoted_at"),
        bracket_floor=floor,
        bracket_rate=rate,
        bracket_amount=amount,
    )


def _accounts(columns: Columns, desk: Desk) -> AccountColumns:
    rows = {name: row for row, name in enumerate(_texts(columns, "account"))}
    order = [rows[profile.id] for profile in desk.accounts]

    def taken(name: str) -> FloatArray:
        return _floats(columns, name)[order]

    known = _texts(columns, "equity_basis") if "equity_basis" in columns else ()
    return AccountColumns(
        equity=taken("equity_usd"),
        wallet_balance=taken("wallet_balance_usd"),
        cross_wallet_balance=taken("cross_wallet_balance_usd"),
        maintenance_margin=taken("maintenance_margin_usd"),
        initial_margin=taken("initial_margin_usd"),
        available_balance=taken("available_balance_usd"),
        hedge_mode=_flags(columns, "hedge_mode")[order],
        basis=tuple(str(known[row] or "") for row in order) if any(known) else (),
    )


def _positions(columns: Columns, places: _Places) -> PositionColumns:
    return PositionColumns(
        account=places.account(columns),
        instrument=places.instrument(columns),
        strategy=places.strategy(columns),
        quantity=_floats(columns, "quantity"),
        entry_price=_floats(columns, "entry_price"),
        mark_price=_floats(columns, "mark_price"),
        notional=_floats(columns, "notional_usd"),
        unrealized_pnl=_floats(columns, "unrealized_pnl_usd"),
        leverage_setting=_floats(columns, "leverage_setting"),
        isolated=np.array([mode == "isolated" for mode in _texts(columns, "margin_mode")], dtype=np.bool_),
        isolated_wallet=_floats(columns, "isolated_wallet_usd"),
        initial_margin=_floats(columns, "initial_margin_usd"),
        maintenance_margin=_floats(columns, "maintenance_margin_usd"),
        liquidation_price=_floats(columns, "liquidation_price"),
        cannot_be_liquidated=_flags(columns, "cannot_be_liquidated"),
        adl_rank=_floats(columns, "adl_rank"),
        opened_at=_seconds(columns, "opened_at"),
        confirmed=_flags(columns, "confirmed"),
        quantity_exact=tuple(Decimal(text) for text in _texts(columns, "quantity_exact")),
        position_side=_texts(columns, "position_side"),
    )


def _orders(columns: Columns, places: _Places) -> OrderColumns:
    return OrderColumns(
        account=places.account(columns),
        instrument=places.instrument(columns),
        strategy=places.strategy(columns),
        direction=floats([1.0 if word == "BUY" else -1.0 for word in _texts(columns, "direction")]),
        price=_floats(columns, "price"),
        trigger_price=_floats(columns, "trigger_price"),
        remaining=_floats(columns, "remaining"),
        reduce_only=_flags(columns, "reduce_only"),
        close_position=_flags(columns, "close_position"),
        placed_at=_seconds(columns, "placed_at"),
        kind=tuple(OrderKind(kind) for kind in _texts(columns, "kind")),
        conditional=_flags(columns, "conditional"),
        position_side=_texts(columns, "position_side"),
        order_id=_texts(columns, "order_id"),
        client_order_id=_texts(columns, "client_order_id"),
        remaining_exact=tuple(Decimal(text) for text in _texts(columns, "remaining_exact")),
    )


def _spot(columns: Columns, places: _Places) -> SpotColumns:
    return SpotColumns(
        account=places.account(columns),
        asset=_texts(columns, "asset"),
        quantity=_floats(columns, "quantity"),
        price=_floats(columns, "price"),
    )


def _surfaces(columns: Columns) -> tuple[SurfaceState, ...]:
    names = ("venue", "account", "surface", "quality", "reason")
    rows = zip(*(_texts(columns, name) for name in names), columns["observed_at"], strict=True)
    return tuple(
        SurfaceState(
            venue=venue,
            account=account,
            surface=Surface(surface),
            quality=Quality(quality),
            observed_at=None if np.isnat(observed_at) else moment(observed_at),
            reason=reason,
        )
        for venue, account, surface, quality, reason, observed_at in rows
    )


def moment(stamp: np.datetime64) -> datetime:
    """A ledger's time as an aware one."""
    naive: datetime = stamp.astype("datetime64[us]").item()
    return naive.replace(tzinfo=UTC)


def _texts(columns: Columns, name: str) -> tuple[str, ...]:
    return tuple(columns[name].tolist())


def _floats(columns: Columns, name: str) -> FloatArray:
    return columns[name].astype(np.float64, copy=False)


def _flags(columns: Columns, name: str) -> BoolArray:
    return columns[name].astype(np.bool_, copy=False)


def _seconds(columns: Columns, name: str) -> FloatArray:
    """Seconds since the epoch; NaN for NULL."""
    stamps = columns[name]
    missing = np.isnat(stamps)
    seconds: FloatArray = np.where(missing, np.nan, stamps.astype(np.int64) / 1e6)
    return seconds
