"""An account's choices: leverage, margin type, position mode."""

from __future__ import annotations

from riskd.paper.engine import margin, refusals
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import MarginType


def set_leverage(venue: VenueState, account: AccountState, symbol: SymbolState, leverage: int) -> None:
    """Sets a symbol's leverage; initial margins of its positions and orders follow.

    Raises:
        Rejection: -4028 outside the contract's range, -2027 the position is too large for it, -2028 lower leverage needs more
            margin than is available, -4161 lower while an isolated position is open.
    """
    if not 1 <= leverage <= symbol.brackets[0].leverage_max:
        raise refusals.invalid_leverage(leverage)
    settings = venue.settings(account, symbol)
    held = _positions(account, symbol)
    if leverage < settings.leverage and any(position.isolated for position in held):
        raise refusals.isolated_leverage_reduction()
    if margin.gross_notional(account, symbol) > margin.notional_cap(symbol.brackets, leverage):
        raise refusals.position_above_bracket()
    previous = settings.leverage
    _apply_leverage(venue, account, symbol, leverage)
    if leverage < previous and margin.available(venue, account) < 0:
        _apply_leverage(venue, account, symbol, previous)
        raise refusals.leverage_needs_margin()


def set_margin_type(
    venue: VenueState, account: AccountState, symbol: SymbolState, margin_type: MarginType
) -> None:
    """Chooses cross or isolated margin for a symbol.

    Raises:
        Rejection: -4046 unchanged, -4047 open orders, -4048 open position.
    """
    settings = venue.settings(account, symbol)
    if settings.margin_type is margin_type:
        raise refusals.margin_type_unchanged()
    name = symbol.contract.symbol
    if any(order.symbol == name for order in (*account.orders.values(), *account.algos.values())):
        raise refusals.margin_type_with_orders()
    if _positions(account, symbol):
        raise refusals.margin_type_with_position()
    venue.version += 1
    settings.margin_type = margin_type


def set_position_mode(venue: VenueState, account: AccountState, *, hedge_mode: bool) -> None:
    """Chooses one-way or hedge mode for the account.

    Raises:
        Rejection: -4059 unchanged, -4067 open orders, -4068 open position.
    """
    if account.hedge_mode == hedge_mode:
        raise refusals.position_mode_unchanged()
    if account.orders or account.algos:
        raise refusals.position_mode_with_orders()
    if account.positions:
        raise refusals.position_mode_with_position()
    venue.version += 1
    account.hedge_mode = hedge_mode


def _positions(account: AccountState, symbol: SymbolState) -> list[PositionState]:
    return [held for held in account.positions.values() if held.symbol == symbol.contract.symbol]


def _apply_leverage(venue: VenueState, account: AccountState, symbol: SymbolState, leverage: int) -> None:
    venue.version += 1
    venue.settings(account, symbol).leverage = leverage
    for position in _positions(account, symbol):
        margin.revalue(venue, account, position)
