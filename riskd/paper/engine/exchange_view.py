"""What can be seen of the exchange: balances, positions, orders, history, market, books. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Reversible, Sequence
from decimal import Decimal
from itertools import takewhile
from typing import TypeVar

from riskd.paper.engine import funding, ledger, order_store, pricing, refusals, views
from riskd.paper.engine.ledger import Conservation
from riskd.paper.engine.money import exactly
from riskd.paper.engine.state import AccountState, SymbolState, VenueState
from riskd.paper.engine.types import (
    AccountView,
    Contract,
    Income,
    IncomeKind,
    MarginType,
    Order,
    Position,
    Quote,
    Trade,
)

_Row = TypeVar("_Row", Income, Trade)


class ExchangeView:
    """The reading half of the exchange.

    Args:
        contracts: What is listed.
        now_ms: When the venue opens.
        quotes: One for every contract.
        insurance_fund: The fund at the start, USDT, >= 0.

    Raises:
        ValueError: A contract without a quote, or a quote that no market can have.
    """

    def __init__(
        self,
        contracts: Sequence[Contract],
        *,
        now_ms: int,
        quotes: Mapping[str, Quote],
        insurance_fund: Decimal,
    ) -> None:
        symbols = {
            contract.symbol: SymbolState(
                contract=contract,
                quote=_first_quote(contract, quotes),
                brackets=contract.brackets_at(now_ms),
                next_funding_ms=funding.first_settlement_after(contract, now_ms),
            )
            for contract in contracts
        }
        self._venue = VenueState(now_ms, symbols, ledger.open_buckets(insurance_fund))
        self._ranks = views.RankCache()

    @property
    def now_ms(self) -> int:
        """Virtual time, milliseconds since the epoch."""
        return self._venue.now_ms

    @exactly
    def positions(self, account: str) -> tuple[Position, ...]:
        """Open positions, oldest first."""
        return views.position_views(self._venue, self._account(account), self._ranks)

    @exactly
    def held(self, account: str, symbol: str) -> Decimal:
        """Signed quantity held of a symbol, both sides together; 0 when flat."""
        positions = self._account(account).positions.values()
        return sum((one.quantity for one in positions if one.symbol == symbol), Decimal(0))

    @exactly
    def account(self, account: str) -> AccountView:
        """Balances at the present marks."""
        return views.account_view(self._venue, self._account(account))

    def spot_balances(self, account: str) -> Mapping[str, Decimal]:
        """Spot holdings by asset, base units, zeros left out."""
        return dict(self._account(account).spot)

    def settings(self, account: str, symbol: str) -> tuple[int, MarginType]:
        """Leverage and margin type of a symbol."""
        settings = self._venue.settings(self._account(account), self._venue.symbol(symbol))
        return settings.leverage, settings.margin_type

    def income(
        self,
        account: str,
        *,
        since_ms: int = 0,
        until_ms: int | None = None,
        symbol: str | None = None,
        kind: IncomeKind | None = None,
    ) -> tuple[Income, ...]:
        """Changes of the wallet in ``[since_ms, until_ms]``, oldest first; the newest ``HISTORY_MAX`` are kept."""
        return tuple(
            row
            for row in _since(self._account(account).income, since_ms)
            if (until_ms is None or row.at_ms <= until_ms)
            and symbol in (None, row.symbol)
            and kind in (None, row.kind)
        )

    def trades(self, account: str, symbol: str, *, since_ms: int = 0) -> tuple[Trade, ...]:
        """Fills of a symbol since a moment, oldest first; the newest ``HISTORY_MAX`` are kept."""
        trades = _since(self._account(account).trades, since_ms)
        return tuple(trade for trade in trades if trade.symbol == symbol)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of the open accounts, oldest first."""
        return tuple(self._venue.accounts)

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What is listed."""
        return tuple(symbol.contract for symbol in self._venue.symbols.values())

    def contract(self, symbol: str) -> Contract:
        """Terms of a contract; Raises ``Rejection`` -1121."""
        return self._venue.symbol(symbol).contract

    def quote(self, symbol: str) -> Quote:
        """The quote in force; Raises ``Rejection`` -1121."""
        return self._venue.symbol(symbol).quote

    def next_funding_ms(self, symbol: str) -> int:
        """The settlement that comes next; Raises ``Rejection`` -1121."""
        return self._venue.symbol(symbol).next_funding_ms

    def order(
        self, account: str, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """The newest ordinary order with this id or client id, open or terminal; Raises ``Rejection`` -2013."""
        trader = self._account(account)
        found = order_store.find_order(
            trader.orders, trader.closed, order_id=order_id, client_order_id=client_order_id, symbol=symbol
        )
        if found is None:
            raise refusals.no_such_order()
        return found

    def algo_order(
        self, account: str, *, algo_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        """The newest conditional order with this id or client id, open or not; Raises ``Rejection`` -2013."""
        trader = self._account(account)
        found = order_store.find_order(
            trader.algos, trader.closed_algos, order_id=algo_id, client_order_id=client_order_id
        )
        if found is None:
            raise refusals.no_such_order()
        return found

    def open_orders(self, account: str, symbol: str | None = None) -> tuple[Order, ...]:
        """Open ordinary orders, oldest first, of one symbol or all."""
        orders = self._account(account).orders.values()
        return tuple(order for order in orders if symbol in (None, order.symbol))

    def open_algo_orders(self, account: str, symbol: str | None = None) -> tuple[Order, ...]:
        """Untriggered conditional orders, oldest first, of one symbol or all."""
        orders = self._account(account).algos.values()
        return tuple(order for order in orders if symbol in (None, order.symbol))

    def orders(self, account: str, symbol: str) -> tuple[Order, ...]:
        """Ordinary orders of a symbol, open and terminal, oldest first; the newest ``CLOSED_ORDERS_MAX`` are kept."""
        trader = self._account(account)
        return order_store.history(trader.orders, trader.closed, symbol)

    def algo_orders(self, account: str, symbol: str) -> tuple[Order, ...]:
        """Conditional orders of a symbol, waiting and ended, oldest first, bounded likewise."""
        trader = self._account(account)
        return order_store.history(trader.algos, trader.closed_algos, symbol)

    def books(self) -> Conservation:
        """Every bucket of money; ``total() == expected()`` always."""
        return ledger.books(self._venue)

    def _account(self, name: str) -> AccountState:
        try:
            return self._venue.accounts[name]
        except KeyError:
            raise ValueError(f"no account {name!r}; open are {sorted(self._venue.accounts)}") from None


def _since(rows: Reversible[_Row], since_ms: int) -> list[_Row]:
    """The rows from a moment on, oldest first; they are in order of time, so only the new end is read."""
    newest_first = list(takewhile(lambda row: row.at_ms >= since_ms, reversed(rows)))
    return newest_first[::-1]


def _first_quote(contract: Contract, quotes: Mapping[str, Quote]) -> Quote:
    quote = quotes.get(contract.symbol)
    if quote is None:
        raise ValueError(f"no quote for {contract.symbol}: the venue opens with one for every contract")
    pricing.check_quote(contract.symbol, quote)
    return quote
