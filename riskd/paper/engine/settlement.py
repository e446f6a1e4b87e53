"""Booking a fill: position, cash, the other side, fee, order, trade, income."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine import ledger, margin, order_store
from riskd.paper.engine.accounting import PositionChange, change_position
from riskd.paper.engine.money import ZERO, money, shown_price
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import (
    Cause,
    Filled,
    IncomeKind,
    MarginType,
    Order,
    Side,
    Trade,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One side of an exchange of quantity for quote currency.

    Attributes:
        quantity: Base units, > 0.
        quote: Quote currency that the account pays (BUY) or receives (SELL), a multiple of 1e-8.
        market_quote: What the rest of the market receives or pays for it; the insurance fund bears the difference. None
            when the other side is another account, whose own fill books it.
        fee: Quote currency paid by the account; a liquidation's goes to the insurance fund, others to the venue.
        maker: True when the order was resting.
    """

    quantity: Decimal
    quote: Decimal
    market_quote: Decimal | None
    fee: Decimal
    maker: bool
    cause: Cause


def settle(venue: VenueState, account: AccountState, order: Order, fill: Fill) -> Order:
    """Books a fill of an open ordinary order and returns the order as it then is.

    A position that ends takes the orders with it that could only have reduced it.
    """
    symbol = venue.symbols[order.symbol]
    key = (order.symbol, order.position_side)
    position = account.positions.get(key) or _new_position(venue, account, symbol, order)
    signed = fill.quantity if order.side is Side.BUY else -fill.quantity
    change = change_position(quantity=position.quantity, cost=position.cost, filled=signed, quote=fill.quote)

    _move_cash(venue, account, position, change, fill)
    _book_counterparty(venue, symbol, signed, fill)
    _update_position(venue, account, symbol, position, change)
    order = order_store.record_fill(venue, account, order, fill.quantity, fill.quote)
    _record(venue, account, order, change, fill)
    if change.flipped or not change.quantity:
        order_store.expire_closing_orders(venue, account, order.symbol, order.position_side)
        order = account.orders.get(order.order_id) or account.closed[order.order_id]
    return order


def _new_position(
    venue: VenueState, account: AccountState, symbol: SymbolState, order: Order
) -> PositionState:
    isolated = venue.settings(account, symbol).margin_type is MarginType.ISOLATED
    return PositionState(
        account=account.name, symbol=order.symbol, side=order.position_side, isolated=isolated
    )


def _move_cash(
    venue: VenueState, account: AccountState, position: PositionState, change: PositionChange, fill: Fill
) -> None:
    """Profit and fee into the wallet, and margin between the cross wallet and an isolated one.

    What an isolated position sets free when it is reduced returns to the cross wallet together with the profit, so the
    rest keeps its ratio. A liquidation keeps both in the isolated wallet instead: that is what saves the rest.
    """
    gain = change.realized_pnl - fill.fee
    if not position.isolated:
        account.cross_wallet += gain
    elif fill.cause is Cause.LIQUIDATION:
        position.isolated_wallet += gain
    else:
        released = _released_margin(position, change)
        position.isolated_wallet -= released
        account.cross_wallet += released + gain
    if position.isolated:
        leverage = venue.settings(account, venue.symbols[position.symbol]).leverage
        wanted = money(change.opened_quote / leverage)
        added = min(wanted, max(account.cross_wallet, ZERO))
        position.isolated_wallet += added
        account.cross_wallet -= added
        if not change.quantity:
            account.cross_wallet += position.isolated_wallet
            position.isolated_wallet = ZERO
    if fill.cause is Cause.LIQUIDATION:
        venue.buckets.insurance += fill.fee
    else:
        venue.buckets.fees += fill.fee


def _released_margin(position: PositionState, change: PositionChange) -> Decimal:
    held = abs(position.quantity)
    if not change.closed_quantity:
        return ZERO
    if change.closed_quantity == held:
        return position.isolated_wallet
    return money(position.isolated_wallet * change.closed_quantity / held)


def _book_counterparty(venue: VenueState, symbol: SymbolState, signed: Decimal, fill: Fill) -> None:
    if fill.market_quote is None:
        return
    direction = 1 if signed > 0 else -1
    symbol.market_quantity -= signed
    symbol.market_cost -= direction * fill.market_quote
    venue.buckets.insurance -= direction * (fill.market_quote - fill.quote)


def _update_position(
    venue: VenueState,
    account: AccountState,
    symbol: SymbolState,
    position: PositionState,
    change: PositionChange,
) -> None:
    venue.version += 1
    position.quantity = change.quantity
    position.cost = change.cost
    position.updated_ms = venue.now_ms
    public_key = (account.name, position.side)
    if not position.quantity:
        account.positions.pop(position.key, None)
        symbol.positions.pop(public_key, None)
        return
    account.positions[position.key] = position
    symbol.positions[public_key] = position
    margin.revalue(venue, account, position)


def _record(
    venue: VenueState, account: AccountState, order: Order, change: PositionChange, fill: Fill
) -> None:
    trade = Trade(
        trade_id=venue.next_trade_id(),
        order_id=order.order_id,
        account=account.name,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        price=shown_price(fill.quote, fill.quantity),
        quantity=fill.quantity,
        quote=fill.quote,
        realized_pnl=change.realized_pnl,
        fee=fill.fee,
        maker=fill.maker,
        at_ms=venue.now_ms,
        cause=fill.cause,
    )
    account.trades.append(trade)
    venue.events.append(Filled(account=account.name, at_ms=venue.now_ms, trade=trade))
    fee_kind = IncomeKind.INSURANCE_CLEAR if fill.cause is Cause.LIQUIDATION else IncomeKind.COMMISSION
    rows = ((IncomeKind.REALIZED_PNL, change.realized_pnl), (fee_kind, -fill.fee))
    for kind, amount in rows:
        ledger.record_income(venue, account, kind, amount, symbol=order.symbol, trade_id=trade.trade_id)
