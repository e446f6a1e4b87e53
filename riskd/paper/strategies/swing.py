"""Swing trading: a few positions at 5 to 10 times leverage, held for days.

Entries follow a Bollinger breakout that MACD confirms, with a stop at once. A swing book is seldom empty, so the bot can
also be given positions to enter at its start, as somebody would have entered them over the days before: some with a wide
stop, some with a stop that comes late, some with a take-profit that rests in the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order
from riskd.paper.strategies.actor import Hand, Paused, nobody_is_paused
from riskd.paper.strategies.bars import Bars
from riskd.paper.strategies.signals import Breakout, breakout_of, crossed_back, stop_distance

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A long that the book is to contain from about its start.

    Attributes:
        symbol: What is bought.
        notional_share: Its notional as a multiple of the equity at that moment.
        stop_distance: How far below the entry its stop lies, a fraction of the entry.
        enter_after_seconds: When it is entered, since the first step.
        stop_after_seconds: How long it goes without a stop; 0: not at all.
        take_profit_distance: How far above the entry a reduce-only limit order rests; None: none does.
        take_profit_after_seconds: How long it goes without that order.
    """

    symbol: str
    notional_share: Decimal
    stop_distance: Decimal
    enter_after_seconds: int = 0
    stop_after_seconds: int = 0
    take_profit_distance: Decimal | None = None
    take_profit_after_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SwingParameters:
    """What a swing trader decides once.

    Attributes:
        watched: Symbols whose breakouts are traded.
        holdings: Entered without a signal.
        leverage: Setting at the venue for every symbol.
        book_leverage_max: Notional of all positions as a multiple of equity that a new entry may not pass.
        risk_share: Share of equity that a breakout's stop may cost.
        stop_atr: Distance of a breakout's stop in average true ranges.
        hold_days: A position is closed after the second; after the first as soon as the price is back at its mean.
    """

    watched: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()
    leverage: int = 7
    book_leverage_max: Decimal = Decimal(6)
    risk_share: Decimal = Decimal("0.02")
    stop_atr: float = 2.0
    hold_days: tuple[int, int] = (3, 10)


@dataclass(slots=True)
class _Trade:
    """An open trade.

    Attributes:
        quantity: Signed, as last seen at the venue.
        stop_price: Where its stop belongs.
        stop_due_ms: When it is placed.
        take_profit_price: Where its take-profit belongs; None: nowhere, or it was placed.
        take_profit_due_ms: When it is placed.
        orders: Its stop and take-profit, to be cancelled when the position is gone.
    """

    symbol: str
    quantity: Decimal
    entered_at_ms: int
    stop_price: Decimal
    stop_due_ms: int
    has_stop: bool = False
    take_profit_price: Decimal | None = None
    take_profit_due_ms: int = 0
    orders: list[Order] = field(default_factory=list)


class Swing:
    """Holds what it was given and what breaks out. It never adds to a position, nor puts back what others closed."""

    name = "swing"

    def __init__(
        self,
        account: str,
        parameters: SwingParameters,
        bars: Mapping[str, Bars],
        *,
        prefix: str = "sw-",
        paused: Paused = nobody_is_paused,
    ) -> None:
        """Trade ``account``; ``bars`` holds the past of every watched symbol and is carried on."""
        self.account = account
        self.hand = Hand(account, prefix, paused=paused)
        self._parameters = parameters
        self._bars = {symbol: bars[symbol] for symbol in parameters.watched}
        self._trades: dict[str, _Trade] = {}
        self._wanted = parameters.holdings
        self._started_at_ms: int | None = None

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Enter the holdings that are due; look after the open trades; enter breakouts at the end of a bar."""
        if self._started_at_ms is None:
            self._started_at_ms = now_ms
            self._set_leverage(exchange)
        self._enter_holdings(exchange, self._started_at_ms, now_ms)
        for trade in tuple(self._trades.values()):
            self._look_after(exchange, trade, now_ms)
        for symbol, bars in self._bars.items():
            if bars.see(now_ms, float(exchange.quote(symbol).last)):
                self._at_end_of_bar(exchange, symbol, bars, now_ms)

    def _set_leverage(self, exchange: Exchange) -> None:
        terms = self._parameters
        for symbol in dict.fromkeys((*(one.symbol for one in terms.holdings), *terms.watched)):
            exchange.set_leverage(self.account, symbol, terms.leverage)

    def _enter_holdings(self, exchange: Exchange, started_at_ms: int, now_ms: int) -> None:
        due = [one for one in self._wanted if now_ms >= started_at_ms + one.enter_after_seconds * 1000]
        if due:
            self._wanted = tuple(one for one in self._wanted if one not in due)
            equity = self.hand.equity(exchange)
            for holding in due:
                self._enter_holding(exchange, holding, equity, now_ms)

    def _enter_holding(self, exchange: Exchange, holding: Holding, equity: Decimal, now_ms: int) -> None:
        quantity = holding.notional_share * equity / exchange.quote(holding.symbol).last
        trade = self._enter(
            exchange,
            holding.symbol,
            quantity,
            holding.stop_distance,
            entered_at_ms=now_ms,
            stop_due_ms=now_ms + holding.stop_after_seconds * 1000,
        )
        if trade is not None and holding.take_profit_distance is not None:
            trade.take_profit_price = exchange.quote(holding.symbol).last * (1 + holding.take_profit_distance)
            trade.take_profit_due_ms = now_ms + holding.take_profit_after_seconds * 1000
            self._place_take_profit_when_due(exchange, trade, now_ms)

    def _enter(
        self,
        exchange: Exchange,
        symbol: str,
        quantity: Decimal,
        distance: Decimal,
        *,
        entered_at_ms: int,
        stop_due_ms: int,
    ) -> _Trade | None:
        order = self.hand.trade(exchange, symbol, quantity)
        held = self.hand.position(exchange, symbol)
        if order is None or held == 0:
            return None
        side = 1 if held > 0 else -1
        trade = _Trade(
            symbol=symbol,
            quantity=held,
            entered_at_ms=entered_at_ms,
            stop_price=order.average_price * (1 - side * distance),
            stop_due_ms=stop_due_ms,
        )
        self._trades[symbol] = trade
        self._place_stop_when_due(exchange, trade, entered_at_ms)
        return trade

    def _look_after(self, exchange: Exchange, trade: _Trade, now_ms: int) -> None:
        trade.quantity = self.hand.position(exchange, trade.symbol)
        if trade.quantity != 0 and now_ms >= trade.entered_at_ms + self._parameters.hold_days[1] * _DAY_MS:
            self._leave(exchange, trade)
        if trade.quantity == 0:
            self._cancel_orders(exchange, trade)
            del self._trades[trade.symbol]
        else:
            self._place_stop_when_due(exchange, trade, now_ms)
            self._place_take_profit_when_due(exchange, trade, now_ms)

    def _place_stop_when_due(self, exchange: Exchange, trade: _Trade, now_ms: int) -> None:
        """Place the stop, unless somebody has put one there meanwhile."""
        if trade.has_stop or now_ms < trade.stop_due_ms:
            return
        trade.has_stop = True
        if exchange.open_algo_orders(self.account, trade.symbol):
            return
        order = self.hand.stop(exchange, trade.symbol, -trade.quantity, trade.stop_price)
        if order is not None:
            trade.orders.append(order)

    def _place_take_profit_when_due(self, exchange: Exchange, trade: _Trade, now_ms: int) -> None:
        if trade.take_profit_price is None or now_ms < trade.take_profit_due_ms:
            return
        order = self.hand.rest_reducing(exchange, trade.symbol, -trade.quantity, trade.take_profit_price)
        trade.take_profit_price = None
        if order is not None:
            trade.orders.append(order)

    def _leave(self, exchange: Exchange, trade: _Trade) -> None:
        """Close at the market; a resting take-profit would claim the quantity, so it goes first."""
        self._cancel_orders(exchange, trade)
        self.hand.reduce(exchange, trade.symbol, -trade.quantity)
        trade.quantity = self.hand.position(exchange, trade.symbol)

    def _cancel_orders(self, exchange: Exchange, trade: _Trade) -> None:
        for order in trade.orders:
            self.hand.cancel(exchange, order)
        trade.orders.clear()

    def _at_end_of_bar(self, exchange: Exchange, symbol: str, bars: Bars, now_ms: int) -> None:
        trade = self._trades.get(symbol)
        if trade is None:
            self._enter_breakout(exchange, symbol, bars, now_ms)
            return
        may_leave = now_ms >= trade.entered_at_ms + self._parameters.hold_days[0] * _DAY_MS
        if may_leave and crossed_back(bars.finished, direction=1 if trade.quantity > 0 else -1):
            self._leave(exchange, trade)

    def _enter_breakout(self, exchange: Exchange, symbol: str, bars: Bars, now_ms: int) -> None:
        direction = breakout_of(bars.finished)
        distance = stop_distance(bars.finished, atr_multiple=self._parameters.stop_atr)
        if direction is Breakout.NONE or distance is None or not self.hand.may_open(symbol):
            return
        notional = min(self._affordable(exchange), self._risked(exchange, distance))
        if notional > 0:
            side = 1 if direction is Breakout.UP else -1
            quantity = side * notional / exchange.quote(symbol).last
            self._enter(exchange, symbol, quantity, distance, entered_at_ms=now_ms, stop_due_ms=now_ms)

    def _affordable(self, exchange: Exchange) -> Decimal:
        """Notional that the book's leverage still has room for."""
        held = sum(
            (abs(one.quantity) * one.mark_price for one in exchange.positions(self.account)), Decimal(0)
        )
        return self._parameters.book_leverage_max * self.hand.equity(exchange) - held

    def _risked(self, exchange: Exchange, distance: Decimal) -> Decimal:
        """Notional whose stop costs the risk share of equity."""
        return self._parameters.risk_share * self.hand.equity(exchange) / distance
