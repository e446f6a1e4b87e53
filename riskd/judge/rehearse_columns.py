"""Rows of a snapshot test as the columns of a snapshot. What a row does not say is derived where a venue would, else NaN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from riskd.model.arrays import FloatArray, codes, flags, floats
from riskd.model.desk import UNLABELLED, LegKind
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    OrderKind,
    PositionColumns,
    SpotColumns,
)
from riskd.policy.book_rows import BookRows, InstrumentRow, OrderRow, PositionRow

NAN = float("nan")
_FUNDING_HOURS = 8.0
_FINE = Decimal("0.00000001")  # a book that is only measured needs no lots
_LARGE = Decimal(10**15)
_ORDER_AGE_SECONDS = 60.0
_SPOT_QUOTES = ("USDT", "USDC", "FDUSD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A book on its way into columns.

    Attributes:
        now: Of this look, seconds since the epoch.
        begun: Of the first look, from which the times of rows count.
        accounts: Number of each account.
        places: Number of each instrument, by venue and symbol.
        blind: Surfaces of venues that could not be read: no account of a venue sees what one of them does not.
    """

    rows: BookRows
    now: float
    begun: float
    strategies: tuple[str, ...]
    accounts: Mapping[str, int]
    places: Mapping[tuple[str, str], int]
    blind: frozenset[tuple[str, Surface]]

    def readable(self, row: PositionRow | OrderRow, surface: Surface) -> bool:
        """Whether a surface of the row's account could be read."""
        return surface not in self.rows.accounts[self.accounts[row.account]].unknown

    def place(self, row: PositionRow | OrderRow) -> tuple[int, int]:
        """Numbers of the row's account and instrument."""
        account = self.accounts[row.account]
        return account, self.places[self.rows.accounts[account].profile.venue, row.symbol]


def scene_of(rows: BookRows, *, now: float, begun: float) -> Scene:
    """The scene of a book; the arguments are its attributes."""
    names = {row.strategy for row in rows.positions} | {row.strategy for row in rows.orders}
    return Scene(
        rows=rows,
        now=now,
        begun=begun,
        strategies=tuple(sorted(names | {UNLABELLED})),
        accounts={row.profile.id: code for code, row in enumerate(rows.accounts)},
        places={(row.venue, row.symbol): code for code, row in enumerate(rows.instruments)},
        blind=frozenset((row.profile.venue, surface) for row in rows.accounts for surface in row.unknown),
    )


def instrument_of(row: InstrumentRow) -> Instrument:
    """Contract terms that bound nothing."""
    base, _, rest = row.symbol.partition("/")
    quote, _, settle = rest.partition(":")
    return Instrument(
        venue=row.venue,
        symbol=row.symbol,
        venue_symbol=f"{base}{quote}",
        base=base,
        quote=quote,
        settle=settle,
        contract_size=Decimal(1),
        tick_size=_FINE,
        lot_size=_FINE,
        market_lot_size=_FINE,
        quantity_min=_FINE,
        quantity_max=_LARGE,
        market_quantity_max=_LARGE,
        notional_min=Decimal(0),
        price_band=None,
        taker_fee_rate=None,
        tradable=True,
    )


def instrument_columns(scene: Scene) -> InstrumentColumns:
    """Quotes, and one bracket without an end for each instrument."""
    rows = scene.rows.instruments
    quoted = [(row.venue, Surface.MARKS) not in scene.blind for row in rows]
    timed = [(row.venue, Surface.FUNDING_INTERVALS) not in scene.blind for row in rows]
    tiered = [(row.venue, Surface.BRACKETS) not in scene.blind for row in rows]
    size = len(rows)
    return InstrumentColumns(
        mark_price=_where(quoted, [row.mark for row in rows]),
        index_price=_where(quoted, [row.index for row in rows]),
        last_price=floats([NAN] * size),
        funding_rate=_where(quoted, [row.funding_rate for row in rows]) * _FUNDING_HOURS,
        funding_interval_hours=_where(timed, [_FUNDING_HOURS] * size),
        next_funding_at=floats([scene.now + 3_600.0] * size),
        quoted_at=_where(quoted, [scene.now] * size),
        bracket_floor=np.zeros((size, 1)),
        bracket_rate=_where(tiered, [row.maintenance_rate for row in rows]).reshape(size, 1),
        bracket_amount=_where(tiered, [0.0] * size).reshape(size, 1),
    )


def position_columns(scene: Scene) -> PositionColumns:
    """Positions in canonical order. One that is not confirmed keeps its row and loses its numbers."""
    rows = sorted(scene.rows.positions, key=lambda row: (*scene.place(row), _side(scene, row)))
    listed = [scene.rows.instruments[scene.place(row)[1]] for row in rows]
    seen = [row.confirmed and scene.readable(row, Surface.POSITIONS) for row in rows]
    quantity = _where(seen, [float(row.quantity) for row in rows])
    mark = floats([one.mark for one in listed])
    entry = floats(
        [one.mark if row.entry is None else row.entry for row, one in zip(rows, listed, strict=True)]
    )
    setting = floats([row.leverage for row in rows])
    notional = quantity * mark
    return PositionColumns(
        account=codes([scene.place(row)[0] for row in rows]),
        instrument=codes([scene.place(row)[1] for row in rows]),
        strategy=codes([scene.strategies.index(row.strategy) for row in rows]),
        quantity=quantity,
        entry_price=entry,
        mark_price=mark,
        notional=notional,
        unrealized_pnl=quantity * (mark - entry),
        leverage_setting=setting,
        isolated=flags([row.isolated_wallet is not None for row in rows]),
        isolated_wallet=_where(seen, [row.isolated_wallet for row in rows]),
        initial_margin=np.abs(notional) / setting,
        maintenance_margin=np.abs(notional) * floats([one.maintenance_rate for one in listed]),
        liquidation_price=_where(seen, [row.liquidation for row in rows]),
        cannot_be_liquidated=flags([False] * len(rows)),
        adl_rank=_where(seen, [row.adl_rank for row in rows]),
        opened_at=scene.begun + floats([row.opened_at for row in rows]),
        confirmed=flags(seen),
        quantity_exact=tuple(row.quantity for row in rows),
        position_side=tuple(_side(scene, row) for row in rows),
    )


def order_columns(scene: Scene) -> OrderColumns:
    """Resting orders of the lists that could be read, in canonical order."""
    rows = [row for row in scene.rows.orders if scene.readable(row, _list_of(row))]
    rows.sort(key=lambda row: (*scene.place(row), _list_of(row) is Surface.CONDITIONAL_ORDERS))
    exact = [Decimal(0) if row.quantity is None else row.quantity for row in rows]
    return OrderColumns(
        account=codes([scene.place(row)[0] for row in rows]),
        instrument=codes([scene.place(row)[1] for row in rows]),
        strategy=codes([scene.strategies.index(row.strategy) for row in rows]),
        direction=floats([row.direction for row in rows]),
        price=floats([row.price for row in rows]),
        trigger_price=floats([row.trigger for row in rows]),
        remaining=floats([row.quantity for row in rows]),
        reduce_only=flags([row.reduce_only for row in rows]),
        close_position=flags([row.quantity is None for row in rows]),
        placed_at=floats([_placed_at(scene, row) for row in rows]),
        kind=tuple(row.kind for row in rows),
        conditional=flags([_list_of(row) is Surface.CONDITIONAL_ORDERS for row in rows]),
        position_side=tuple(row.position_side for row in rows),
        order_id=tuple(str(number) for number in range(1, len(rows) + 1)),
        client_order_id=("",) * len(rows),
        remaining_exact=tuple(exact),
    )


def account_columns(scene: Scene, positions: PositionColumns) -> AccountColumns:
    """Money of each account, as the venue states it; what is not given follows from the rest where it can."""
    rows = scene.rows.accounts
    read = [Surface.BALANCES not in row.unknown for row in rows]

    def total(column: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(positions.account, weights=column, minlength=len(rows)), dtype=float)

    profit = total(positions.unrealized_pnl)
    equity, wallet = (_where(read, column) for column in ([r.equity for r in rows], [r.wallet for r in rows]))
    equity, wallet = _first(equity, wallet + profit), _first(wallet, equity - profit)
    initial = total(positions.initial_margin)
    return AccountColumns(
        equity=equity,
        wallet_balance=wallet,
        cross_wallet_balance=wallet - total(np.where(positions.isolated, positions.isolated_wallet, 0.0)),
        maintenance_margin=_first(
            _where(read, [row.maintenance_margin for row in rows]), total(positions.maintenance_margin)
        ),
        initial_margin=initial,
        available_balance=_first(_where(read, [row.available_balance for row in rows]), equity - initial),
        hedge_mode=flags([row.hedge_mode for row in rows]),
    )


def spot_columns(scene: Scene) -> SpotColumns:
    """One row for each coin that a hedge holds on spot; a coin that no row names is not held."""
    named = {
        (scene.accounts[leg.account], leg.name)
        for hedge in scene.rows.hedges
        for leg in hedge.legs
        if leg.kind is LegKind.SPOT
    }
    held = {(scene.accounts[row.account], row.asset): float(row.quantity) for row in scene.rows.spot}
    legs = sorted(named)
    read = [Surface.SPOT_BALANCES not in scene.rows.accounts[code].unknown for code, _ in legs]
    return SpotColumns(
        account=codes([code for code, _ in legs]),
        asset=tuple(asset for _, asset in legs),
        quantity=_where(read, [held.get(leg, 0.0) for leg in legs]),
        price=floats([_coin_price(scene, code, asset) for code, asset in legs]),
    )


def _coin_price(scene: Scene, code: int, asset: str) -> float | None:
    """A coin is priced by the index of its perpetual, as live."""
    venue = scene.rows.accounts[code].profile.venue
    if (venue, Surface.MARKS) in scene.blind:
        return None
    index = {row.symbol: row.index for row in scene.rows.instruments if row.venue == venue}
    symbols = [f"{asset}/{quote}:{quote}" for quote in _SPOT_QUOTES]
    return next((index[symbol] for symbol in symbols if symbol in index), None)


def _side(scene: Scene, row: PositionRow) -> str:
    if not scene.rows.accounts[scene.accounts[row.account]].hedge_mode:
        return "BOTH"
    return "LONG" if row.quantity > 0 else "SHORT"


def _placed_at(scene: Scene, row: OrderRow) -> float:
    return scene.now - _ORDER_AGE_SECONDS if row.placed_at is None else scene.begun + row.placed_at


def _list_of(row: OrderRow) -> Surface:
    return Surface.ORDERS if row.kind is OrderKind.LIMIT else Surface.CONDITIONAL_ORDERS


def _where(known: Iterable[bool], values: Sequence[float | None]) -> FloatArray:
    """The values that are known and given; NaN elsewhere."""
    return floats([value if seen else None for seen, value in zip(known, values, strict=True)])


def _first(given: FloatArray, otherwise: FloatArray) -> FloatArray:
    return np.where(np.isnan(given), otherwise, given)
