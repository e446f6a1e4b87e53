"""Liquidation: when margin is used up at the mark price (never at last), and how much is closed.

An isolated position is liquidated when ``wallet + unrealised PnL <= maintenance margin``; a cross account when the same
holds of its cross wallet and all its cross positions together. Open orders are cancelled first (an isolated symbol's own,
or all of the account's). Then positions are reduced, largest maintenance margin first: to the floor of the leverage bracket
(partial) or, from the lowest bracket or once no margin balance is left, wholly (full), until the margin balance is above
maintenance again. ``absorption`` says at what price and who bears it.

Source: Binance FAQ "Liquidation Protocols".
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import ledger, margin, order_store
from riskd.paper.engine.absorption import Backing, liquidate_quantity
from riskd.paper.engine.money import ZERO, ceil_to_step, shown_price
from riskd.paper.engine.state import AccountState, PositionState, VenueState
from riskd.paper.engine.types import Bankrupt, IncomeKind, Liquidated, LiquidationStage


def liquidate(venue: VenueState) -> None:
    """Liquidates whatever the present marks demand, account by account in the order of their opening.

    Auto-deleveraging takes profit from others and can push one of them over the edge, so it looks again until nobody is
    liquidated. Every pass but the last closes something and nothing opens, so it ends.
    """
    is_settled = False
    while not is_settled:
        liquidated = [_liquidate_account(venue, account) for account in venue.accounts.values()]
        is_settled = not any(liquidated)


def _liquidate_account(venue: VenueState, account: AccountState) -> bool:
    """Whether anything had to be closed."""
    is_liquidated = False
    if account.positions:
        is_liquidated = _liquidate_isolated(venue, account)
        is_liquidated |= _liquidate_cross(venue, account)
    if account.cross_wallet < 0 and not margin.totals(venue, account).cross_notional:
        _clear_negative_wallet(venue, account)
    return is_liquidated


def _liquidate_isolated(venue: VenueState, account: AccountState) -> bool:
    used_up = [p for p in account.positions.values() if p.isolated and _isolated_margin_is_used_up(p)]
    for position in used_up:
        _cancel_everything(venue, account, position.symbol)
        while position.quantity and _isolated_margin_is_used_up(position):
            _reduce(venue, account, position, Backing(position.margin_balance, position.notional))
    return bool(used_up)


def _liquidate_cross(venue: VenueState, account: AccountState) -> bool:
    if not _cross_margin_is_used_up(venue, account):
        return False
    _cancel_everything(venue, account, None)
    while _cross_margin_is_used_up(venue, account):
        crossed = [held for held in account.positions.values() if not held.isolated]
        position = max(crossed, key=lambda held: held.maintenance_margin)
        notional = margin.totals(venue, account).cross_notional
        _reduce(venue, account, position, Backing(margin.cross_equity(venue, account), notional))
    return True


def _cancel_everything(venue: VenueState, account: AccountState, symbol: str | None) -> None:
    order_store.cancel_orders(venue, account, symbol)
    order_store.cancel_algos(venue, account, symbol)


def _isolated_margin_is_used_up(position: PositionState) -> bool:
    return position.margin_balance <= position.maintenance_margin


def _cross_margin_is_used_up(venue: VenueState, account: AccountState) -> bool:
    sums = margin.totals(venue, account)
    return bool(sums.cross_notional) and margin.cross_equity(venue, account) <= sums.cross_maintenance


def _reduce(venue: VenueState, account: AccountState, position: PositionState, backing: Backing) -> None:
    """One step. It ends the position or takes it a bracket down, so steps are bounded by positions times brackets."""
    quantity = _step_quantity(venue, position, backing)
    is_full = quantity == abs(position.quantity)
    quote = liquidate_quantity(venue, account, position, quantity, backing)
    venue.events.append(
        Liquidated(
            account=account.name,
            at_ms=venue.now_ms,
            symbol=position.symbol,
            position_side=position.side,
            quantity=quantity,
            price=shown_price(quote, quantity),
            stage=LiquidationStage.FULL if is_full else LiquidationStage.PARTIAL,
        )
    )


def _step_quantity(venue: VenueState, position: PositionState, backing: Backing) -> Decimal:
    symbol = venue.symbols[position.symbol]
    held = abs(position.quantity)
    floor = margin.bracket_for(symbol.brackets, position.notional).notional_floor
    if not floor or backing.equity <= 0:
        return held
    excess = (position.notional - floor) / symbol.quote.mark
    return min(held, ceil_to_step(excess, symbol.contract.lot_size))


def _clear_negative_wallet(venue: VenueState, account: AccountState) -> None:
    """Sets a wallet that owes more than it has to zero: the fund pays what it can, the rest of the market the remainder.

    A trader's own close far from mark can lead here; a liquidation cannot, because it ends at the bankruptcy price.
    """
    shortfall = -account.cross_wallet
    insured = min(shortfall, max(venue.buckets.insurance, ZERO))
    venue.version += 1
    account.cross_wallet = ZERO
    venue.buckets.insurance -= insured
    venue.buckets.market -= shortfall - insured
    ledger.record_income(venue, account, IncomeKind.INSURANCE_CLEAR, shortfall)
    venue.events.append(
        Bankrupt(account=account.name, at_ms=venue.now_ms, shortfall=shortfall, insured=insured)
    )
