"""What trading booked to the wallets: realised results, fees and funding, put together fill by fill.

The venue books the result of a fill and its fee as two entries that name the fill. Fees that are paid in another coin
count at its index price when they were first read: they are small, and the price at which the venue took them is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from riskd.daemon.strategies import strategy_of
from riskd.model.arrays import codes, flags, floats
from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.desk import AccountProfile, Desk
from riskd.model.flow import IncomeKind, IncomeRow
from riskd.model.history import NO_BOOKINGS, BookingColumns
from riskd.observe.facts import Quotes
from riskd.observe.known import Flow, Known

ROWS_MAX = 20_000  # of one account: a month of three hundred closes a day
_INSTANT = 1e-6
_PRICED_IN = "USDT"
_COUNTED = frozenset(
    {IncomeKind.REALIZED_PNL, IncomeKind.COMMISSION, IncomeKind.LIQUIDATION_FEE, IncomeKind.FUNDING}
)


Key = tuple[str, str]
"""What makes entries one row: their symbol and fill, or an entry's own id."""


@dataclass(slots=True)
class _Row:
    """One fill, or one settlement of funding.

    Attributes:
        entries: Ids of the entries in it.
    """

    symbol: str
    at: float
    realized: float = 0.0
    fee: float = 0.0
    funding: float = 0.0
    closes: bool = False
    entries: tuple[str, ...] = ()

    def add(self, entry: IncomeRow, worth: float) -> None:
        self.entries += (entry.id,)
        if entry.kind is IncomeKind.REALIZED_PNL:
            self.realized += worth
            self.closes = True
        elif entry.kind is IncomeKind.FUNDING:
            self.funding += worth
        else:
            self.fee -= worth


@dataclass(slots=True)
class _Ledger:
    """The bookings of one account.

    Attributes:
        since: From when on none is missing; NaN: never read.
        taken: What was last taken in.
    """

    rows: dict[Key, _Row] = field(default_factory=dict)
    since: float = float("nan")
    taken: Flow[IncomeRow] | None = None


class BookingKeeper:
    """Collects bookings and hands them out. Everything is bounded by ``days`` and by a number of rows.

    Args:
        desk: The accounts, whose order the columns follow.
        days: How much past is kept.
    """

    def __init__(self, desk: Desk, *, days: float) -> None:
        self._profiles = desk.accounts
        self._keep_seconds = days * 86400.0
        self._ledgers = {profile.id: _Ledger() for profile in desk.accounts}
        self._columns = NO_BOOKINGS
        self._is_current = True

    def take_in(self, known: Known, now: datetime) -> None:
        """Add what was read since the last time; nothing is done before the venue's prices are known."""
        for profile in self._profiles:
            quotes, entries = known.venue(profile.venue).quotes.value, known.account(profile.id).entries
            ledger = self._ledgers[profile.id]
            if quotes is None or entries is None or entries is ledger.taken:
                continue
            _take_in(ledger, entries, quotes)
            _forget(ledger, now.timestamp() - self._keep_seconds)
            self._is_current = False

    def columns(self) -> BookingColumns:
        """The bookings; the same object until they change."""
        if not self._is_current:
            self._columns, self._is_current = _columns(self._profiles, self._ledgers), True
        return self._columns


def _take_in(ledger: _Ledger, entries: Flow[IncomeRow], quotes: Quotes) -> None:
    since = entries.since.timestamp()
    if ledger.taken is None or entries.since > ledger.taken.until:
        ledger.rows.clear()
        ledger.since = since
    ledger.since = min(ledger.since, since)
    ledger.taken = entries
    for entry in entries.rows:
        if entry.kind not in _COUNTED:
            continue
        key = (entry.symbol, entry.trade) if entry.trade else ("", entry.id)
        row = ledger.rows.setdefault(key, _Row(entry.symbol, entry.at.timestamp()))
        if entry.id not in row.entries:
            row.add(entry, _worth(entry.amount, entry.asset, quotes))


def _worth(amount: Decimal, asset: str, quotes: Quotes) -> float:
    """US dollars; NaN where the price of the asset is not known."""
    if asset in PAR_CURRENCIES:
        return float(amount)
    quote = quotes.get(f"{asset}/{_PRICED_IN}:{_PRICED_IN}")
    price = None if quote is None else quote.index_price
    return float("nan") if price is None else float(amount * price)


def _forget(ledger: _Ledger, oldest: float) -> None:
    """Drop what is too old, and the oldest of what is too much: from there on nothing is missing."""
    if len(ledger.rows) > ROWS_MAX:
        ages = sorted(row.at for row in ledger.rows.values())
        # Rows of the same instant may be cut away: only what is strictly later is complete.
        oldest = max(oldest, ages[-ROWS_MAX - 1] + _INSTANT)
    ledger.since = max(ledger.since, oldest)
    for key in [key for key, row in ledger.rows.items() if row.at < oldest]:
        del ledger.rows[key]


def _columns(profiles: Sequence[AccountProfile], ledgers: Mapping[str, _Ledger]) -> BookingColumns:
    lines: dict[tuple[int, str], int] = {}
    found: list[tuple[int, _Row]] = []
    for code, profile in enumerate(profiles):
        rows = sorted(ledgers[profile.id].rows.items(), key=lambda item: (item[1].at, item[0]))
        found += [(lines.setdefault((code, row.symbol), len(lines)), row) for _, row in rows]
    return BookingColumns(
        account=codes([code for code, _ in lines]),
        symbol=tuple(symbol for _, symbol in lines),
        strategy=tuple(strategy_of(profiles[code], symbol) for code, symbol in lines),
        line=codes([line for line, _ in found]),
        at=floats([row.at for _, row in found]),
        realized=floats([row.realized for _, row in found]),
        fee=floats([row.fee for _, row in found]),
        funding=floats([row.funding for _, row in found]),
        closes=flags([row.closes for _, row in found]),
        complete_since=floats([ledgers[profile.id].since for profile in profiles]),
    )
