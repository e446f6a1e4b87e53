"""Cross-hedging: a coin held on the spot market, its fall insured by a short perpetual.

With the same coin on both sides the quantities are equal and no price move disturbs them. With another coin the short is
``beta`` times the value of the spot, drifts with the two prices, and is rebalanced when it is a band away from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine.exchange import Exchange
from riskd.paper.strategies.actor import Hand, Paused, nobody_is_paused


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeParameters:
    """What a hedger decides once.

    Attributes:
        spot_asset: Coin held, such as ``BTC``.
        spot_symbol: The contract whose index prices it.
        hedge_symbol: The perpetual that is sold; may be another coin's.
        beta: Value of the short for one unit of spot value; 1 for the same coin.
        spot_share: Share of the deposit that buys spot; the rest is the margin of the short.
        leverage: Setting at the venue.
        rebalance_band: Distance from the target, as a share of it, at which the hedger trades.
    """

    spot_asset: str = "BTC"
    spot_symbol: str = "BTCUSDT"
    hedge_symbol: str = "BTCUSDT"
    beta: Decimal = Decimal(1)
    spot_share: Decimal = Decimal("0.80")
    leverage: int = 5
    rebalance_band: Decimal = Decimal("0.03")


class CrossHedge:
    """Buys the spot, sells the perpetual, rebalances drift. It never adds margin.

    A short that somebody else made smaller stays so: the hedger takes what it finds as its new limit.
    """

    name = "hedge"

    def __init__(
        self,
        account: str,
        parameters: HedgeParameters,
        *,
        prefix: str = "hd-",
        paused: Paused = nobody_is_paused,
    ) -> None:
        """Trade ``account`` with its whole deposit."""
        self.account = account
        self.hand = Hand(account, prefix, paused=paused)
        self._parameters = parameters
        self._expected_short: Decimal | None = None
        self._limit: Decimal | None = None

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Open on the first step; afterwards hold the short at its target."""
        del now_ms
        if self._expected_short is None:
            self._buy_spot(exchange)
            self._trade_to(exchange, Decimal(0), self._target(exchange))
        else:
            self._rebalance(exchange, self._expected_short)

    def _buy_spot(self, exchange: Exchange) -> None:
        terms = self._parameters
        exchange.set_leverage(self.account, terms.hedge_symbol, terms.leverage)
        budget = self.hand.equity(exchange) * terms.spot_share
        lot_size = exchange.contract(terms.spot_symbol).lot_size
        quantity = budget / exchange.quote(terms.spot_symbol).index // lot_size * lot_size
        exchange.trade_spot(self.account, terms.spot_asset, quantity)

    def _rebalance(self, exchange: Exchange, expected: Decimal) -> None:
        held = -self.hand.position(exchange, self._parameters.hedge_symbol)
        if held < expected:
            self._limit = held
        target = self._target(exchange)
        if self._limit is not None:
            target = min(target, self._limit)
        is_adrift = target > 0 and abs(held - target) > self._parameters.rebalance_band * target
        if target > held and not self.hand.may_open(self._parameters.hedge_symbol):
            is_adrift = False
        self._trade_to(exchange, held, target if is_adrift else held)

    def _target(self, exchange: Exchange) -> Decimal:
        """Base units of the short that the spot calls for."""
        terms = self._parameters
        spot = exchange.spot_balances(self.account).get(terms.spot_asset, Decimal(0))
        value = spot * exchange.quote(terms.spot_symbol).index
        return terms.beta * value / exchange.quote(terms.hedge_symbol).mark

    def _trade_to(self, exchange: Exchange, held: Decimal, target: Decimal) -> None:
        symbol = self._parameters.hedge_symbol
        if target > held:
            self.hand.trade(exchange, symbol, held - target)
        elif target < held:
            self.hand.reduce(exchange, symbol, held - target)
        self._expected_short = -self.hand.position(exchange, symbol)
