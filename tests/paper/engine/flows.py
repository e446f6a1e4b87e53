"""Random order flows: operations that hypothesis draws, applied to an exchange, with what must hold after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import strategies as st

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    Cause,
    Event,
    MarginType,
    OrderRequest,
    OrderType,
    PositionSide,
    Quote,
    Rejection,
    Side,
    TimeInForce,
    Trade,
    WorkingType,
)
from tests.paper.engine.builders import HOUR_MS, START_MS, D, contract

SYMBOLS = ("BTCUSDT", "ETHUSDT")
ACCOUNTS = ("cross", "isolated", "hedge", "rich")
BASE_PRICES = {"BTCUSDT": D(10_000), "ETHUSDT": D(500)}

Operation = Callable[[Exchange], tuple[Event, ...]]


def build() -> Exchange:
    """A thin market, a small fund, four accounts of different kinds."""
    contracts = [
        contract("BTCUSDT"),
        contract("ETHUSDT", tick_size=D("0.01"), lot_size=D("0.01"), market_lot_size=D("0.01")),
    ]
    quotes = {s: _quote(BASE_PRICES[s], 0, 0, 0) for s in SYMBOLS}
    exchange = Exchange(contracts, now_ms=START_MS, quotes=quotes, insurance_fund=D(100))
    for name in ACCOUNTS:
        exchange.open_account(name, hedge_mode=name == "hedge")
        exchange.deposit(name, D(200_000) if name == "rich" else D("3000.12345678"))
        for symbol in SYMBOLS:
            exchange.set_leverage(name, symbol, 3 if name == "rich" else 50)
            if name == "isolated":
                exchange.set_margin_type(name, symbol, MarginType.ISOLATED)
    _open_positions(exchange)
    return exchange


def _open_positions(exchange: Exchange) -> None:
    """Everybody starts near the edge, on both sides of both markets; the rich one holds what could be deleveraged."""
    sizes = {"BTCUSDT": (D("6.5"), D("2"), D("5"), D("7")), "ETHUSDT": (D(90), D(50), D(80), D(120))}
    for symbol, quantities in sizes.items():
        for name, quantity in zip(ACCOUNTS, quantities, strict=True):
            buys = (name == "rich") == (symbol == "ETHUSDT")
            side = PositionSide.BOTH
            if name == "hedge":
                side = PositionSide.LONG if buys else PositionSide.SHORT
            exchange.place(
                name,
                OrderRequest(
                    symbol=symbol,
                    side=Side.BUY if buys else Side.SELL,
                    type=OrderType.MARKET,
                    quantity=quantity,
                    position_side=side,
                ),
            )


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """One operation; the venue may refuse it."""
    kind = draw(st.sampled_from(("move", "move", "order", "order", "order", "order", "algo", "other")))
    if kind == "move":
        return draw(_moves())
    account = draw(st.sampled_from(ACCOUNTS))
    if kind == "order":
        return _trading(account, draw(_orders(account)))
    if kind == "algo":
        return _conditional(account, draw(_algos(account)))
    return draw(_others(account))


@st.composite
def _moves(draw: st.DrawFn) -> Operation:
    hours = draw(st.sampled_from((0, 0, 1, 9, 30)))
    moves = {
        symbol: (
            draw(st.integers(-35, 50)),
            draw(st.integers(-8, 8)),
            draw(st.integers(-30, 30)),
        )
        for symbol in draw(st.lists(st.sampled_from(SYMBOLS), unique=True))
    }

    def apply(exchange: Exchange) -> tuple[Event, ...]:
        quotes = {
            symbol: _quote(BASE_PRICES[symbol], percent, basis, funding)
            for symbol, (percent, basis, funding) in moves.items()
        }
        return exchange.advance(exchange.now_ms + 1000 + hours * HOUR_MS, quotes)

    return apply


def _quote(base: Decimal, percent: int, basis: int, funding: int) -> Quote:
    mark = base * (100 + percent) / 100 + D("0.123456789")
    return Quote(
        mark=mark,
        index=mark,
        last=mark * (100 + basis) / 100,
        spread_rate=D("0.0003"),
        depth_usd=D(2_000_000),
        funding_rate=D(funding) / 10_000,
    )


def _sides(account: str) -> st.SearchStrategy[PositionSide]:
    if account == "hedge":
        return st.sampled_from((PositionSide.LONG, PositionSide.SHORT))
    return st.just(PositionSide.BOTH)


@st.composite
def _orders(draw: st.DrawFn, account: str) -> OrderRequest:
    symbol = draw(st.sampled_from(SYMBOLS))
    is_limit = draw(st.booleans())
    size = D(draw(st.integers(1, 400))) * draw(st.sampled_from((1, 1, 6)))
    return OrderRequest(
        symbol=symbol,
        side=draw(st.sampled_from(Side)),
        type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=size / 100,
        price=_price(symbol, draw(st.integers(-12, 12))) if is_limit else None,
        time_in_force=draw(st.sampled_from(TimeInForce)),
        position_side=draw(_sides(account)),
        reduce_only=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def _algos(draw: st.DrawFn, account: str) -> OrderRequest:
    symbol = draw(st.sampled_from(SYMBOLS))
    close = draw(st.booleans())
    return OrderRequest(
        symbol=symbol,
        side=draw(st.sampled_from(Side)),
        type=draw(st.sampled_from((OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET))),
        quantity=None if close else D(draw(st.integers(1, 200))) / 100,
        trigger_price=_price(symbol, draw(st.integers(-30, 30))),
        position_side=draw(_sides(account)),
        reduce_only=not close and draw(st.booleans()),
        close_position=close,
        working_type=draw(st.sampled_from(WorkingType)),
    )


def _price(symbol: str, percent: int) -> Decimal:
    return BASE_PRICES[symbol] * (100 + percent) / 100


def _trading(account: str, request: OrderRequest) -> Operation:
    def apply(exchange: Exchange) -> tuple[Event, ...]:
        exchange.place(account, request)
        return ()

    return apply


def _conditional(account: str, request: OrderRequest) -> Operation:
    def apply(exchange: Exchange) -> tuple[Event, ...]:
        exchange.place_algo(account, request)
        return ()

    return apply


@st.composite
def _others(draw: st.DrawFn, account: str) -> Operation:
    amount = D(draw(st.integers(1, 400_000))) / 1000
    symbol = draw(st.sampled_from(SYMBOLS))
    side = draw(_sides(account))
    sign = draw(st.sampled_from((1, -1)))
    choice = draw(st.integers(0, 6))

    def apply(exchange: Exchange) -> tuple[Event, ...]:
        if choice == 0:
            exchange.deposit(account, amount)
        elif choice == 1:
            exchange.withdraw(account, amount)
        elif choice == 2:
            exchange.trade_spot(account, symbol.removesuffix("USDT"), sign * amount / 1000)
        elif choice == 3:
            exchange.add_isolated_margin(account, symbol, side, sign * amount)
        elif choice == 4:
            exchange.set_leverage(account, symbol, int(amount) % 60 + 1)
        elif choice == 5:
            exchange.deleverage(account, symbol, side, amount / 1000)
        else:
            exchange.cancel_all(account, symbol)
        return ()

    return apply


@dataclass
class Shadow:
    """An independent book of positions, kept from trades alone, that checks each trade as it comes."""

    positions: dict[tuple[str, str, PositionSide], Decimal] = field(default_factory=dict)
    seen: int = 0

    def check(self, exchange: Exchange) -> None:
        fresh = [
            trade
            for name in exchange.accounts
            for symbol in SYMBOLS
            for trade in exchange.trades(name, symbol)
            if trade.trade_id > self.seen
        ]
        for trade in sorted(fresh, key=lambda trade: trade.trade_id):
            self._book(exchange, trade)
            self.seen = trade.trade_id
        held = {
            (name, p.symbol, p.position_side): p.quantity
            for name in exchange.accounts
            for p in exchange.positions(name)
        }
        assert held == {key: quantity for key, quantity in self.positions.items() if quantity}
        assert all(held.values()), "a position of nothing is listed"

    def _book(self, exchange: Exchange, trade: Trade) -> None:
        key = (trade.account, trade.symbol, trade.position_side)
        before = self.positions.get(key, D(0))
        after = before + (trade.quantity if trade.side is Side.BUY else -trade.quantity)
        order = exchange.order(trade.account, trade.symbol, order_id=trade.order_id)
        closing = (
            order.reduce_only
            or trade.cause is not Cause.ORDER
            or (trade.position_side is PositionSide.LONG and trade.side is Side.SELL)
            or (trade.position_side is PositionSide.SHORT and trade.side is Side.BUY)
        )
        if closing:
            assert abs(after) < abs(before), f"{trade} increased a position of {before}"
            assert after * before >= 0, f"{trade} flipped a position of {before}"
        self.positions[key] = after


def attempt(exchange: Exchange, operation: Operation) -> tuple[Event, ...] | Rejection:
    """Applies an operation; a refusal is an answer too."""
    try:
        return operation(exchange)
    except Rejection as refusal:
        return refusal
