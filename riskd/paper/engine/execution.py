"""Matching orders with the book: takers at placing, resting orders when the market reaches them.

A taker fills along the linear book as far as its limit; a market order's limit is the price band around mark, and what
lies beyond expires. A resting order fills at its own price, as a maker, in the quantity that the book offers inside its
limit: a market that just touches the price fills nothing, one that trades through it by ``d`` fills up to
``d / 1 % * depth_usd`` each step.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import margin, order_store
from riskd.paper.engine.book import buyable, buying_cost, sellable, selling_proceeds
from riskd.paper.engine.money import ZERO, floor_to_step, money
from riskd.paper.engine.settlement import Fill, settle
from riskd.paper.engine.state import AccountState, SymbolState, VenueState
from riskd.paper.engine.types import (
    Cause,
    Order,
    OrderStatus,
    OrderType,
    Quote,
    Side,
    TimeInForce,
)


def execute(venue: VenueState, account: AccountState, order: Order) -> Order:
    """Does with a new ordinary order what can be done at once; the rest rests or expires."""
    symbol = venue.symbols[order.symbol]
    if order.type is OrderType.MARKET or order.price is None:
        taken = _take(venue, account, symbol, order, market_limit(symbol, order.side))
        return _expire_rest(venue, account, taken)
    if order.time_in_force is TimeInForce.FOK and not _fills_whole(account, symbol, order, order.price):
        return order_store.end_order(venue, account, order, OrderStatus.EXPIRED)
    taken = _take(venue, account, symbol, order, order.price)
    if order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        return _expire_rest(venue, account, taken)
    return taken


def match_resting(venue: VenueState) -> None:
    """Fills the resting orders of all symbols that the market has traded through, oldest first."""
    for symbol in venue.symbols.values():
        if not symbol.resting:
            continue
        bid, ask = symbol.quote.bid, symbol.quote.ask
        for order in list(symbol.resting.values()):
            crossed = order.price is not None and (
                ask < order.price if order.side is Side.BUY else bid > order.price
            )
            if crossed and order.order_id in symbol.resting:
                _fill_resting(venue, symbol, symbol.resting[order.order_id])


def market_limit(symbol: SymbolState, side: Side) -> Decimal:
    """The worst price at which a market order may fill: mark, moved by the price band."""
    band = symbol.contract.price_band
    return symbol.quote.mark * (1 + band if side is Side.BUY else 1 - band)


def taker_quote(quote: Quote, side: Side, quantity: Decimal) -> Decimal:
    """Cash that taking this quantity exchanges, to 1e-8."""
    if side is Side.BUY:
        return money(buying_cost(quote, quantity))
    return money(selling_proceeds(quote, quantity))


def closable_quantity(account: AccountState, order: Order) -> Decimal:
    """Base units by which this order could shrink its position now; 0 when there is nothing on the other side."""
    position = account.positions.get((order.symbol, order.position_side))
    if position is None:
        return ZERO
    shrinks = position.quantity > 0 if order.side is Side.SELL else position.quantity < 0
    return abs(position.quantity) if shrinks else ZERO


def _take(
    venue: VenueState, account: AccountState, symbol: SymbolState, order: Order, limit: Decimal
) -> Order:
    quantity = _fillable(account, symbol, order, limit)
    if not quantity:
        return order
    quote = taker_quote(symbol.quote, order.side, quantity)
    fee = money(quote * symbol.contract.taker_fee_rate)
    fill = Fill(quantity=quantity, quote=quote, market_quote=quote, fee=fee, maker=False, cause=Cause.ORDER)
    return settle(venue, account, order, fill)


def _fill_resting(venue: VenueState, symbol: SymbolState, order: Order) -> None:
    account = venue.accounts[order.account]
    assert order.price is not None
    quantity = _fillable(account, symbol, order, order.price)
    if margin.is_closing(order) and not closable_quantity(account, order):
        order_store.end_order(venue, account, order, OrderStatus.EXPIRED)
        return
    if not quantity:
        return
    if not _margin_covers(venue, account, symbol, order, quantity):
        order_store.end_order(venue, account, order, OrderStatus.EXPIRED)
        return
    quote = money(quantity * order.price)
    fee = money(quote * symbol.contract.maker_fee_rate)
    fill = Fill(quantity=quantity, quote=quote, market_quote=quote, fee=fee, maker=True, cause=Cause.ORDER)
    settle(venue, account, order, fill)


def _fillable(account: AccountState, symbol: SymbolState, order: Order, limit: Decimal) -> Decimal:
    """What the book offers inside the limit, in whole lots, and a closing order's position bears."""
    reach = buyable if order.side is Side.BUY else sellable
    lot = symbol.contract.market_lot_size if order.type is OrderType.MARKET else symbol.contract.lot_size
    quantity = min(order.remaining, floor_to_step(reach(symbol.quote, limit), lot))
    if margin.is_closing(order):
        return min(quantity, closable_quantity(account, order))
    return quantity


def _fills_whole(account: AccountState, symbol: SymbolState, order: Order, limit: Decimal) -> bool:
    wanted = (
        min(order.remaining, closable_quantity(account, order))
        if margin.is_closing(order)
        else order.remaining
    )
    return _fillable(account, symbol, order, limit) >= wanted


def _margin_covers(
    venue: VenueState, account: AccountState, symbol: SymbolState, order: Order, quantity: Decimal
) -> bool:
    """Whether a resting order that could open still has margin behind it, its own reservation counted in."""
    if margin.is_closing(order):
        return True
    assert order.price is not None
    notional = quantity * order.price
    with_order = margin.gross_notional(account, symbol)
    without = margin.gross_notional_with(account, symbol, order.side, -notional)
    needed = (with_order - without) / venue.settings(account, symbol).leverage
    return not needed or margin.available(venue, account) >= 0


def _expire_rest(venue: VenueState, account: AccountState, order: Order) -> Order:
    if order.order_id not in account.orders:
        return order
    return order_store.end_order(venue, account, order, OrderStatus.EXPIRED)
