"""Every movement of cash, and the equation that says none was made or lost.

Who is in the equation: the accounts, the venue's fees, the insurance fund, and the rest of the market, which takes the
other side of every fill, funding payment and spot trade. Unrealised profit and spot holdings stand on both sides at
the same mark and index:

    sum of accounts (cross wallet + isolated wallets + unrealised PnL + spot at index)
    + fees + insurance fund
    + rest of the market (cash + position at mark - what it paid for it + spot at index)
    = deposits - withdrawals + insurance fund at the start

The market's position is booked by plain cash flow, without average prices or realised profit, so the equation also
checks the accounts' profit arithmetic against an independent book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext

from riskd.paper.engine.money import QUANTUM, ZERO
from riskd.paper.engine.state import AccountState, Buckets, SymbolState, VenueState
from riskd.paper.engine.types import Income, IncomeKind

SETTLEMENT_ASSET = "USDT"
"""Currency of every wallet."""

# Marks may carry any number of digits, so the books are summed with room to spare; a sum that still rounded would raise.
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """Every bucket of money at one moment, quote currency, exact.

    Attributes:
        wallets: Cash of all accounts, isolated margin included.
        unrealized: Unrealised PnL of all accounts at mark.
        spot: Spot holdings of all accounts at index.
        fees: Trading fees taken by the venue.
        insurance: The insurance fund.
        market_cash: Funding and spot cash of the rest of the market, less losses it bore.
        market_unrealized: Its positions at mark less what it paid for them.
        market_spot: Its spot holdings at index.
        net_deposits: Deposits less withdrawals.
        insurance_start: The fund when the venue opened.
    """

    wallets: Decimal
    unrealized: Decimal
    spot: Decimal
    fees: Decimal
    insurance: Decimal
    market_cash: Decimal
    market_unrealized: Decimal
    market_spot: Decimal
    net_deposits: Decimal
    insurance_start: Decimal

    def total(self) -> Decimal:
        """Sum of all buckets, exact."""
        with localcontext(_EXACT):
            accounts = self.wallets + self.unrealized + self.spot
            market = self.market_cash + self.market_unrealized + self.market_spot
            return accounts + market + self.fees + self.insurance

    def expected(self) -> Decimal:
        """What the total must equal: net deposits and the fund's start."""
        with localcontext(_EXACT):
            return self.net_deposits + self.insurance_start


def books(venue: VenueState) -> Conservation:
    """Counts all money. Equality of ``total()`` and ``expected()`` holds after every operation."""
    with localcontext(_EXACT):
        indices = _index_by_base(venue.symbols)
        accounts = list(venue.accounts.values())
        positions = [position for account in accounts for position in account.positions.values()]
        buckets = venue.buckets
        return Conservation(
            wallets=sum((account.cross_wallet for account in accounts), ZERO)
            + sum((position.isolated_wallet for position in positions), ZERO),
            unrealized=sum(
                (p.quantity * venue.symbols[p.symbol].quote.mark - p.cost for p in positions),
                ZERO,
            ),
            spot=sum((_spot_value(account.spot, indices) for account in accounts), ZERO),
            fees=buckets.fees,
            insurance=buckets.insurance,
            market_cash=buckets.market,
            market_unrealized=sum(
                (s.market_quantity * s.quote.mark - s.market_cost for s in venue.symbols.values()),
                ZERO,
            ),
            market_spot=_spot_value(buckets.market_spot, indices),
            net_deposits=buckets.net_deposits,
            insurance_start=buckets.insurance_start,
        )


def open_buckets(insurance_fund: Decimal) -> Buckets:
    """Buckets of a venue that nobody has traded on yet.

    Raises:
        ValueError: A fund below zero or with more than 8 decimals, which could not be conserved exactly.
    """
    if insurance_fund < 0 or insurance_fund % QUANTUM:
        raise ValueError(f"expected an insurance fund >= 0 with at most 8 decimals, found {insurance_fund}")
    return Buckets(insurance=insurance_fund, insurance_start=insurance_fund)


def record_income(
    venue: VenueState,
    account: AccountState,
    kind: IncomeKind,
    amount: Decimal,
    *,
    symbol: str = "",
    trade_id: int | None = None,
    at_ms: int | None = None,
) -> None:
    """Writes one row of income; a zero amount leaves no row. Moving the cash is the caller's business."""
    if not amount:
        return
    account.income.append(
        Income(
            account=account.name,
            symbol=symbol,
            kind=kind,
            amount=amount,
            asset=SETTLEMENT_ASSET,
            at_ms=venue.now_ms if at_ms is None else at_ms,
            tran_id=venue.next_transaction_id(),
            trade_id=trade_id,
        )
    )


def index_price(venue: VenueState, asset: str) -> Decimal | None:
    """Spot price of an asset: the index of the first contract on it; None when no contract is."""
    return _index_by_base(venue.symbols).get(asset)


def _index_by_base(symbols: Mapping[str, SymbolState]) -> dict[str, Decimal]:
    indices: dict[str, Decimal] = {}
    for symbol in symbols.values():
        indices.setdefault(symbol.contract.base, symbol.quote.index)
    return indices


def _spot_value(holdings: Mapping[str, Decimal], indices: Mapping[str, Decimal]) -> Decimal:
    return sum((quantity * indices[asset] for asset, quantity in holdings.items()), ZERO)
