"""What trading booked, for tests: say what a fill brought and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskd.model.arrays import codes, flags, floats
from riskd.model.history import BookingColumns, History
from riskd.model.snapshot import Snapshot
from tests.builder_rows import BTC


@dataclass(frozen=True, kw_only=True)
class BookingRow:
    """A fill, or a settlement of funding. ``realized`` of a fill that closed nothing is None."""

    age_seconds: float
    realized: float | None = None
    fee: float = 0.0
    funding: float = 0.0
    symbol: str = BTC
    account: str = "main"
    strategy: str = "swing"


def a_close(realized: float, age_seconds: float, *, fee: float = 0.0, **changes: str) -> BookingRow:
    """A fill that closed something of BTC in ``main``."""
    return replace(BookingRow(realized=realized, age_seconds=age_seconds, fee=fee), **changes)  # type: ignore[arg-type]  # names are checked by replace


def with_bookings(
    history: History, snapshot: Snapshot, *rows: BookingRow, complete_days: float | Sequence[float] = 365.0
) -> History:
    """The history with these bookings.

    Args:
        history: The rest.
        snapshot: Names the accounts and the moment.
        rows: In any order.
        complete_days: For how long bookings are known without gaps, of each account or of all; NAN: never read.
    """
    now = snapshot.taken_at.timestamp()
    names = [profile.id for profile in snapshot.desk.accounts]
    lines = sorted({(names.index(row.account), row.symbol, row.strategy) for row in rows})
    days = [complete_days] * len(names) if isinstance(complete_days, float) else complete_days
    bookings = BookingColumns(
        account=codes([account for account, _, _ in lines]),
        symbol=tuple(symbol for _, symbol, _ in lines),
        strategy=tuple(strategy for _, _, strategy in lines),
        line=codes([lines.index((names.index(row.account), row.symbol, row.strategy)) for row in rows]),
        at=floats([now - row.age_seconds for row in rows]),
        realized=floats([0.0 if row.realized is None else row.realized for row in rows]),
        fee=floats([row.fee for row in rows]),
        funding=floats([row.funding for row in rows]),
        closes=flags([row.realized is not None for row in rows]),
        complete_since=now - floats(days) * 86_400.0,
    )
    return replace(history, bookings=bookings)
