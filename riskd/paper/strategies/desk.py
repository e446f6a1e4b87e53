"""The four accounts of the paper desk, as ordinary traders would run them. Every number is a parameter.

=====  ===========================================================  ===================================================
hedge  BTC bought on the spot market, sold as a perpetual           4x on its margin, survives any fall
swing  three longs of coins that fall together, 1.95x equity each   5.9x in all: gone when they fall by about 16 %
grid   20 cells between -9 % and +9 % around BTC's price            2.9x when all are full at the lower bound, and more
                                                                    once two buys filled and it averages down
scalp  BTC, 20x on an eightieth of a small account                  dies of fees and stops, not of liquidation
=====  ===========================================================  ===================================================

The swing book's stops are 17 to 22 % away, beyond the price at which the account as a whole is liquidated: each looks
sensible for its own position and none protects the account. That is the mistake which the demo is about.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from riskd.paper.engine.exchange import Exchange
from riskd.paper.market.track import Market
from riskd.paper.strategies.actor import Actor, Paused, nobody_is_paused
from riskd.paper.strategies.bars import past_bars
from riskd.paper.strategies.cross_hedge import CrossHedge, HedgeParameters
from riskd.paper.strategies.grid import Grid, GridParameters
from riskd.paper.strategies.scalp import Scalp, ScalpParameters
from riskd.paper.strategies.swing import Holding, Swing, SwingParameters

_BTC = "BTCUSDT"
_LONGS_BY_PREFERENCE = ("ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "LTCUSDT", "ADAUSDT", "BCHUSDT")

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAccount:
    """One account of the desk, and what riskd's configuration says about it.

    Attributes:
        name: Account name at the venue.
        deposit: USDT paid in before the start.
        strategy: Name of the strategy that owns the account's positions.
        symbols: What it trades, as the venue writes it.
        client_id_prefix: How its orders' client ids begin.
        actor: The bot.
    """

    name: str
    deposit: Decimal
    strategy: str
    symbols: tuple[str, ...]
    client_id_prefix: str
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The accounts, in the order in which they act."""

    accounts: tuple[DeskAccount, ...]

    def open(self, exchange: Exchange) -> None:
        """Open the accounts and pay the deposits in."""
        for account in self.accounts:
            exchange.open_account(account.name)
            exchange.deposit(account.name, account.deposit)

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Let every bot act once, after the exchange has advanced to ``now_ms``."""
        for account in self.accounts:
            account.actor.on_step(exchange, now_ms)


def demo_desk(market: Market, *, seed: int, paused: Paused = nobody_is_paused) -> Desk:
    """The four accounts, fitted to a market: its price sets the grid, its coins the longs, its past the indicators.

    Args:
        market: Must list BTCUSDT and at least three of the coins that the swing book prefers.
        seed: Decides the scalper's sides and pauses.
        paused: Tells the bots where nothing new may be opened. They obey.

    Raises:
        ValueError: The market lacks BTCUSDT or coins for the swing book.
    """
    symbols = tuple(contract.symbol for contract in market.contracts)
    longs = [symbol for symbol in _LONGS_BY_PREFERENCE if symbol in symbols][:3]
    if _BTC not in symbols or len(longs) < 3:
        raise ValueError(
            f"the desk needs {_BTC} and three of {', '.join(_LONGS_BY_PREFERENCE)}; the market lists {', '.join(symbols)}"
        )
    start = market.quotes(market.started_at_ms)[_BTC].last
    return Desk(
        accounts=(
            _hedge(Decimal(200_000), paused),
            _swing(Decimal(50_000), longs, market, paused),
            _grid(Decimal(60_000), start, paused),
            _scalp(Decimal(5_000), seed, paused),
        )
    )


def swing_book(longs: Sequence[str]) -> tuple[Holding, ...]:
    """Three longs of equal size.

    The first enters after three minutes and gets its stop twelve minutes later; the second gets its take-profit after half an
    hour.
    """
    first, second, third = longs
    share = Decimal("1.95")
    return (
        Holding(
            symbol=first,
            notional_share=share,
            stop_distance=Decimal("0.17"),
            enter_after_seconds=3 * 60,
            stop_after_seconds=12 * 60,
        ),
        Holding(
            symbol=second,
            notional_share=share,
            stop_distance=Decimal("0.22"),
            take_profit_distance=Decimal("0.12"),
            take_profit_after_seconds=30 * 60,
        ),
        Holding(symbol=third, notional_share=share, stop_distance=Decimal("0.20")),
    )


def grid_around(price: Decimal) -> tuple[Decimal, Decimal]:
    """Bounds an eleventh below and above, in round figures: 22,000 gives 20,000 and 24,000."""
    return _two_figures(price * 20 / 22), _two_figures(price * 24 / 22)


def _hedge(deposit: Decimal, paused: Paused) -> DeskAccount:
    actor = CrossHedge("hedge", HedgeParameters(), paused=paused)
    return _account(deposit, actor, (_BTC,), "hd-")


def _swing(deposit: Decimal, longs: Sequence[str], market: Market, paused: Paused) -> DeskAccount:
    watched = (_BTC, *longs)
    parameters = SwingParameters(watched=watched, holdings=swing_book(longs))
    actor = Swing("swing", parameters, past_bars(market, watched, _HOUR_MS), paused=paused)
    return _account(deposit, actor, watched, "sw-")


def _grid(deposit: Decimal, price: Decimal, paused: Paused) -> DeskAccount:
    lower, upper = grid_around(price)
    parameters = GridParameters(symbol=_BTC, lower=lower, upper=upper, averages_down_after=2)
    actor = Grid("grid", parameters, paused=paused)
    return _account(deposit, actor, (_BTC,), "gr-")


def _scalp(deposit: Decimal, seed: int, paused: Paused) -> DeskAccount:
    rng = random.Random(seed)  # noqa: S311 - a simulation, no secret
    actor = Scalp("scalp", ScalpParameters(symbol=_BTC), rng, paused=paused)
    return _account(deposit, actor, (_BTC,), "sc-")


def _account(deposit: Decimal, actor: Actor, symbols: tuple[str, ...], prefix: str) -> DeskAccount:
    return DeskAccount(
        name=actor.account,
        deposit=deposit,
        strategy=actor.name,
        symbols=symbols,
        client_id_prefix=prefix,
        actor=actor,
    )


def _two_figures(value: Decimal) -> Decimal:
    step = Decimal(1).scaleb(value.adjusted() - 1)
    return (value / step).to_integral_value(rounding=ROUND_HALF_UP) * step
