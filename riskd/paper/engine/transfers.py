"""Cash that enters or leaves an account: deposits, withdrawals, isolated margin, spot."""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import ledger, margin, refusals
from riskd.paper.engine.money import QUANTUM, ZERO, money
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import IncomeKind, PositionSide

SPOT_FEE_RATE = Decimal("0.001")
"""Taker fee of a spot trade."""


def deposit(venue: VenueState, account: AccountState, amount: Decimal) -> None:
    """Adds cash to the cross wallet.

    Raises:
        Rejection: -1111 for more than 8 decimals, -4003 for an amount that is not positive.
    """
    _check_amount(amount)
    venue.buckets.net_deposits += amount
    _transfer(venue, account, amount)


def withdraw(venue: VenueState, account: AccountState, amount: Decimal) -> None:
    """Takes cash out of the cross wallet.

    Raises:
        Rejection: -2018 when more than the withdrawable balance; as ``deposit`` otherwise.
    """
    _check_amount(amount)
    if amount > withdrawable(venue, account):
        raise refusals.balance_insufficient()
    venue.buckets.net_deposits -= amount
    _transfer(venue, account, -amount)


def withdrawable(venue: VenueState, account: AccountState) -> Decimal:
    """What may leave, >= 0: as available, but unrealised profit does not count."""
    profit = max(ZERO, margin.totals(venue, account).cross_unrealized_pnl)
    return max(ZERO, margin.available(venue, account) - profit)


def change_isolated_margin(
    venue: VenueState, account: AccountState, symbol: SymbolState, side: PositionSide, amount: Decimal
) -> None:
    """Moves cash into an isolated position, or out of it when the amount is negative.

    What is left must cover the initial margin at mark, an unrealised loss counted in.

    Raises:
        Rejection: -4054 no isolated position, -4050 or -4051 too much, -1111 more than 8 decimals.
    """
    position = account.positions.get((symbol.contract.symbol, side))
    if position is None or not position.isolated:
        raise refusals.no_position_for_margin()
    _check_amount(abs(amount))
    if amount > withdrawable(venue, account):
        raise refusals.cross_balance_insufficient()
    if amount < 0 and -amount > _removable(position):
        raise refusals.isolated_balance_insufficient()
    venue.version += 1
    position.isolated_wallet += amount
    account.cross_wallet -= amount


def trade_spot(venue: VenueState, account: AccountState, asset: str, quantity: Decimal) -> None:
    """Buys (positive) or sells spot at the index price for wallet cash; fee 0.1 %. Income shows it as a transfer.

    Raises:
        Rejection: -1121 no contract on this asset, -2010 not enough cash or asset, -4003 zero, -1111 over 8 decimals.
    """
    price = ledger.index_price(venue, asset)
    if price is None:
        raise refusals.invalid_symbol()
    _check_amount(abs(quantity))
    held = account.spot.get(asset, ZERO)
    cost = money(quantity * price)
    fee = money(abs(cost) * SPOT_FEE_RATE)
    if held + quantity < 0 or (quantity > 0 and cost + fee > withdrawable(venue, account)):
        raise refusals.spot_insufficient()
    account.spot[asset] = held + quantity
    if not account.spot[asset]:
        del account.spot[asset]
    buckets = venue.buckets
    buckets.market_spot[asset] = buckets.market_spot.get(asset, ZERO) - quantity
    buckets.market += cost
    buckets.fees += fee
    _transfer(venue, account, -cost - fee)


def _check_amount(amount: Decimal) -> None:
    if amount <= 0:
        raise refusals.quantity_not_positive()
    if amount % QUANTUM:
        raise refusals.precision()


def _removable(position: PositionState) -> Decimal:
    return position.isolated_wallet + min(ZERO, position.unrealized_pnl) - position.initial_margin


def _transfer(venue: VenueState, account: AccountState, amount: Decimal) -> None:
    venue.version += 1
    account.cross_wallet += amount
    ledger.record_income(venue, account, IncomeKind.TRANSFER, amount)
