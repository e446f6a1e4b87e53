"""Orders that the venue places for an account: liquidation and auto-deleveraging.

They are booked as limit IOC orders with Binance's client ids, ``autoclose-...`` and ``adl_autoclose``, so that whoever reads
fills and orders can tell them from the trader's own.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import order_store, refusals
from riskd.paper.engine.money import ZERO, money, shown_price
from riskd.paper.engine.settlement import Fill, settle
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import (
    AutoDeleveraged,
    Cause,
    Order,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
)


def closing_side(position: PositionState) -> Side:
    """SELL for a long, BUY for a short."""
    return Side.SELL if position.quantity > 0 else Side.BUY


def open_forced_order(
    venue: VenueState,
    account: AccountState,
    position: PositionState,
    quantity: Decimal,
    quote: Decimal,
    cause: Cause,
) -> Order:
    """Books the venue's own order to close ``quantity`` (base units, > 0) for ``quote`` in all."""
    liquidation_id = f"autoclose-{venue.now_ms}{venue.last_order_id + 1:07d}"
    request = OrderRequest(
        symbol=position.symbol,
        side=closing_side(position),
        type=OrderType.LIMIT,
        quantity=quantity,
        position_side=position.side,
        price=shown_price(quote, quantity),
        time_in_force=TimeInForce.IOC,
        reduce_only=True,
        client_order_id=liquidation_id if cause is Cause.LIQUIDATION else "adl_autoclose",
    )
    return order_store.open_order(venue, account, request)


def close_against_account(
    venue: VenueState,
    account: AccountState,
    position: PositionState,
    quantity: Decimal,
    quote: Decimal,
    *,
    liquidated: str,
) -> None:
    """Deleverages a position for a liquidated account, whose own fill books the other side. No fee is taken."""
    _deleverage(venue, account, position, quantity, quote, market_quote=None, liquidated=liquidated)


def deleverage_by_name(
    venue: VenueState,
    account: AccountState,
    symbol: SymbolState,
    position_side: PositionSide,
    quantity: Decimal,
) -> None:
    """Deleverages a named position at mark against the rest of the market, clipped to what is held.

    Raises:
        Rejection: -2022 when there is no such position or the quantity is not positive.
    """
    position = account.positions.get((symbol.contract.symbol, position_side))
    if position is None or quantity <= 0:
        raise refusals.reduce_only_rejected()
    closed = min(quantity, abs(position.quantity))
    quote = money(closed * symbol.quote.mark)
    _deleverage(venue, account, position, closed, quote, market_quote=quote, liquidated="")


def _deleverage(
    venue: VenueState,
    account: AccountState,
    position: PositionState,
    quantity: Decimal,
    quote: Decimal,
    *,
    market_quote: Decimal | None,
    liquidated: str,
) -> None:
    order = open_forced_order(venue, account, position, quantity, quote, Cause.ADL)
    fill = Fill(
        quantity=quantity, quote=quote, market_quote=market_quote, fee=ZERO, maker=False, cause=Cause.ADL
    )
    settle(venue, account, order, fill)
    venue.events.append(
        AutoDeleveraged(
            account=account.name,
            at_ms=venue.now_ms,
            symbol=position.symbol,
            position_side=position.side,
            quantity=quantity,
            price=shown_price(quote, quantity),
            counterparty_liquidated=liquidated,
        )
    )
