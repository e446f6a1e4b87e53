"""Margin: what a position ties up, what an account has left, how large a position may become.

    maintenance margin = rate * notional - amount              (by leverage bracket, notional at mark)
    initial margin     = notional at mark / leverage
    gross notional     = max(|P + bids|, |P - asks|)           (one-way; P signed)
                       = long + short + bids + asks            (hedge; only orders that open)
    order margin       = (gross notional - |position notional|) / leverage
    available          = cross wallet + cross unrealised PnL - cross initial margin - order margin

Source: Binance USDS-M FAQ "How to Calculate Cost Required to Open a Position" and "Leverage and Margin".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from riskd.paper.engine.money import ZERO, shown_price
from riskd.paper.engine.state import (
    AccountState,
    OrderNotionals,
    PositionState,
    SymbolState,
    Totals,
    VenueState,
)
from riskd.paper.engine.types import Bracket, Order, OrderType, PositionSide, Side

_NO_ORDERS = OrderNotionals()


def bracket_for(brackets: Sequence[Bracket], notional: Decimal) -> Bracket:
    """The bracket that a position of this notional is in; the last one when it has outgrown them all."""
    for bracket in brackets:
        if notional <= bracket.notional_cap:
            return bracket
    return brackets[-1]


def maintenance_margin(brackets: Sequence[Bracket], notional: Decimal) -> Decimal:
    """``rate * notional - amount`` of the bracket that the notional (>= 0) is in."""
    bracket = bracket_for(brackets, notional)
    return bracket.maintenance_margin_rate * notional - bracket.maintenance_amount


def notional_cap(brackets: Sequence[Bracket], leverage: int) -> Decimal:
    """The largest position that a leverage setting allows."""
    return max(
        (bracket.notional_cap for bracket in brackets if bracket.leverage_max >= leverage),
        default=ZERO,
    )


def value_position(position: PositionState, symbol: SymbolState, leverage: int) -> None:
    """Brings a position's notional, unrealised profit and margins to the present mark."""
    mark = symbol.quote.mark
    signed = position.quantity * mark
    position.notional = abs(signed)
    position.unrealized_pnl = signed - position.cost
    position.maintenance_margin = maintenance_margin(symbol.brackets, position.notional)
    position.initial_margin = position.notional / leverage


def revalue(venue: VenueState, account: AccountState, position: PositionState) -> None:
    """Values a position whose quantity or cost has changed."""
    symbol = venue.symbols[position.symbol]
    position.entry_price = shown_price(position.cost, position.quantity)
    value_position(position, symbol, venue.settings(account, symbol).leverage)


def totals(venue: VenueState, account: AccountState) -> Totals:
    """Sums over all positions, computed once for each version of the venue."""
    if account.totals is None or account.totals_version != venue.version:
        account.totals = _sum_positions(account)
        account.totals_version = venue.version
    return account.totals


def cross_equity(venue: VenueState, account: AccountState) -> Decimal:
    """Cross margin balance: the cross wallet and the unrealised PnL of cross positions."""
    return account.cross_wallet + totals(venue, account).cross_unrealized_pnl


def _sum_positions(account: AccountState) -> Totals:
    pnl = maintenance = initial = notional = ZERO
    isolated_wallet = isolated_pnl = isolated_maintenance = isolated_initial = ZERO
    for position in account.positions.values():
        if position.isolated:
            isolated_wallet += position.isolated_wallet
            isolated_pnl += position.unrealized_pnl
            isolated_maintenance += position.maintenance_margin
            isolated_initial += position.initial_margin
        else:
            pnl += position.unrealized_pnl
            maintenance += position.maintenance_margin
            initial += position.initial_margin
            notional += position.notional
    return Totals(
        pnl,
        maintenance,
        initial,
        notional,
        isolated_wallet,
        isolated_pnl,
        isolated_maintenance,
        isolated_initial,
    )


def is_closing(order: Order) -> bool:
    """True when an order may only shrink a position: reduce-only, or against its side in hedge mode."""
    return order.reduce_only or closes_side(order.position_side, order.side)


def closes_side(position_side: PositionSide, side: Side) -> bool:
    """True for SELL on LONG and BUY on SHORT."""
    return (position_side is PositionSide.LONG and side is Side.SELL) or (
        position_side is PositionSide.SHORT and side is Side.BUY
    )


def reserved_notional(order: Order) -> Decimal:
    """Notional for which an open order holds margin: 0 unless it is a limit order that can open."""
    if order.type is not OrderType.LIMIT or order.price is None or is_closing(order):
        return ZERO
    return order.remaining * order.price


def order_margin(venue: VenueState, account: AccountState) -> Decimal:
    """Initial margin held for open orders of all symbols."""
    held = ZERO
    for name, notionals in account.order_notionals.items():
        symbol = venue.symbols[name]
        before = _gross(account, name, _NO_ORDERS)
        held += (_gross(account, name, notionals) - before) / venue.settings(account, symbol).leverage
    return held


def available(venue: VenueState, account: AccountState) -> Decimal:
    """What new orders may use; negative when margin has run short."""
    sums = totals(venue, account)
    return (
        account.cross_wallet + sums.cross_unrealized_pnl - sums.cross_initial - order_margin(venue, account)
    )


def gross_notional(account: AccountState, symbol: SymbolState) -> Decimal:
    """The largest position notional that the symbol's position and orders can become."""
    name = symbol.contract.symbol
    return _gross(account, name, account.order_notionals.get(name, _NO_ORDERS))


def gross_notional_with(account: AccountState, symbol: SymbolState, side: Side, notional: Decimal) -> Decimal:
    """As ``gross_notional``, with one more opening order of this side (a negative notional takes one away)."""
    name = symbol.contract.symbol
    present = account.order_notionals.get(name, _NO_ORDERS)
    if side is Side.BUY:
        return _gross(account, name, OrderNotionals(present.bids + notional, present.asks))
    return _gross(account, name, OrderNotionals(present.bids, present.asks + notional))


def _gross(account: AccountState, symbol: str, orders: OrderNotionals) -> Decimal:
    if account.hedge_mode:
        long = account.positions.get((symbol, PositionSide.LONG))
        short = account.positions.get((symbol, PositionSide.SHORT))
        held = (long.notional if long else ZERO) + (short.notional if short else ZERO)
        return held + orders.bids + orders.asks
    both = account.positions.get((symbol, PositionSide.BOTH))
    net = both.signed_notional if both else ZERO
    return max(abs(net + orders.bids), abs(net - orders.asks))
