"""The book as it would be with one more position, in a contract that its account does not hold on that side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from riskd.measure.book.groups import index
from riskd.measure.margin.brackets import Brackets
from riskd.measure.supposed.charged import Charge, charged, taker_fee_rate
from riskd.measure.supposed.suppose_more import stale_liquidation
from riskd.model.snapshot import OrderColumns, OrderKind, PositionColumns, Snapshot

LONG, SHORT = "long", "short"
_SUPPOSED = "supposed"  # the id of an order that no venue knows

_Cell: TypeAlias = float | str | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A position that might be opened.

    Attributes:
        account: Code into the desk's accounts.
        instrument: Code into ``Snapshot.instruments``.
        side: ``long`` or ``short``.
        strategy: Code into ``Snapshot.strategies`` of the strategy that it would belong to.
        leverage: The account's setting for the contract.
        isolated: Whether the account margins the contract in isolation.
        stop: How far from mark a stop for all of it rests, as a share of the mark; NaN: there is none.
    """

    account: int
    instrument: int
    side: str
    strategy: int
    leverage: float
    isolated: bool
    stop: float = np.nan


def suppose_opened(snapshot: Snapshot, opening: Opening, quantity: Decimal) -> Snapshot:
    """The snapshot with a new position, bought or sold at mark by a taker this very moment.

    Initial margin is taken by the leverage setting, and an isolated position takes no more than that along; maintenance
    margin is the brackets', as the venue will state it. What only the venue can know is unknown: the place in its queue of
    auto-deleveraging. Its liquidation price, and those of the cross positions beside it, are left to our own reckoning.
    Nothing protects it but the stop that it is opened with, if any.

    Args:
        snapshot: As it is.
        opening: Of a side that the account does not hold.
        quantity: How much, base units, > 0.
    """
    with np.errstate(invalid="ignore"):  # what is unknown stays unknown
        notional = float(quantity) * float(snapshot.quotes.mark_price[opening.instrument])
        margin = notional / opening.leverage
        maintenance = _maintenance(snapshot, opening, notional)
        charge = Charge(
            fee=notional * taker_fee_rate(snapshot, opening.instrument),
            initial_margin=margin,
            isolated_wallet=margin if opening.isolated else 0.0,
            maintenance_margin=maintenance,
        )
        return replace(
            snapshot,
            positions=_with_row(snapshot, opening, _row(snapshot, opening, quantity, margin, maintenance)),
            orders=snapshot.orders if np.isnan(opening.stop) else _with_stop(snapshot, opening, quantity),
            accounts=charged(snapshot, opening.account, charge),
        )


def _maintenance(snapshot: Snapshot, opening: Opening, notional: float) -> float:
    quotes = snapshot.quotes
    table = Brackets(quotes.bracket_floor, quotes.bracket_rate, quotes.bracket_amount)
    return float(table.maintenance(index([opening.instrument]), np.array([notional]))[0])


def _row(
    snapshot: Snapshot, opening: Opening, quantity: Decimal, margin: float, maintenance: float
) -> Mapping[str, _Cell]:
    """The new position, by the names of the columns."""
    mark = float(snapshot.quotes.mark_price[opening.instrument])
    signed = quantity if opening.side == LONG else -quantity
    return {
        "account": opening.account,
        "instrument": opening.instrument,
        "strategy": opening.strategy,
        "quantity": float(signed),
        "entry_price": mark,
        "mark_price": mark,
        "notional": float(signed) * mark,
        "unrealized_pnl": 0.0,
        "leverage_setting": opening.leverage,
        "isolated": opening.isolated,
        "isolated_wallet": margin if opening.isolated else np.nan,
        "initial_margin": margin,
        "maintenance_margin": maintenance,
        "liquidation_price": np.nan,
        "cannot_be_liquidated": False,
        "adl_rank": np.nan,
        "opened_at": snapshot.taken_at.timestamp(),
        "confirmed": True,
        "quantity_exact": signed,
        "position_side": _position_side(snapshot, opening),
    }


def _position_side(snapshot: Snapshot, opening: Opening) -> str:
    return opening.side.upper() if snapshot.accounts.hedge_mode[opening.account] else "BOTH"


def _with_row(snapshot: Snapshot, opening: Opening, row: Mapping[str, _Cell]) -> PositionColumns:
    """The positions with the new one at its place in their order: account, contract, side."""
    before = snapshot.positions
    stale = stale_liquidation(before, opening.account)
    kept = replace(
        before,
        liquidation_price=np.where(stale, np.nan, before.liquidation_price),
        cannot_be_liquidated=before.cannot_be_liquidated & ~stale,
    )
    keys = zip(before.account.tolist(), before.instrument.tolist(), before.position_side, strict=True)
    place = sum(key < (opening.account, opening.instrument, row["position_side"]) for key in keys)
    columns = {
        field.name: _inserted(getattr(kept, field.name), place, row[field.name]) for field in fields(kept)
    }
    return PositionColumns(**columns)  # type: ignore[arg-type]  # each under its own name


def _with_stop(snapshot: Snapshot, opening: Opening, quantity: Decimal) -> OrderColumns:
    """The resting orders with a stop that closes all of the new position, at its place among them."""
    before = snapshot.orders
    away = -1.0 if opening.side == LONG else 1.0
    stop: Mapping[str, _Cell] = {
        "account": opening.account,
        "instrument": opening.instrument,
        "strategy": opening.strategy,
        "direction": away,
        "price": np.nan,
        "trigger_price": float(snapshot.quotes.mark_price[opening.instrument]) * (1.0 + away * opening.stop),
        "remaining": float(quantity),
        "reduce_only": True,
        "close_position": False,
        "placed_at": snapshot.taken_at.timestamp(),
        "kind": OrderKind.STOP,
        "conditional": True,
        "position_side": _position_side(snapshot, opening),
        "order_id": _SUPPOSED,
        "client_order_id": "",
        "remaining_exact": quantity,
    }
    keys = zip(before.account.tolist(), before.instrument.tolist(), before.order_id, strict=True)
    place = sum(key < (opening.account, opening.instrument, _SUPPOSED) for key in keys)
    columns = {
        field.name: _inserted(getattr(before, field.name), place, stop[field.name])
        for field in fields(before)
    }
    return OrderColumns(**columns)  # type: ignore[arg-type]  # each under its own name


def _inserted(column: object, place: int, value: _Cell) -> object:
    if isinstance(column, tuple):
        return (*column[:place], value, *column[place:])
    assert isinstance(column, np.ndarray)
    assert not isinstance(value, Decimal)  # exact numbers stand in tuples
    return np.insert(column, place, value)
