"""Who bears a liquidation: the account's margin, then the insurance fund, then winning positions of others.

The account never gets less than the bankruptcy price, at which its margin balance is used up. With several positions each
bears the balance in proportion to its notional:

    bankruptcy price = mark * (1 - margin balance / gross notional)      (long; plus for a short)

When the book gives less, the insurance fund pays the difference. When the fund cannot pay all of it, it pays nothing:
positions of other accounts are deleveraged at the bankruptcy price, in order of their ADL score, and the rest of the market
takes what they do not cover. When the book gives more, what is left of the margin pays the liquidation fee to the fund.

Source: Binance FAQ "How Liquidation Works in Futures Trading" and "What Is Auto-Deleveraging".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine import adl
from riskd.paper.engine.execution import taker_quote
from riskd.paper.engine.forced import close_against_account, closing_side, open_forced_order
from riskd.paper.engine.money import ZERO, money, money_down, money_up
from riskd.paper.engine.settlement import Fill, settle
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import Cause, Order, Side


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind positions that are liquidated together.

    Attributes:
        equity: Margin balance, quote currency; negative when the mark has passed the bankruptcy price.
        notional: Gross notional that shares it, > 0.
    """

    equity: Decimal
    notional: Decimal


def liquidate_quantity(
    venue: VenueState, account: AccountState, position: PositionState, quantity: Decimal, backing: Backing
) -> Decimal:
    """Closes ``quantity`` (base units, > 0) of a position and returns the cash that the account was closed for."""
    symbol = venue.symbols[position.symbol]
    side = closing_side(position)
    market_quote = taker_quote(symbol.quote, side, quantity)
    bankrupt_quote = _bankrupt_quote(symbol, side, quantity, backing)
    shortfall = market_quote - bankrupt_quote if side is Side.BUY else bankrupt_quote - market_quote
    quote = bankrupt_quote if shortfall > 0 else market_quote
    order = open_forced_order(venue, account, position, quantity, quote, Cause.LIQUIDATION)
    if shortfall > max(venue.buckets.insurance, ZERO):
        _deleverage_others(venue, account, symbol, order, bankrupt_quote)
        return quote
    fee = _liquidation_fee(symbol, side, quantity, quote, backing)
    _book(venue, account, order, quantity, quote, market_quote=market_quote, fee=fee)
    return quote


def _bankrupt_quote(symbol: SymbolState, side: Side, quantity: Decimal, backing: Backing) -> Decimal:
    """Cash for the quantity at the bankruptcy price, rounded in the account's favour; never negative."""
    notional = quantity * symbol.quote.mark
    share = backing.equity * notional / backing.notional
    if side is Side.SELL:
        return max(ZERO, money_up(notional - share))
    return max(ZERO, money_down(notional + share))


def _liquidation_fee(
    symbol: SymbolState, side: Side, quantity: Decimal, quote: Decimal, backing: Backing
) -> Decimal:
    """The contract's rate on what was closed, as far as the margin balance reaches."""
    direction = 1 if side is Side.SELL else -1
    equity_after = backing.equity + direction * (quote - quantity * symbol.quote.mark)
    return min(money(quote * symbol.contract.liquidation_fee_rate), max(ZERO, money_down(equity_after)))


def _deleverage_others(
    venue: VenueState, account: AccountState, symbol: SymbolState, order: Order, bankrupt_quote: Decimal
) -> None:
    """Closes the order against other accounts; cash is split by cumulative quantity, so that the parts make the whole."""
    signed = order.quantity if order.side is Side.SELL else -order.quantity
    exchanged = ZERO
    for queued in adl.opposite_queue(venue, symbol, signed, account.name):
        if not order.remaining:
            return
        taken = min(queued.quantity, order.remaining)
        passed = order.executed_quantity + taken
        part = money(bankrupt_quote * passed / order.quantity) - exchanged
        exchanged += part
        order = _book(venue, account, order, taken, part, market_quote=None)
        counterparty = venue.accounts[queued.account]
        winner = counterparty.positions[(order.symbol, queued.side)]
        close_against_account(venue, counterparty, winner, taken, part, liquidated=account.name)
    if order.remaining:
        rest = bankrupt_quote - exchanged
        _book(venue, account, order, order.remaining, rest, market_quote=rest)


def _book(
    venue: VenueState,
    account: AccountState,
    order: Order,
    quantity: Decimal,
    quote: Decimal,
    *,
    market_quote: Decimal | None,
    fee: Decimal = ZERO,
) -> Order:
    fill = Fill(
        quantity=quantity,
        quote=quote,
        market_quote=market_quote,
        fee=fee,
        maker=False,
        cause=Cause.LIQUIDATION,
    )
    return settle(venue, account, order, fill)
