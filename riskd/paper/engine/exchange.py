"""The exchange: the one door to the engine.

Pure and in virtual time: nothing happens but by a call, ``advance`` is the only way in which time passes, and the same calls
give the same answers bit for bit. Whatever an account does is judged at the quotes of the last ``advance``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.paper.engine import (
    account_settings,
    conditional,
    execution,
    forced,
    funding,
    liquidation,
    order_checks,
    order_store,
    pricing,
    refusals,
    transfers,
)
from riskd.paper.engine.exchange_view import ExchangeView
from riskd.paper.engine.money import exactly
from riskd.paper.engine.state import AccountState
from riskd.paper.engine.types import (
    AlgoStatus,
    Event,
    MarginType,
    Order,
    OrderRequest,
    OrderStatus,
    PositionSide,
    Quote,
)


class Exchange(ExchangeView):
    """Many accounts trading linear perpetuals against one market.

    The reading half, ``ExchangeView``, says what it is opened with.
    """

    @exactly
    def advance(self, now_ms: int, quotes: Mapping[str, Quote]) -> tuple[Event, ...]:
        """Lets time pass to ``now_ms`` and the market move to ``quotes`` (symbols left out keep theirs).

        In this order: funding that fell due, new quotes, conditional orders, resting orders, liquidation and ADL.

        Returns:
            What happened since the last ``advance`` returned, fills of orders placed in between included.

        Raises:
            ValueError: Time would go back, or a quote is unknown or impossible.
        """
        venue = self._venue
        if now_ms < venue.now_ms:
            raise ValueError(f"time cannot go back: now {venue.now_ms}, asked for {now_ms}")
        funding.settle_due(venue, now_ms)
        venue.now_ms = now_ms
        pricing.apply_quotes(venue, quotes)
        conditional.trigger_conditional(venue)
        execution.match_resting(venue)
        liquidation.liquidate(venue)
        events = tuple(venue.events)
        venue.events.clear()
        return events

    def open_account(self, name: str, *, hedge_mode: bool = False) -> None:
        """Opens an empty account.

        Raises:
            ValueError: The name is taken.
        """
        if name in self._venue.accounts:
            raise ValueError(f"account {name!r} is already open")
        self._venue.accounts[name] = AccountState(name, hedge_mode)

    @exactly
    def deposit(self, account: str, amount: Decimal) -> None:
        """Adds USDT to an account's wallet; Raises ``Rejection`` when not positive or over 8 decimals."""
        transfers.deposit(self._venue, self._account(account), amount)

    @exactly
    def withdraw(self, account: str, amount: Decimal) -> None:
        """Takes USDT out; Raises ``Rejection`` -2018 when it is more than ``withdrawable_balance``."""
        transfers.withdraw(self._venue, self._account(account), amount)

    @exactly
    def trade_spot(self, account: str, asset: str, quantity: Decimal) -> None:
        """Buys (positive) or sells spot at the index price with wallet USDT, fee 0.1 %.

        Raises:
            Rejection: -1121 unknown asset, -2010 not enough of what is given away.
        """
        transfers.trade_spot(self._venue, self._account(account), asset, quantity)

    @exactly
    def place(self, account: str, request: OrderRequest) -> Order:
        """Places a MARKET or LIMIT order, fills what fills at once and returns the order as it then is.

        Raises:
            Rejection: It may not be placed; ``order_checks`` has the rules.
        """
        trader = self._account(account)
        order_checks.check_order(self._venue, trader, request)
        order = order_store.open_order(self._venue, trader, request)
        return execution.execute(self._venue, trader, order)

    @exactly
    def place_algo(self, account: str, request: OrderRequest) -> Order:
        """Places a STOP_MARKET or TAKE_PROFIT_MARKET order in the list of conditional orders.

        Raises:
            Rejection: It may not be placed; -2021 when its trigger has already been passed.
        """
        return conditional.place_conditional(self._venue, self._account(account), request)

    @exactly
    def cancel(
        self, account: str, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """Cancels an open ordinary order; Raises ``Rejection`` -2011 when there is none."""
        trader = self._account(account)
        order = order_store.find_order(
            trader.orders, order_id=order_id, client_order_id=client_order_id, symbol=symbol
        )
        if order is None:
            raise refusals.unknown_order_to_cancel()
        return order_store.end_order(self._venue, trader, order, OrderStatus.CANCELED)

    @exactly
    def cancel_algo(
        self, account: str, *, algo_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """Cancels an untriggered conditional order; Raises ``Rejection`` -2011 when there is none."""
        trader = self._account(account)
        order = order_store.find_order(trader.algos, order_id=algo_id, client_order_id=client_order_id)
        if order is None:
            raise refusals.unknown_order_to_cancel()
        return order_store.end_algo(self._venue, trader, order, AlgoStatus.CANCELED)

    @exactly
    def cancel_all(self, account: str, symbol: str) -> int:
        """Cancels all open ordinary orders of a symbol and says how many; conditional orders stay."""
        self._venue.symbol(symbol)
        return order_store.cancel_orders(self._venue, self._account(account), symbol)

    @exactly
    def cancel_all_algo(self, account: str, symbol: str) -> int:
        """Cancels all conditional orders of a symbol and says how many."""
        self._venue.symbol(symbol)
        return order_store.cancel_algos(self._venue, self._account(account), symbol)

    @exactly
    def set_leverage(self, account: str, symbol: str, leverage: int) -> None:
        """Sets a symbol's leverage; Raises ``Rejection`` -4028, -2027, -2028, -4161."""
        trader = self._account(account)
        account_settings.set_leverage(self._venue, trader, self._venue.symbol(symbol), leverage)

    @exactly
    def set_margin_type(self, account: str, symbol: str, margin_type: MarginType) -> None:
        """Chooses cross or isolated margin for a symbol; Raises ``Rejection`` -4046, -4047, -4048."""
        trader = self._account(account)
        account_settings.set_margin_type(self._venue, trader, self._venue.symbol(symbol), margin_type)

    @exactly
    def set_position_mode(self, account: str, *, hedge_mode: bool) -> None:
        """Chooses one-way or hedge mode; Raises ``Rejection`` -4059, -4067, -4068."""
        account_settings.set_position_mode(self._venue, self._account(account), hedge_mode=hedge_mode)

    @exactly
    def add_isolated_margin(
        self, account: str, symbol: str, position_side: PositionSide, amount: Decimal
    ) -> None:
        """Moves USDT into an isolated position, out of it when negative; Raises ``Rejection`` -4050, -4051, -4054."""
        trader = self._account(account)
        transfers.change_isolated_margin(
            self._venue, trader, self._venue.symbol(symbol), position_side, amount
        )

    @exactly
    def deleverage(self, account: str, symbol: str, position_side: PositionSide, quantity: Decimal) -> None:
        """Forces auto-deleveraging of a named position at mark; Raises ``Rejection`` -2022 when there is none."""
        trader = self._account(account)
        forced.deleverage_by_name(self._venue, trader, self._venue.symbol(symbol), position_side, quantity)
