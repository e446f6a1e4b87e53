"""Scalping: tiny positions at high leverage, held for seconds to minutes, out by target, stop or time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, WorkingType
from riskd.paper.strategies.actor import Hand, Paused, nobody_is_paused


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalpParameters:
    """What a scalper is set up with.

    Attributes:
        symbol: What it trades.
        leverage: Setting at the venue.
        margin_share: Margin of one trade as a share of equity: its notional is ``margin_share * leverage * equity``.
        target: Move in its favour that ends a trade, a fraction.
        stop: Move against it that ends a trade; rests at the venue from the entry on, and is watched as well.
        hold_seconds_max: Time that ends a trade.
        pause_seconds: Shortest and longest wait between trades.
        spread_rate_max: Widest spread at which it enters.
        fade_share: Share of trades that bet against the last move; the rest go with it.
    """

    symbol: str
    leverage: int = 20
    margin_share: Decimal = Decimal("0.0125")
    target: Decimal = Decimal("0.0015")
    stop: Decimal = Decimal("0.0025")
    hold_seconds_max: int = 150
    pause_seconds: tuple[int, int] = (5, 60)
    spread_rate_max: Decimal = Decimal("0.002")
    fade_share: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trade:
    """An open trade: ``quantity`` signed as held."""

    entry_price: Decimal
    quantity: Decimal
    ends_at_ms: int
    stop: Order | None


class Scalp:
    """One small trade after another; sides and pauses come from the generator it is given."""

    name = "scalp"

    def __init__(
        self,
        account: str,
        parameters: ScalpParameters,
        rng: random.Random,
        *,
        prefix: str = "sc-",
        paused: Paused = nobody_is_paused,
    ) -> None:
        """Trade ``account``; the same generator state gives the same trades on the same market."""
        self.account = account
        self.hand = Hand(account, prefix, paused=paused)
        self._parameters = parameters
        self._rng = rng
        self._trade: _Trade | None = None
        self._resumes_at_ms: int | None = None
        self._price_before: Decimal | None = None

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Enter when flat and rested, leave when the trade is over."""
        quote = exchange.quote(self._parameters.symbol)
        price = quote.last
        if self._resumes_at_ms is None:
            exchange.set_leverage(self.account, self._parameters.symbol, self._parameters.leverage)
            self._pause(now_ms)
        elif self._trade is not None:
            self._watch(exchange, self._trade, price, now_ms)
        elif (
            now_ms >= self._resumes_at_ms
            and quote.spread_rate <= self._parameters.spread_rate_max
            and self.hand.may_open(self._parameters.symbol)
        ):
            self._enter(exchange, price, now_ms)
        self._price_before = price

    def _enter(self, exchange: Exchange, price: Decimal, now_ms: int) -> None:
        terms = self._parameters
        side = self._side(price)
        notional = self.hand.equity(exchange) * terms.margin_share * terms.leverage
        order = self.hand.trade(exchange, terms.symbol, side * notional / price)
        held = self.hand.position(exchange, terms.symbol)
        if order is None or held == 0:
            self._pause(now_ms)
            return
        entry = order.average_price
        self._trade = _Trade(
            entry_price=entry,
            quantity=held,
            ends_at_ms=now_ms + terms.hold_seconds_max * 1000,
            stop=self.hand.stop(
                exchange,
                terms.symbol,
                -held,
                entry * (1 - side * terms.stop),
                working_type=WorkingType.CONTRACT_PRICE,
            ),
        )

    def _side(self, price: Decimal) -> int:
        """+1 to buy, -1 to sell: mostly against the last move, at random where there was none."""
        move = (
            0 if self._price_before is None else (price > self._price_before) - (price < self._price_before)
        )
        if move == 0:
            return self._rng.choice((1, -1))
        return -move if self._rng.random() < self._parameters.fade_share else move

    def _watch(self, exchange: Exchange, trade: _Trade, price: Decimal, now_ms: int) -> None:
        held = self.hand.position(exchange, self._parameters.symbol)
        gain = (price / trade.entry_price - 1) * (1 if trade.quantity > 0 else -1)
        is_on = -self._parameters.stop < gain < self._parameters.target and now_ms < trade.ends_at_ms
        if held != 0 and is_on:
            return
        if held != 0:
            self.hand.reduce(exchange, self._parameters.symbol, -held)
        if self.hand.position(exchange, self._parameters.symbol) != 0:
            return  # the book or the price band refused part of it; the next step tries the rest
        if trade.stop is not None:
            self.hand.cancel(exchange, trade.stop)
        self._trade = None
        self._pause(now_ms)

    def _pause(self, now_ms: int) -> None:
        self._resumes_at_ms = now_ms + self._rng.randint(*self._parameters.pause_seconds) * 1000
