"""Frozen views of positions and balances."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.paper.engine import adl, margin
from riskd.paper.engine.liquidation_price import liquidation_price
from riskd.paper.engine.money import ZERO
from riskd.paper.engine.state import AccountState, PositionState, VenueState
from riskd.paper.engine.transfers import withdrawable
from riskd.paper.engine.types import AccountView, Position, PositionSide


class RankCache:
    """ADL ranks by symbol, kept until the venue changes."""

    __slots__ = ("_by_symbol", "_version")

    def __init__(self) -> None:
        self._version = -1
        self._by_symbol: dict[str, Mapping[tuple[str, PositionSide], int]] = {}

    def rank(self, venue: VenueState, position: PositionState) -> int:
        """Rank of a position, 0 (last) to 4 (first in the queue)."""
        if self._version != venue.version:
            self._by_symbol.clear()
            self._version = venue.version
        ranks = self._by_symbol.get(position.symbol)
        if ranks is None:
            ranks = self._by_symbol[position.symbol] = adl.ranks(venue, venue.symbols[position.symbol])
        return ranks[(position.account, position.side)]


def position_views(venue: VenueState, account: AccountState, ranks: RankCache) -> tuple[Position, ...]:
    """The open positions, oldest first."""
    return tuple(
        _position_view(venue, account, position, ranks.rank(venue, position))
        for position in account.positions.values()
    )


def account_view(venue: VenueState, account: AccountState) -> AccountView:
    """Balances at the present marks."""
    sums = margin.totals(venue, account)
    wallet = account.cross_wallet + sums.isolated_wallet
    unrealized = sums.cross_unrealized_pnl + sums.isolated_unrealized_pnl
    position_initial = sums.cross_initial + sums.isolated_initial
    order_initial = margin.order_margin(venue, account)
    return AccountView(
        wallet_balance=wallet,
        unrealized_pnl=unrealized,
        margin_balance=wallet + unrealized,
        cross_wallet_balance=account.cross_wallet,
        cross_unrealized_pnl=sums.cross_unrealized_pnl,
        initial_margin=position_initial + order_initial,
        position_initial_margin=position_initial,
        open_order_initial_margin=order_initial,
        maintenance_margin=sums.cross_maintenance + sums.isolated_maintenance,
        available_balance=max(ZERO, margin.available(venue, account)),
        withdrawable_balance=withdrawable(venue, account),
        hedge_mode=account.hedge_mode,
    )


def _position_view(venue: VenueState, account: AccountState, position: PositionState, rank: int) -> Position:
    symbol = venue.symbols[position.symbol]
    return Position(
        symbol=position.symbol,
        position_side=position.side,
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark_price=symbol.quote.mark,
        unrealized_pnl=position.unrealized_pnl,
        isolated=position.isolated,
        isolated_wallet=position.isolated_wallet,
        leverage=venue.settings(account, symbol).leverage,
        initial_margin=position.initial_margin,
        maintenance_margin=position.maintenance_margin,
        liquidation_price=_liquidation_price(venue, account, position),
        adl_rank=rank,
        updated_ms=position.updated_ms,
    )


def _liquidation_price(venue: VenueState, account: AccountState, position: PositionState) -> Decimal:
    symbol = venue.symbols[position.symbol]
    if position.isolated:
        return liquidation_price([position], position.isolated_wallet, symbol.brackets, symbol.quote.mark)
    together = _cross_group(account, position)
    sums = margin.totals(venue, account)
    base = account.cross_wallet + sums.cross_unrealized_pnl - sums.cross_maintenance
    for held in together:
        base += held.maintenance_margin - held.unrealized_pnl
    return liquidation_price(together, base, symbol.brackets, symbol.quote.mark)


def _cross_group(account: AccountState, position: PositionState) -> list[PositionState]:
    """The cross positions that move with the same mark: the position itself and, in hedge mode, its other side."""
    if position.side is PositionSide.BOTH:
        return [position]
    sides = (PositionSide.LONG, PositionSide.SHORT)
    found = [account.positions.get((position.symbol, side)) for side in sides]
    return [held for held in found if held is not None]
