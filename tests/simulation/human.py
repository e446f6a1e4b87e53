"""Somebody who trades the same account beside riskd, at random and at the worst of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    MarginType,
    OrderRequest,
    OrderType,
    Position,
    PositionSide,
    Rejection,
    Side,
    WorkingType,
)
from riskd.paper.strategies.actor import floored

_LEVERAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What kind of trader it is.

    Attributes:
        activity: Chance to do something in one step.
        appetite: Largest notional of one trade, in equities.
        isolates: Whether some positions get a margin of their own.
        nerves: Chance to do something in the step after somebody else has changed a position.
    """

    activity: float
    appetite: float
    isolates: bool
    nerves: float

    @classmethod
    def drawn(cls, random: Random) -> Temper:
        return cls(
            activity=random.choice([0.003, 0.015, 0.05]),
            appetite=random.choice([1.0, 2.5, 4.0]),
            isolates=random.random() < 0.2,
            nerves=random.choice([0.0, 0.5]),
        )


class Human:
    """An ``Actor``. What the venue refuses is let go of, as people do.

    Args:
        random: Decides everything.
        rests_from_ms: From here on hands off.
    """

    name = "human"

    def __init__(self, account: str, random: Random, temper: Temper, *, rests_from_ms: int) -> None:
        self.account = account
        self._random = random
        self._temper = temper
        self._rests_from_ms = rests_from_ms
        self._sent = 0
        self._left: Mapping[tuple[str, PositionSide], Decimal] = {}
        self._habits: Mapping[Callable[[Exchange], None], int] = {
            self._open: 6,
            self._close: 4,
            self._protect: 3,
            self._take_profit: 2,
            self._cancel: 2,
            self._move_cash: 1,
        }

    def settle_in(self, exchange: Exchange) -> None:
        """Before anybody watches: leverage settings, and the first positions."""
        for contract in exchange.contracts:
            exchange.set_leverage(self.account, contract.symbol, _LEVERAGE)
            if self._temper.isolates and self._random.random() < 0.5:
                exchange.set_margin_type(self.account, contract.symbol, MarginType.ISOLATED)
        for _ in range(self._random.randint(1, 3)):
            self._try(exchange, self._open)

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Perhaps do one thing."""
        if now_ms >= self._rests_from_ms or self._random.random() >= self._urge(exchange):
            return
        self._try(exchange, self._random.choices(list(self._habits), weights=list(self._habits.values()))[0])

    def _urge(self, exchange: Exchange) -> float:
        """How likely it is to do something now: more likely when positions are not what it left behind."""
        held = {(one.symbol, one.position_side): one.quantity for one in exchange.positions(self.account)}
        surprised, self._left = held != self._left, held
        return max(self._temper.activity, self._temper.nerves if surprised else 0.0)

    def _try(self, exchange: Exchange, habit: Callable[[Exchange], None]) -> None:
        try:
            habit(exchange)
        except Rejection:
            return

    def _open(self, exchange: Exchange) -> None:
        contract = self._random.choice(exchange.contracts)
        view = exchange.account(self.account)
        budget = float(view.margin_balance) * self._random.uniform(0.2, self._temper.appetite)
        side = self._random.choice([Side.BUY, Side.SELL])
        hedged = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
        quantity = Decimal(budget / float(exchange.quote(contract.symbol).mark))
        self._place(
            exchange,
            symbol=contract.symbol,
            side=side,
            quantity=quantity,
            position_side=hedged if view.hedge_mode else PositionSide.BOTH,
        )

    def _close(self, exchange: Exchange) -> None:
        position = self._some_position(exchange)
        share = self._random.choice([Decimal("0.3"), Decimal(1), Decimal(1)])
        self._place(
            exchange,
            symbol=position.symbol,
            side=_closing(position),
            quantity=abs(position.quantity) * share,
            position_side=position.position_side,
        )

    def _protect(self, exchange: Exchange) -> None:
        position = self._some_position(exchange)
        away = Decimal(self._random.randint(10, 100)).scaleb(-3)
        self._sent += 1
        whole = self._random.random() < 0.5
        exchange.place_algo(
            self.account,
            OrderRequest(
                symbol=position.symbol,
                side=_closing(position),
                type=OrderType.STOP_MARKET,
                position_side=position.position_side,
                quantity=None if whole else self._fitted(exchange, position.symbol, abs(position.quantity)),
                close_position=whole,
                reduce_only=not whole and position.position_side is PositionSide.BOTH,
                trigger_price=floored(
                    position.mark_price * (1 - away if position.quantity > 0 else 1 + away),
                    exchange.contract(position.symbol).tick_size,
                ),
                client_order_id=f"human-{self._sent:06d}",
                working_type=WorkingType.MARK_PRICE,
            ),
        )

    def _take_profit(self, exchange: Exchange) -> None:
        position = self._some_position(exchange)
        away = Decimal(self._random.randint(2, 50)).scaleb(-3)
        self._place(
            exchange,
            symbol=position.symbol,
            side=_closing(position),
            quantity=abs(position.quantity) * self._random.choice([Decimal("0.5"), Decimal(1)]),
            position_side=position.position_side,
            price=position.mark_price * (1 + away if position.quantity > 0 else 1 - away),
        )

    def _cancel(self, exchange: Exchange) -> None:
        orders = [*exchange.open_orders(self.account), *exchange.open_algo_orders(self.account)]
        if not orders:
            return
        order = self._random.choice(orders)
        if order.is_algo:
            exchange.cancel_algo(self.account, algo_id=order.order_id)
        else:
            exchange.cancel(self.account, order.symbol, order_id=order.order_id)

    def _move_cash(self, exchange: Exchange) -> None:
        equity = exchange.account(self.account).margin_balance
        if equity < 5_000 or self._random.random() < 0.4:
            exchange.deposit(self.account, Decimal(self._random.randint(5_000, 40_000)))
        else:
            exchange.withdraw(self.account, Decimal(int(equity) // 10))

    def _place(
        self,
        exchange: Exchange,
        *,
        symbol: str,
        side: Side,
        quantity: Decimal,
        position_side: PositionSide,
        price: Decimal | None = None,
    ) -> None:
        self._sent += 1
        tick = exchange.contract(symbol).tick_size
        exchange.place(
            self.account,
            OrderRequest(
                symbol=symbol,
                side=side,
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                position_side=position_side,
                quantity=self._fitted(exchange, symbol, quantity),
                price=None if price is None else floored(price, tick),
                # A take-profit that stays behind after its position has gone must not open another one.
                reduce_only=price is not None and position_side is PositionSide.BOTH,
                client_order_id=f"human-{self._sent:06d}",
            ),
        )

    def _fitted(self, exchange: Exchange, symbol: str, quantity: Decimal) -> Decimal:
        contract = exchange.contract(symbol)
        return floored(min(quantity, contract.market_quantity_max), contract.lot_size)

    def _some_position(self, exchange: Exchange) -> Position:
        positions = exchange.positions(self.account)
        if not positions:
            raise Rejection(-2022, "nothing is held")
        return self._random.choice(positions)


def _closing(position: Position) -> Side:
    return Side.SELL if position.quantity > 0 else Side.BUY
