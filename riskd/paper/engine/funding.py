"""Funding: at every multiple of the symbol's interval, holders pay or receive a rate on notional at mark.

``amount = -quantity * mark * rate``: longs pay when the rate is positive. The other side is the rest of the market. The
rate and mark are those of the quote in force before the settlement; a step of time that passes several settlements pays
each, in order of time. An isolated position pays from its own wallet, which moves its liquidation price.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import ledger
from riskd.paper.engine.money import money
from riskd.paper.engine.state import AccountState, PositionState, SymbolState, VenueState
from riskd.paper.engine.types import Contract, FundingPaid, IncomeKind


def first_settlement_after(contract: Contract, now_ms: int) -> int:
    """The next settlement strictly after a moment."""
    interval = contract.funding_interval_ms
    return (now_ms // interval + 1) * interval


def settle_due(venue: VenueState, until_ms: int) -> None:
    """Pays every settlement up to and including ``until_ms``, in order of time, then of listing."""
    due = [symbol for symbol in venue.symbols.values() if symbol.next_funding_ms <= until_ms]
    while due:
        symbol = min(due, key=lambda candidate: candidate.next_funding_ms)
        _settle(venue, symbol)
        symbol.next_funding_ms += symbol.contract.funding_interval_ms
        due = [symbol for symbol in due if symbol.next_funding_ms <= until_ms]


def capped_rate(symbol: SymbolState) -> Decimal:
    """The quoted rate within the contract's cap."""
    cap = symbol.contract.funding_cap
    return max(-cap, min(cap, symbol.quote.funding_rate))


def _settle(venue: VenueState, symbol: SymbolState) -> None:
    rate = capped_rate(symbol)
    for position in symbol.positions.values():
        _pay(venue, symbol, venue.accounts[position.account], position, rate)


def _pay(
    venue: VenueState, symbol: SymbolState, account: AccountState, position: PositionState, rate: Decimal
) -> None:
    amount = money(-position.quantity * symbol.quote.mark * rate)
    at_ms = symbol.next_funding_ms
    venue.version += 1
    if position.isolated:
        position.isolated_wallet += amount
    else:
        account.cross_wallet += amount
    venue.buckets.market -= amount
    name = symbol.contract.symbol
    ledger.record_income(venue, account, IncomeKind.FUNDING_FEE, amount, symbol=name, at_ms=at_ms)
    venue.events.append(FundingPaid(account=account.name, at_ms=at_ms, symbol=name, rate=rate, amount=amount))
