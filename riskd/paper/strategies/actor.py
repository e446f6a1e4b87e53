"""What a bot of the paper desk is, and the hand with which it trades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    Order,
    OrderRequest,
    OrderType,
    Rejection,
    Side,
    WorkingType,
)

_MARKET = OrderType.MARKET

Paused = Callable[[str, str], bool]
"""Whether nothing new may be opened, by account and symbol as the venue writes it."""


def nobody_is_paused(_account: str, _symbol: str) -> bool:
    """Of a desk that nobody watches."""
    return False


class Actor(Protocol):
    """A bot that trades one account through ordinary orders and knows nothing of anybody else."""

    @property
    def name(self) -> str:
        """Name of the strategy."""
        ...

    @property
    def account(self) -> str:
        """The account it trades."""
        ...

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Look at the market and the account, and trade. Time never goes back between calls."""
        ...


class Hand:
    """One bot's hand on its account: fits orders to the venue's filters, numbers them, and counts refusals.

    A refused order is not sent again: the bot looks anew at its next step, as bots do.
    """

    def __init__(self, account: str, prefix: str, *, paused: Paused = nobody_is_paused) -> None:
        """Trade ``account``; client order ids are ``prefix`` and a counter, such as ``sw-000017``."""
        self.account = account
        self._paused = paused
        self.refusals: list[Rejection] = []
        self._prefix = prefix
        self._sent = 0

    def may_open(self, symbol: str) -> bool:
        """Whether the bot may open or enlarge something. It asks before it does; to close it asks nobody."""
        return not self._paused(self.account, symbol)

    def trade(self, exchange: Exchange, symbol: str, quantity: Decimal) -> Order | None:
        """Market order for a signed quantity, + buys. None: nothing left after rounding, or refused."""
        return self._send(
            exchange, symbol, quantity, OrderRequest(symbol=symbol, side=_side(quantity), type=_MARKET)
        )

    def reduce(self, exchange: Exchange, symbol: str, quantity: Decimal) -> Order | None:
        """Reduce-only market order for a signed quantity, - sells out of a long."""
        request = OrderRequest(symbol=symbol, side=_side(quantity), type=_MARKET, reduce_only=True)
        return self._send(exchange, symbol, quantity, request)

    def rest(self, exchange: Exchange, symbol: str, quantity: Decimal, price: Decimal) -> Order | None:
        """Limit order that rests until it fills."""
        on_tick = floored(price, exchange.contract(symbol).tick_size)
        request = OrderRequest(symbol=symbol, side=_side(quantity), type=OrderType.LIMIT, price=on_tick)
        return self._send(exchange, symbol, quantity, request)

    def rest_reducing(
        self, exchange: Exchange, symbol: str, quantity: Decimal, price: Decimal
    ) -> Order | None:
        """Reduce-only limit order that rests until it fills: a take-profit."""
        on_tick = floored(price, exchange.contract(symbol).tick_size)
        request = OrderRequest(
            symbol=symbol, side=_side(quantity), type=OrderType.LIMIT, price=on_tick, reduce_only=True
        )
        return self._send(exchange, symbol, quantity, request)

    def stop(
        self,
        exchange: Exchange,
        symbol: str,
        quantity: Decimal,
        trigger_price: Decimal,
        *,
        working_type: WorkingType = WorkingType.MARK_PRICE,
    ) -> Order | None:
        """Reduce-only stop that becomes a market order once the trigger is passed; - sells out of a long."""
        request = OrderRequest(
            symbol=symbol,
            side=_side(quantity),
            type=OrderType.STOP_MARKET,
            trigger_price=floored(trigger_price, exchange.contract(symbol).tick_size),
            reduce_only=True,
            working_type=working_type,
        )
        return self._send(exchange, symbol, quantity, request)

    def cancel(self, exchange: Exchange, order: Order) -> None:
        """Cancel an order if it is still open."""
        if order.is_algo:
            if any(
                one.order_id == order.order_id
                for one in exchange.open_algo_orders(self.account, order.symbol)
            ):
                exchange.cancel_algo(self.account, algo_id=order.order_id)
        elif any(one.order_id == order.order_id for one in exchange.open_orders(self.account, order.symbol)):
            exchange.cancel(self.account, order.symbol, order_id=order.order_id)

    def position(self, exchange: Exchange, symbol: str) -> Decimal:
        """Signed quantity held; 0 when flat."""
        return exchange.held(self.account, symbol)

    def equity(self, exchange: Exchange) -> Decimal:
        """Margin balance: wallet and unrealised profit."""
        return exchange.account(self.account).margin_balance

    def _send(
        self, exchange: Exchange, symbol: str, quantity: Decimal, request: OrderRequest
    ) -> Order | None:
        contract = exchange.contract(symbol)
        largest = contract.market_quantity_max if request.type is _MARKET else contract.quantity_max
        wanted = min(floored(abs(quantity), contract.lot_size), largest)
        if wanted < contract.quantity_min:
            return None
        self._sent += 1
        numbered = replace(request, quantity=wanted, client_order_id=f"{self._prefix}{self._sent:06d}")
        place = exchange.place_algo if request.type is OrderType.STOP_MARKET else exchange.place
        try:
            return place(self.account, numbered)
        except Rejection as refusal:
            self.refusals.append(refusal)
            return None


def floored(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above ``value``."""
    return (value / step).to_integral_value(rounding=ROUND_DOWN) * step


def _side(quantity: Decimal) -> Side:
    return Side.BUY if quantity > 0 else Side.SELL
