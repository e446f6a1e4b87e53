"""The columns of a snapshot: positions. One that is not confirmed keeps its row and loses its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.arrays import codes, flags, floats
from riskd.model.desk import AccountProfile
from riskd.model.report import Surface
from riskd.model.snapshot import PositionColumns, Quality
from riskd.observe.columns import NAN, Qualities, known_float
from riskd.observe.known import AccountMemory, HeldPosition
from riskd.observe.scene import Scene
from riskd.observe.strategy import strategy_of


@dataclass(frozen=True, slots=True)
class _Row:
    """One position on its way into the columns.

    Attributes:
        quantity: NaN when the position is not confirmed.
        mark_price: The published mark, the same for all positions of a contract; the position's own without one.
    """

    account: int
    instrument: int
    strategy: int
    held: HeldPosition
    confirmed: bool
    quantity: float
    mark_price: float
    leverage: Decimal | None


def position_columns(scene: Scene, strategies: Mapping[str, int], qualities: Qualities) -> PositionColumns:
    """Every position that is held or not proven closed, in canonical order (account, contract, side)."""
    rows = [
        row
        for code, profile, account in scene.accounts()
        for row in _rows_of(scene, code, profile, account, strategies, qualities)
    ]
    facts = [row.held.fact for row in rows]
    quantity = floats([row.quantity for row in rows])
    mark_price = floats([row.mark_price for row in rows])
    entry_price = floats([float(fact.entry_price) for fact in facts])
    return PositionColumns(
        account=codes([row.account for row in rows]),
        instrument=codes([row.instrument for row in rows]),
        strategy=codes([row.strategy for row in rows]),
        quantity=quantity,
        entry_price=entry_price,
        mark_price=mark_price,
        notional=quantity * mark_price,
        unrealized_pnl=quantity * (mark_price - entry_price),
        leverage_setting=floats([known_float(row.leverage) for row in rows]),
        isolated=flags([bool(fact.isolated_wallet) for fact in facts]),
        isolated_wallet=floats([_if_confirmed(row, row.held.fact.isolated_wallet or None) for row in rows]),
        initial_margin=floats([_if_confirmed(row, row.held.fact.initial_margin) for row in rows]),
        maintenance_margin=floats([_if_confirmed(row, row.held.fact.maintenance_margin) for row in rows]),
        liquidation_price=floats(
            [_if_confirmed(row, row.held.fact.liquidation_price or None) for row in rows]
        ),
        cannot_be_liquidated=flags([row.confirmed and row.held.fact.liquidation_price == 0 for row in rows]),
        adl_rank=floats([_if_confirmed(row, row.held.fact.adl_rank) for row in rows]),
        opened_at=floats(
            [NAN if row.held.opened_at is None else row.held.opened_at.timestamp() for row in rows]
        ),
        confirmed=flags([row.confirmed for row in rows]),
        quantity_exact=tuple(fact.quantity for fact in facts),
        position_side=tuple(fact.key.side for fact in facts),
    )


def _rows_of(
    scene: Scene,
    code: int,
    profile: AccountProfile,
    account: AccountMemory,
    strategies: Mapping[str, int],
    qualities: Qualities,
) -> list[_Row]:
    blind = qualities[profile.id, Surface.POSITIONS] is Quality.BLIND
    settings = account.settings.value or {}
    quotes = scene.usable[profile.venue].quotes
    rows = []
    for held in account.book:
        fact = held.fact
        symbol = fact.key.symbol
        confirmed = held.confirmed and not blind
        rows.append(
            _Row(
                account=code,
                instrument=scene.codes[profile.venue, symbol],
                strategy=strategies[strategy_of(profile, symbol, held.client_ids)],
                held=held,
                confirmed=confirmed,
                quantity=float(fact.quantity) if confirmed else NAN,
                mark_price=float(quotes[symbol].mark_price if symbol in quotes else fact.mark_price),
                leverage=settings[symbol].leverage if symbol in settings else fact.leverage,
            )
        )
    return sorted(rows, key=lambda row: (row.instrument, row.held.fact.key.side))


def _if_confirmed(row: _Row, value: Decimal | None) -> float:
    return known_float(value) if row.confirmed else NAN
