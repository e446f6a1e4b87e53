"""What the venue refuses before an order exists, in the order in which it looks.

Symbol, position side, filters, client id, reduce-only, post-only, price band, position limit, margin.

Reduce-only, one-way mode: refused (-2022) when there is no opposite position, and when resting reduce-only orders of the
same side together with this one exceed the position; a resting take-profit can therefore block an emergency close.
With nothing resting, an order larger than the position is accepted and clipped at its fill.
Closing orders in hedge mode (SELL on LONG, BUY on SHORT): refused (-2022) when they and resting closing orders of the
same side exceed the position.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from riskd.paper.engine import margin, order_store, refusals
from riskd.paper.engine.enums import CONDITIONAL_TYPES
from riskd.paper.engine.execution import market_limit, taker_quote
from riskd.paper.engine.money import ZERO
from riskd.paper.engine.state import AccountState, SymbolState, VenueState
from riskd.paper.engine.types import (
    Contract,
    Order,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
)

OPEN_ORDERS_MAX = 200
"""Open ordinary orders of one account in one symbol."""

CONDITIONAL_ORDERS_MAX = 100
"""Open conditional orders of one account in one symbol."""


def check_order(venue: VenueState, account: AccountState, request: OrderRequest) -> None:
    """Refuses an ordinary order that may not be placed.

    Raises:
        Rejection: The first rule that it breaks.
    """
    symbol = venue.symbol(request.symbol)
    if request.type in CONDITIONAL_TYPES:
        raise refusals.conditional_order_elsewhere()
    if request.close_position:
        raise refusals.unwanted_parameter("closePosition")
    _check_position_side(account, request)
    quantity = _checked_quantity(symbol.contract, request)
    price = _checked_price(symbol, request)
    if quantity * price < symbol.contract.notional_min and not _closes(request):
        raise refusals.notional_below_minimum(symbol.contract.notional_min)
    _check_client_id(account.orders.values(), request)
    if sum(order.symbol == request.symbol for order in account.orders.values()) >= OPEN_ORDERS_MAX:
        raise refusals.too_many_orders()
    if _closes(request):
        _check_reduces(account, request, quantity)
    _check_post_only(symbol, request)
    _check_price_band(symbol, request)
    check_funds(venue, account, symbol, request, quantity)


def check_conditional(venue: VenueState, account: AccountState, request: OrderRequest) -> None:
    """Refuses a conditional order that may not be placed. Position and margin are looked at when it triggers.

    Raises:
        Rejection: The first rule that it breaks.
    """
    symbol = venue.symbol(request.symbol)
    if request.type not in CONDITIONAL_TYPES:
        raise refusals.missing_parameter("triggerPrice")
    _check_position_side(account, request)
    trigger_price = _checked_trigger(symbol, request)
    if request.close_position:
        _check_close_position(account, request)
    else:
        quantity = _checked_quantity(symbol.contract, request)
        if quantity * trigger_price < symbol.contract.notional_min and not _closes(request):
            raise refusals.notional_below_minimum(symbol.contract.notional_min)
    _check_client_id(account.algos.values(), request)
    if sum(order.symbol == request.symbol for order in account.algos.values()) >= CONDITIONAL_ORDERS_MAX:
        raise refusals.too_many_conditional_orders()
    if is_triggered(symbol, request.type, request.side, request.working_type, trigger_price):
        raise refusals.would_trigger()


def check_triggered(
    venue: VenueState, account: AccountState, request: OrderRequest, quantity: Decimal
) -> None:
    """Refuses the market order that a triggered conditional order becomes.

    Raises:
        Rejection: -4131 outside the price band, -2027 or -2019 when it would open too much.
    """
    symbol = venue.symbol(request.symbol)
    _check_price_band(symbol, request)
    check_funds(venue, account, symbol, request, quantity)


def is_triggered(
    symbol: SymbolState, order_type: OrderType, side: Side, working_type: WorkingType, trigger_price: Decimal
) -> bool:
    """Whether the working price has reached the trigger.

    A buying stop and a selling take-profit wait for a rise, the other two for a fall.
    """
    price = symbol.quote.mark if working_type is WorkingType.MARK_PRICE else symbol.quote.last
    waits_for_rise = (side is Side.BUY) == (order_type is OrderType.STOP_MARKET)
    return price >= trigger_price if waits_for_rise else price <= trigger_price


def check_funds(
    venue: VenueState, account: AccountState, symbol: SymbolState, request: OrderRequest, quantity: Decimal
) -> None:
    """Refuses an order whose opening part is too large for the leverage setting or the margin.

    Needed margin is the growth of gross notional over leverage, plus the loss against mark that the order would open with.

    Raises:
        Rejection: -2027 or -2019.
    """
    if _closes(request):
        return
    notional = (
        quantity * request.price
        if request.price is not None
        else taker_quote(symbol.quote, request.side, quantity)
    )
    before = margin.gross_notional(account, symbol)
    after = margin.gross_notional_with(account, symbol, request.side, notional)
    if after <= before:
        return
    leverage = venue.settings(account, symbol).leverage
    if after > margin.notional_cap(symbol.brackets, leverage):
        raise refusals.position_above_bracket()
    direction = 1 if request.side is Side.BUY else -1
    opening_loss = max(ZERO, direction * (notional - quantity * symbol.quote.mark))
    if (after - before) / leverage + opening_loss > margin.available(venue, account):
        raise refusals.margin_insufficient()


def _closes(request: OrderRequest) -> bool:
    return (
        request.reduce_only
        or request.close_position
        or margin.closes_side(request.position_side, request.side)
    )


def _check_position_side(account: AccountState, request: OrderRequest) -> None:
    if account.hedge_mode == (request.position_side is PositionSide.BOTH):
        raise refusals.position_side_mismatch()


def _checked_quantity(contract: Contract, request: OrderRequest) -> Decimal:
    quantity = request.quantity
    if quantity is None:
        raise refusals.missing_parameter("quantity")
    limit = request.type is OrderType.LIMIT
    if quantity <= 0:
        raise refusals.quantity_not_positive()
    if quantity % (contract.lot_size if limit else contract.market_lot_size):
        raise refusals.precision()
    if quantity < contract.quantity_min:
        raise refusals.quantity_below_minimum()
    if quantity > (contract.quantity_max if limit else contract.market_quantity_max):
        raise refusals.quantity_above_maximum()
    return quantity


def _checked_price(symbol: SymbolState, request: OrderRequest) -> Decimal:
    """The limit price, or for a market order the mark, by which its notional is judged."""
    if request.type is OrderType.MARKET:
        if request.price is not None:
            raise refusals.unwanted_parameter("price")
        return symbol.quote.mark
    if request.price is None:
        raise refusals.missing_parameter("price")
    _check_tick(symbol.contract, request.price)
    return request.price


def _checked_trigger(symbol: SymbolState, request: OrderRequest) -> Decimal:
    if request.price is not None:
        raise refusals.unwanted_parameter("price")
    if request.trigger_price is None:
        raise refusals.missing_parameter("triggerPrice")
    _check_tick(symbol.contract, request.trigger_price)
    return request.trigger_price


def _check_tick(contract: Contract, price: Decimal) -> None:
    if price <= 0:
        raise refusals.price_not_positive()
    if price % contract.tick_size:
        raise refusals.price_off_tick()


def _check_client_id(open_orders: Iterable[Order], request: OrderRequest) -> None:
    wanted = request.client_order_id
    if wanted and any(order.client_order_id == wanted for order in open_orders):
        raise refusals.duplicate_client_order_id()


def _check_close_position(account: AccountState, request: OrderRequest) -> None:
    if request.quantity is not None:
        raise refusals.unwanted_parameter("quantity")
    if request.reduce_only:
        raise refusals.unwanted_parameter("reduceOnly")
    if account.hedge_mode and not margin.closes_side(request.position_side, request.side):
        raise refusals.reduce_only_rejected()
    for order in account.algos.values():
        same = (order.symbol, order.position_side, order.side, order.type) == (
            request.symbol,
            request.position_side,
            request.side,
            request.type,
        )
        if same and order.close_position:
            raise refusals.close_position_exists()


def _check_reduces(account: AccountState, request: OrderRequest, quantity: Decimal) -> None:
    position = account.positions.get((request.symbol, request.position_side))
    held = position.quantity if position is not None else ZERO
    opposite = held if request.side is Side.SELL else -held
    if opposite <= 0:
        raise refusals.reduce_only_rejected()
    claimed = order_store.claimed_quantity(account, request.symbol, request.side, request.position_side)
    must_fit = bool(claimed) or account.hedge_mode
    if must_fit and quantity + claimed > opposite:
        raise refusals.reduce_only_rejected()


def _check_post_only(symbol: SymbolState, request: OrderRequest) -> None:
    if request.time_in_force is not TimeInForce.GTX or request.price is None:
        return
    quote = symbol.quote
    takes = request.price >= quote.ask if request.side is Side.BUY else request.price <= quote.bid
    if takes:
        raise refusals.post_only_would_take()


def _check_price_band(symbol: SymbolState, request: OrderRequest) -> None:
    limit = market_limit(symbol, request.side)
    buying = request.side is Side.BUY
    if request.price is None:
        touch = symbol.quote.ask if buying else symbol.quote.bid
        if touch > limit if buying else touch < limit:
            raise refusals.no_counterparty_in_band()
    elif buying and request.price > limit:
        raise refusals.limit_price_too_high(limit)
    elif not buying and request.price < limit:
        raise refusals.limit_price_too_low(limit)
