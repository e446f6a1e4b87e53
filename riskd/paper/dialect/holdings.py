"""What an account holds in each contract and slot, gathered once for every endpoint that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.dialect.endpoint import Call
from riskd.paper.engine.types import Contract, MarginType, Order, Position, PositionSide, Side

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One slot of one contract.

    Attributes:
        contract: Which contract.
        side: BOTH in one-way mode, LONG or SHORT in hedge mode.
        position: None when nothing is held there.
        resting: Open orders of the slot.
        leverage: The account's setting for the contract.
        isolated: The account's setting for the contract.
    """

    contract: Contract
    side: PositionSide
    position: Position | None
    resting: tuple[Order, ...]
    leverage: int
    isolated: bool

    @property
    def in_use(self) -> bool:
        """Whether the venue's newer endpoints show it: something is held, or an order rests."""
        return self.position is not None or bool(self.resting)

    @property
    def bid_notional(self) -> Decimal:
        """Of resting buy orders that could open, quote currency."""
        return self._notional(Side.BUY)

    @property
    def ask_notional(self) -> Decimal:
        """Of resting sell orders that could open, quote currency."""
        return self._notional(Side.SELL)

    @property
    def open_order_margin(self) -> Decimal:
        """Initial margin of the resting orders: by how much they could enlarge the position, at the leverage set.

        The rows of an account add up to its ``totalOpenOrderInitialMargin``; a test holds them to it.
        """
        held = self.position.quantity * self.position.mark_price if self.position else _ZERO
        largest = max(abs(held + self.bid_notional), abs(held - self.ask_notional))
        return (largest - abs(held)) / self.leverage

    def _notional(self, side: Side) -> Decimal:
        opening = [o for o in self.resting if o.side is side and o.price is not None and not _closes(o)]
        return sum((o.remaining * (o.price or _ZERO) for o in opening), _ZERO)


def holdings(call: Call) -> list[Holding]:
    """Every slot of the contracts that are asked for, empty ones too."""
    account, exchange = call.account, call.exchange
    positions = {(p.symbol, p.position_side): p for p in exchange.positions(account)}
    orders: dict[tuple[str, PositionSide], list[Order]] = {}
    for order in exchange.open_orders(account):
        orders.setdefault((order.symbol, order.position_side), []).append(order)
    hedge = exchange.account(account).hedge_mode
    sides = (PositionSide.LONG, PositionSide.SHORT) if hedge else (PositionSide.BOTH,)
    return [
        _holding(call, contract, side, positions, orders) for contract in call.contracts() for side in sides
    ]


def _holding(
    call: Call,
    contract: Contract,
    side: PositionSide,
    positions: Mapping[tuple[str, PositionSide], Position],
    orders: Mapping[tuple[str, PositionSide], Sequence[Order]],
) -> Holding:
    slot = (contract.symbol, side)
    leverage, margin_type = call.exchange.settings(call.account, contract.symbol)
    return Holding(
        contract=contract,
        side=side,
        position=positions.get(slot),
        resting=tuple(orders.get(slot, ())),
        leverage=leverage,
        isolated=margin_type is MarginType.ISOLATED,
    )


def _closes(order: Order) -> bool:
    """Whether an order may only shrink a position: reduce-only, or against its side in hedge mode."""
    against = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}
    return order.reduce_only or against.get(order.position_side) is order.side
