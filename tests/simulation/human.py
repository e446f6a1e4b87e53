"""Somebody who trades the same account beside riskd, at random and at the worst of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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
from tests.simulation.script import Script

_LEVERAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What kind of trader it is.

    Attributes:
        activity: Chance to do something in one step.
        appetite: Largest notional of one trade, in equities.
        isolates: Whether some positions get a margin of their own.
        nerves: Chance to do something in the step after somebody else has changed a position.
        grids: Whether orders that would open are left resting on both sides of the market.
        hedges: Whether coins are bought on the spot market and sold as perpetuals.
    """

    activity: float
    appetite: float
    isolates: bool
    nerves: float
    grids: bool
    hedges: bool

    @classmethod
    def drawn(cls, random: Random) -> Temper:
        return cls(
            activity=random.choice([0.005, 0.02, 0.05]),
            appetite=random.choice([1.0, 2.5, 4.0]),
            isolates=random.random() < 0.2,
            nerves=random.choice([0.0, 0.5]),
            grids=random.random() < 0.3,
            hedges=random.random() < 0.2,
        )


class Human:
    """An ``Actor``. What the venue refuses is let go of, as people do.

    Args:
        seed: Decides everything, each deed by itself.
        script: Leaves out deeds that shall not be done.
        rests_from_ms: From here on hands off.
    """

    name = "human"

    def __init__(
        self, account: str, seed: int, temper: Temper, script: Script, *, rests_from_ms: int
    ) -> None:
        self.account = account
        self._seed = seed
        self._urges = Random(f"{seed} {account}")
        self._random = Random(0)  # of the deed that is being done
        self._temper = temper
        self._script = script
        self._rests_from_ms = rests_from_ms
        self._deeds = 0
        self._sent = 0
        self._left: Mapping[tuple[str, PositionSide], Decimal] = {}
        self._habits: Mapping[Callable[[Exchange], None], int] = {
            self._open: 6,
            self._close: 4,
            self._protect: 3,
            self._take_profit: 2,
            self._cancel: 2,
            self._move_cash: 1,
            self._lay_grid: 2 if temper.grids else 0,
            self._hedge: 2 if temper.hedges else 0,
        }

    def settle_in(self, exchange: Exchange) -> None:
        """Before anybody watches: leverage settings, and the first positions."""
        for contract in exchange.contracts:
            exchange.set_leverage(self.account, contract.symbol, _LEVERAGE)
            if self._temper.isolates and self._urges.random() < 0.5:
                exchange.set_margin_type(self.account, contract.symbol, MarginType.ISOLATED)
        for _ in range(self._urges.randint(1, 3)):
            self._do(exchange, self._open)

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Perhaps do one thing."""
        if now_ms < self._rests_from_ms and self._urges.random() < self._urge(exchange):
            self._do(exchange, None)

    def _do(self, exchange: Exchange, habit: Callable[[Exchange], None] | None) -> None:
        """One deed; None: whichever comes to mind."""
        self._deeds += 1
        self._random = Random(f"{self._seed} {self.account} {self._deeds}")
        habit = habit or self._random.choices(list(self._habits), weights=list(self._habits.values()))[0]
        words = f"{habit.__name__.strip('_')} at {exchange.now_ms}"
        if self._script.plays(f"deed {self.account}", self._deeds, words):
            with suppress(Rejection):
                habit(exchange)

    def _urge(self, exchange: Exchange) -> float:
        """How likely it is to do something now: more likely when positions are not what it left behind."""
        held = {(one.symbol, one.position_side): one.quantity for one in exchange.positions(self.account)}
        surprised, self._left = held != self._left, held
        return max(self._temper.activity, self._temper.nerves if surprised else 0.0)

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

    def _lay_grid(self, exchange: Exchange) -> None:
        """Orders that wait for the market on both sides of it, and would open or turn a position."""
        contract = self._random.choice(exchange.contracts)
        mark = exchange.quote(contract.symbol).mark
        hedge_mode = exchange.account(self.account).hedge_mode
        quantity = exchange.account(self.account).margin_balance / mark * Decimal("0.2")
        for step in range(1, self._random.randint(2, 4)):
            away = Decimal(step * self._random.randint(3, 15)).scaleb(-3)
            for side, price in ((Side.BUY, mark * (1 - away)), (Side.SELL, mark * (1 + away))):
                hedged = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
                self._place(
                    exchange,
                    symbol=contract.symbol,
                    side=side,
                    quantity=quantity,
                    position_side=hedged if hedge_mode else PositionSide.BOTH,
                    price=price,
                    opens=True,
                )

    def _hedge(self, exchange: Exchange) -> None:
        """Spot bought, the same sold as a perpetual."""
        contract = self._random.choice(exchange.contracts)
        view = exchange.account(self.account)
        share = Decimal(self._random.randint(10, 30)).scaleb(-2)
        quantity = self._fitted(
            exchange, contract.symbol, view.margin_balance * share / exchange.quote(contract.symbol).mark
        )
        exchange.trade_spot(self.account, contract.base, quantity)
        self._place(
            exchange,
            symbol=contract.symbol,
            side=Side.SELL,
            quantity=quantity,
            position_side=PositionSide.SHORT if view.hedge_mode else PositionSide.BOTH,
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
        opens: bool = False,
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
                reduce_only=price is not None and not opens and position_side is PositionSide.BOTH,
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
