"""Rows of tests to the columns of a snapshot: derives what a row does not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np

from riskd.model.arrays import FloatArray, codes, flags, floats
from riskd.model.instrument import Instrument
from riskd.model.snapshot import AccountColumns, InstrumentColumns, OrderColumns, PositionColumns
from tests.builder_rows import NAN, AccountRow, InstrumentRow, Number, OrderRow, PositionRow


def decimal(value: Number) -> Decimal:
    """A Decimal of what the value prints as."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def instrument_of(row: InstrumentRow) -> Instrument:
    """The contract terms of a row."""
    base, _, rest = row.symbol.partition("/")
    quote, _, settle = rest.partition(":")
    lot = decimal(row.lot_size)
    return Instrument(
        venue=row.venue,
        symbol=row.symbol,
        venue_symbol=f"{base}{quote}",
        base=base,
        quote=quote,
        settle=settle,
        contract_size=Decimal(1),
        tick_size=decimal(row.tick_size),
        lot_size=lot,
        market_lot_size=lot,
        quantity_min=lot,
        quantity_max=decimal(row.quantity_max),
        market_quantity_max=decimal(row.market_quantity_max),
        notional_min=decimal(row.notional_min),
        price_band=None if row.price_band is None else decimal(row.price_band),
        taker_fee_rate=None if row.taker_fee_rate is None else decimal(row.taker_fee_rate),
        tradable=row.tradable,
    )


def amounts(brackets: Sequence[tuple[float, float]]) -> list[float]:
    """Maintenance amounts that make maintenance continuous over ``(floor, rate)`` brackets."""
    total, rate_before, result = 0.0, 0.0, []
    for floor, rate in brackets:
        total += floor * (rate - rate_before)
        rate_before = rate
        result.append(total)
    return result


def maintenance(notional: float, brackets: Sequence[tuple[float, float]]) -> float:
    """Maintenance margin of an unsigned notional; NaN when brackets are unknown."""
    if not brackets:
        return NAN
    pieces = [
        rate * notional - amount
        for (floor, rate), amount in zip(brackets, amounts(brackets), strict=True)
        if notional >= floor
    ]
    return pieces[-1] if pieces else NAN


def quotes_of(rows: Sequence[InstrumentRow], taken_at: datetime) -> InstrumentColumns:
    width = max([len(row.brackets) for row in rows] + [1])
    floor = np.full((len(rows), width), np.inf)
    rate = np.full((len(rows), width), NAN)
    amount = np.full((len(rows), width), NAN)
    for number, row in enumerate(rows):
        depth = len(row.brackets)
        floor[number, :depth] = [bracket[0] for bracket in row.brackets]
        rate[number, :depth] = [bracket[1] for bracket in row.brackets]
        amount[number, :depth] = amounts(row.brackets)
    now = taken_at.timestamp()
    return InstrumentColumns(
        mark_price=floats([row.mark for row in rows]),
        index_price=floats([row.mark if row.index is None else row.index for row in rows]),
        last_price=floats([row.mark if row.last is None else row.last for row in rows]),
        funding_rate=floats([row.funding_rate for row in rows]),
        funding_interval_hours=floats([row.interval_hours for row in rows]),
        next_funding_at=floats([now + 3600.0 for _ in rows]),
        quoted_at=floats([now - row.quoted_age_seconds for row in rows]),
        bracket_floor=floor,
        bracket_rate=rate,
        bracket_amount=amount,
    )


def position_columns(
    rows: Sequence[PositionRow],
    where: Sequence[tuple[int, int]],
    instruments: Sequence[InstrumentRow],
    strategies: Sequence[str],
    taken_at: datetime,
) -> PositionColumns:
    exact = tuple(decimal(row.quantity) for row in rows)
    quantity = floats(
        [float(value) if row.confirmed else NAN for value, row in zip(exact, rows, strict=True)]
    )
    listed = [instruments[number] for _, number in where]
    mark = floats([i.mark if row.mark is None else row.mark for row, i in zip(rows, listed, strict=True)])
    entry = floats([m if row.entry is None else row.entry for row, m in zip(rows, mark, strict=True)])
    notional = quantity * mark
    margins = [maintenance(abs(n), i.brackets) for n, i in zip(notional, listed, strict=True)]
    isolated = flags([row.isolated_wallet is not None for row in rows])
    now = taken_at.timestamp()
    return PositionColumns(
        account=codes([account for account, _ in where]),
        instrument=codes([instrument for _, instrument in where]),
        strategy=codes([strategies.index(row.strategy) for row in rows]),
        quantity=quantity,
        entry_price=entry,
        mark_price=mark,
        notional=notional,
        unrealized_pnl=quantity * (mark - entry),
        leverage_setting=floats([row.leverage for row in rows]),
        isolated=isolated,
        isolated_wallet=floats([row.isolated_wallet for row in rows]),
        initial_margin=floats(
            [_or(row.initial_margin, abs(n) / row.leverage) for row, n in zip(rows, notional, strict=True)]
        ),
        maintenance_margin=floats(
            [_or(row.maintenance_margin, m) for row, m in zip(rows, margins, strict=True)]
        ),
        liquidation_price=floats([row.liquidation_price for row in rows]),
        cannot_be_liquidated=flags([row.cannot_be_liquidated for row in rows]),
        adl_rank=floats([row.adl_rank for row in rows]),
        opened_at=floats([now - row.opened_age_seconds for row in rows]),
        confirmed=flags([row.confirmed for row in rows]),
        quantity_exact=exact,
        position_side=tuple(row.position_side for row in rows),
    )


def order_columns(
    rows: Sequence[OrderRow],
    where: Sequence[tuple[int, int]],
    strategies: Sequence[str],
    taken_at: datetime,
) -> OrderColumns:
    now = taken_at.timestamp()
    exact = [Decimal(0) if row.close_position else decimal(row.quantity) for row in rows]
    return OrderColumns(
        account=codes([account for account, _ in where]),
        instrument=codes([instrument for _, instrument in where]),
        strategy=codes([strategies.index(row.strategy) for row in rows]),
        direction=floats([1.0 if row.direction == "BUY" else -1.0 for row in rows]),
        price=floats([row.price for row in rows]),
        trigger_price=floats([row.trigger for row in rows]),
        remaining=floats(
            [NAN if row.close_position else float(value) for row, value in zip(rows, exact, strict=True)]
        ),
        reduce_only=flags([row.reduce_only for row in rows]),
        close_position=flags([row.close_position for row in rows]),
        placed_at=floats([now - row.placed_age_seconds for row in rows]),
        kind=tuple(row.kind for row in rows),
        conditional=flags([row.conditional for row in rows]),
        position_side=tuple(row.position_side for row in rows),
        order_id=tuple(row.order_id for row in rows),
        client_order_id=tuple(row.client_order_id for row in rows),
        remaining_exact=tuple(exact),
    )


def account_columns(rows: Sequence[AccountRow], positions: PositionColumns) -> AccountColumns:
    """Totals as the venue would state them: what is unknown of one position it knows, here as nothing."""

    def total(column: FloatArray) -> FloatArray:
        known = np.nan_to_num(column, nan=0.0)
        return np.asarray(np.bincount(positions.account, weights=known, minlength=len(rows)), dtype=float)

    isolated = total(np.where(positions.isolated, positions.isolated_wallet, 0.0))
    wallet = floats([row.wallet for row in rows])
    equity = floats(
        [_or(row.equity, e) for row, e in zip(rows, wallet + total(positions.unrealized_pnl), strict=True)]
    )
    initial = floats(
        [_or(row.initial_margin, m) for row, m in zip(rows, total(positions.initial_margin), strict=True)]
    )
    return AccountColumns(
        equity=equity,
        wallet_balance=wallet,
        cross_wallet_balance=floats(
            [_or(row.cross_wallet, w) for row, w in zip(rows, wallet - isolated, strict=True)]
        ),
        maintenance_margin=floats(
            [
                _or(row.maintenance_margin, m)
                for row, m in zip(rows, total(positions.maintenance_margin), strict=True)
            ]
        ),
        initial_margin=initial,
        available_balance=floats(
            [_or(row.available, a) for row, a in zip(rows, equity - initial, strict=True)]
        ),
        hedge_mode=flags([row.hedge_mode for row in rows]),
    )


def _or(given: float | None, derived: float) -> float:
    return derived if given is None else given
