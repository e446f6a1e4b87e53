"""I7: money is neither made nor lost at the venue, and the equity that the ledger keeps is the one that was judged by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from riskd.cycle import Observe
from riskd.model.report import Report
from riskd.model.snapshot import Snapshot
from riskd.observe.known import Known
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import IncomeKind, Side
from tests.simulation.ledger import EquityRow
from tests.simulation.violations import Violations

# What moves a wallet beside the account's own trades, whose fees are in the trades; a liquidation's goes to the fund.
_NOT_TRADES = frozenset({IncomeKind.FUNDING_FEE, IncomeKind.TRANSFER, IncomeKind.INSURANCE_CLEAR})
# After the healing a ledger that was away is tried again within this time.
_LEDGER_AWAY_MS = 70_000
_ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class MoneyInvariants:
    """Keeps books of its own, of the venue's cash and of the equity that riskd saw.

    Attributes:
        seen: Equity by snapshot and account, as it was assembled. Where the journal could not be written, the next life
            gives the numbers of its snapshots once more.
        taken_ms: When each snapshot was taken, venue milliseconds.
    """

    violations: Violations
    seen: dict[tuple[int, str], list[float]] = field(default_factory=dict)
    taken_ms: dict[int, int] = field(default_factory=dict)

    def on_step(self, exchange: Exchange) -> None:
        """After each step of the venue, exactly."""
        books = exchange.books()
        total, expected = books.total(), books.expected()
        self.violations.check(total == expected, "I7", f"the venue holds {total}, {expected} were paid in")

    def account_adds_up(self, exchange: Exchange, account: str) -> None:
        """An account's equity is what was paid in, what its trades brought, less fees, plus funding; at mark."""
        cash, held = _ZERO, dict[str, Decimal]()
        for contract in exchange.contracts:
            for trade in exchange.trades(account, contract.symbol):
                sign = 1 if trade.side is Side.BUY else -1
                cash -= sign * trade.quote + trade.fee
                held[trade.symbol] = held.get(trade.symbol, _ZERO) + sign * trade.quantity
        others = (row for row in exchange.income(account) if row.kind in _NOT_TRADES and row.trade_id is None)
        cash += sum((row.amount for row in others), _ZERO)
        worth = cash + sum(
            (quantity * exchange.quote(symbol).mark for symbol, quantity in held.items()), _ZERO
        )
        equity = exchange.account(account).margin_balance
        self.violations.check(
            equity == worth, "I7", f"equity of {account} is {equity}, its books say {worth}"
        )

    def watched(self, observe: Observe) -> Observe:
        """The making of snapshots, with the equity of each written down."""

        def watching(reports: Iterable[Report], **given: Any) -> tuple[Snapshot, Known]:
            snapshot, known = observe(reports, **given)
            self.taken_ms[snapshot.id] = round(snapshot.taken_at.timestamp() * 1000)
            for code, profile in enumerate(snapshot.desk.accounts):
                seen = self.seen.setdefault((snapshot.id, profile.id), [])
                seen.append(float(snapshot.accounts.equity[code]))
            return snapshot, known

        return watching

    def at_end(self, exchange: Exchange, ledger: Iterable[EquityRow], *, healed_ms: int) -> None:
        """The ledger's series is the one that was seen, and it has no gap where nothing was broken."""
        for account in exchange.accounts:
            self.account_adds_up(exchange, account)
        kept = {(number, account): equity for number, account, equity in ledger}
        for key, equity in kept.items():
            seen = self.seen.get(key, [])
            same = equity in seen or (math.isnan(equity) and any(map(math.isnan, seen)))
            self.violations.check(same, "I7", f"the ledger says {equity} of {key}, riskd saw {seen}")
        whole = [key for key in self.seen if self.taken_ms[key[0]] > healed_ms + _LEDGER_AWAY_MS]
        missing = [key for key in whole[:-1] if key not in kept and key[0] != whole[-1][0]]
        self.violations.check(not missing, "I7", f"the ledger has no row of {missing[:3]}")
