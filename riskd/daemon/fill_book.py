"""Our own book of fills: what they say that is held, against what the venue says.

Fills are read while a rule in force asks for them. A position is compared at a quiet moment: one around which nothing was
filled, so that it does not matter which of the two answers is a second older.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from riskd.model.arrays import codes, floats
from riskd.model.desk import Desk
from riskd.model.flow import TradeRow
from riskd.model.history import ReconciledColumns
from riskd.observe.known import AccountMemory, Flow, Known

# The venue stamps fills with its clock, we stamp answers with ours, and an answer may be a little older than its request.
_AROUND = (timedelta(seconds=4), timedelta(seconds=2))
# Fills may appear a little after their time stamp: what was read so much later is all there is.
_SETTLED = timedelta(seconds=5)
_AGAIN_CHANGED, _AGAIN_STILL = timedelta(seconds=60), timedelta(seconds=300)
_ZERO = Decimal(0)

Market = tuple[str, str]
"""Account and unified symbol."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the venue said at a moment, long and short together."""

    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the fills say.

    Attributes:
        quantity: What was held when the watch began, and every fill until ``at``.
        difference: What the venue said at that moment, minus ``quantity``.
    """

    quantity: Decimal
    difference: Decimal
    at: datetime


class FillBook:
    """Follows the fills of every contract that is held."""

    def __init__(self, desk: Desk) -> None:
        self._accounts = {profile.id: code for code, profile in enumerate(desk.accounts)}
        self._entries: dict[Market, _Entry] = {}
        self._waiting: dict[Market, _Sample] = {}  # until the fills around them have been read

    def take_in(self, known: Known) -> None:
        """Compare what can be compared, and note what is to be compared next."""
        for account in self._accounts:
            memory = known.account(account)
            for symbol, sample in self._samples(account, memory):
                market = (account, symbol)
                if market not in self._waiting and self._is_due(market, sample):
                    self._waiting[market] = sample
                self._compare(market, memory.fills.get(symbol))

    def due(self) -> Mapping[str, tuple[str, ...]]:
        """By account, the contracts whose fills are wanted."""
        wanted: dict[str, list[str]] = {}
        for account, symbol in sorted(self._waiting):
            wanted.setdefault(account, []).append(symbol)
        return {account: tuple(symbols) for account, symbols in wanted.items()}

    def columns(self) -> ReconciledColumns:
        """The comparisons, ordered by account and symbol."""
        rows = sorted((self._accounts[account], symbol) for account, symbol in self._entries)
        names = {code: account for account, code in self._accounts.items()}
        entries = [self._entries[names[code], symbol] for code, symbol in rows]
        return ReconciledColumns(
            account=codes([code for code, _ in rows]),
            symbol=tuple(symbol for _, symbol in rows),
            difference=floats([float(entry.difference) for entry in entries]),
            compared_at=floats([entry.at.timestamp() for entry in entries]),
        )

    def _samples(self, account: str, memory: AccountMemory) -> Iterator[tuple[str, _Sample]]:
        """What the newest answer says of each contract that is held or was; nothing of one that is in doubt."""
        at = memory.positions.requested_at
        if at is None or memory.positions.failure or memory.positions.faults:
            return
        doubtful = {held.fact.key.symbol for held in memory.book if not held.confirmed}
        held: dict[str, Decimal] = {symbol: _ZERO for owner, symbol in self._entries if owner == account}
        for position in memory.book:
            symbol = position.fact.key.symbol
            held[symbol] = held.get(symbol, _ZERO) + position.fact.quantity
        for symbol in sorted(held.keys() - doubtful):
            yield symbol, _Sample(held[symbol], at)

    def _is_due(self, market: Market, sample: _Sample) -> bool:
        entry = self._entries.get(market)
        if entry is None:
            return True
        changed = sample.quantity != entry.quantity + entry.difference
        return sample.at - entry.at >= (_AGAIN_CHANGED if changed else _AGAIN_STILL)

    def _compare(self, market: Market, fills: Flow[TradeRow] | None) -> None:
        sample = self._waiting.get(market)
        if sample is None or fills is None or fills.until < sample.at + _SETTLED:
            return
        del self._waiting[market]
        before, after = _AROUND
        if any(sample.at - before < row.at <= sample.at + after for row in fills.rows):
            return
        entry = self._entries.get(market)
        if entry is None or fills.since > entry.at:
            self._entries[market] = _Entry(sample.quantity, _ZERO, sample.at)
            return
        new = (row.signed_quantity for row in fills.rows if entry.at < row.at <= sample.at)
        quantity = sum(new, entry.quantity)
        if quantity == sample.quantity == _ZERO:
            del self._entries[market]
        else:
            self._entries[market] = _Entry(quantity, sample.quantity - quantity, sample.at)
