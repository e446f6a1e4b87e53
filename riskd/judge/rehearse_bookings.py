"""What a snapshot test says of closes and funding, as what the wallets were booked."""

from __future__ import annotations

from riskd.model.arrays import FloatArray, codes, flags, floats
from riskd.model.history import BookingColumns
from riskd.policy.book_rows import BookRows, CloseRow, FundingRow


def bookings_of(rows: BookRows, begun: float, complete_since: FloatArray) -> BookingColumns:
    """The bookings of a book.

    Args:
        rows: As the test writes them.
        begun: Start of the test, from which times in the rows count, seconds since the epoch.
        complete_since: For each account, from when on nothing is missing.
    """
    code = {row.profile.id: number for number, row in enumerate(rows.accounts)}
    booked: tuple[CloseRow | FundingRow, ...] = (*rows.closes, *rows.funding)
    names = [(code[row.account], row.symbol, row.strategy) for row in booked]
    lines = {name: number for number, name in enumerate(dict.fromkeys(names))}
    no_closes, no_funding = [0.0] * len(rows.funding), [0.0] * len(rows.closes)
    return BookingColumns(
        account=codes([account for account, _, _ in lines]),
        symbol=tuple(symbol for _, symbol, _ in lines),
        strategy=tuple(strategy for _, _, strategy in lines),
        line=codes([lines[name] for name in names]),
        at=begun + floats([row.at for row in booked]),
        realized=floats([*(row.realized for row in rows.closes), *no_closes]),
        fee=floats([*(row.fee for row in rows.closes), *no_closes]),
        funding=floats([*no_funding, *(-row.paid for row in rows.funding)]),
        closes=flags([*(True for _ in rows.closes), *(False for _ in rows.funding)]),
        complete_since=complete_since,
    )
