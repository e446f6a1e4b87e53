"""The book of a snapshot test as what the daemon would have seen and remembered: a snapshot and its history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from riskd.judge.rehearse_bookings import bookings_of
from riskd.judge.rehearse_columns import (
    NAN,
    Scene,
    account_columns,
    instrument_columns,
    instrument_of,
    order_columns,
    position_columns,
    scene_of,
    spot_columns,
)
from riskd.judge.rehearse_markets import asset_index_of, collateral_of, liquidity_of
from riskd.measure.book.book import Book
from riskd.model.arrays import FloatArray, codes, floats
from riskd.model.desk import UNLABELLED, AccountProfile, Desk, StrategyMatch
from riskd.model.history import ActivityColumns, EquitySeries, History, IncomeColumns
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.snapshot import Quality, Snapshot, SurfaceState
from riskd.policy.book_rows import (
    AccountRow,
    BookRows,
    CloseRow,
    FundingRow,
    OrderRow,
    PlacedRow,
    PositionRow,
)

_DAY_SECONDS = 86_400.0
_WATCHED_SECONDS = 400 * _DAY_SECONDS  # longer than any window that a policy may name
_NOT_READ = "the test says that it could not be read"


def book_of(rows: BookRows, *, started_at: datetime, at: datetime, number: int) -> Book:
    """The book of one look, ready to be measured.

    Args:
        rows: As the test writes them.
        started_at: Of the first look of the test: times in the rows count from there.
        at: Of this look.
        number: Of this look.
    """
    return Book.of(
        snapshot_of(rows, started_at=started_at, at=at, number=number), _history(rows, started_at, at)
    )


def snapshot_of(rows: BookRows, *, started_at: datetime, at: datetime, number: int) -> Snapshot:
    """The snapshot of one look. The arguments are those of ``book_of``."""
    scene = scene_of(rows, now=at.timestamp(), begun=started_at.timestamp())
    positions = position_columns(scene)
    return Snapshot(
        id=number,
        taken_at=at,
        desk=Desk(
            accounts=tuple(_profile(rows, row) for row in rows.accounts), hedges=rows.hedges, grids=rows.grids
        ),
        instruments=tuple(instrument_of(row) for row in rows.instruments),
        strategies=scene.strategies,
        quotes=instrument_columns(scene),
        accounts=account_columns(scene, positions),
        positions=positions,
        orders=order_columns(scene),
        spot=spot_columns(scene),
        surfaces=tuple(_states(scene, at)),
    )


def _profile(rows: BookRows, account: AccountRow) -> AccountProfile:
    """The account as the desk would describe it: it declares every strategy that something of it belongs to."""
    held: tuple[PositionRow | OrderRow | FundingRow | CloseRow | PlacedRow, ...]
    held = (*rows.positions, *rows.orders, *rows.funding, *rows.closes, *rows.placed)
    names = {row.strategy for row in held if row.account == account.profile.id}
    matches = (StrategyMatch(symbols=("*",), strategy=name) for name in sorted(names - {UNLABELLED}))
    return replace(account.profile, strategies=tuple(matches))


def _states(scene: Scene, at: datetime) -> Iterator[SurfaceState]:
    """The quality of everything: of a venue as old as the youngest of its accounts."""
    accounts = scene.rows.accounts
    for venue in sorted({row.profile.venue for row in accounts}):
        age = min(row.data_age_seconds for row in accounts if row.profile.venue == venue)
        for surface in sorted(MARKET_SURFACES):
            yield _state(venue, "", surface, at, age, is_read=(venue, surface) not in scene.blind)
    for row in accounts:
        for surface in sorted(set(Surface) - MARKET_SURFACES):
            read = surface not in row.unknown
            yield _state(row.profile.venue, row.profile.id, surface, at, row.data_age_seconds, is_read=read)


def _state(
    venue: str, account: str, surface: Surface, at: datetime, age: float, *, is_read: bool
) -> SurfaceState:
    return SurfaceState(
        venue=venue,
        account=account,
        surface=surface,
        quality=Quality.OK if is_read else Quality.BLIND,
        observed_at=at - timedelta(seconds=age) if is_read else None,
        reason="" if is_read else _NOT_READ,
    )


# ---- the past ------------------------------------------------------------------------------------------------------


def _history(rows: BookRows, started_at: datetime, at: datetime) -> History:
    begun = started_at.timestamp()
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    code = {row.profile.id: number for number, row in enumerate(rows.accounts)}
    placed = [row for row in rows.placed for _ in range(row.orders)]
    return History(
        equity=tuple(_equity(row, begun) for row in rows.accounts),
        day_started_at=floats([midnight] * len(rows.accounts)),
        funding=IncomeColumns(
            account=codes([code[row.account] for row in rows.funding]),
            symbol=tuple(row.symbol for row in rows.funding),
            strategy=tuple(row.strategy for row in rows.funding),
            amount=floats([-row.paid for row in rows.funding]),
            at=begun + floats([row.at for row in rows.funding]),
            complete_since=_watched(rows, begun, Surface.INCOME),
        ),
        activity=ActivityColumns(
            account=codes([code[row.account] for row in placed]),
            strategy=tuple(row.strategy for row in placed),
            placed_at=begun + floats([row.at for row in placed]),
            complete_since=_watched(rows, begun, Surface.ORDERS),
        ),
        bookings=bookings_of(rows, begun, _watched(rows, begun, Surface.INCOME)),
        liquidity=liquidity_of(rows, at.timestamp()),
        collateral=collateral_of(rows),
        asset_index=asset_index_of(rows, at.timestamp()),
    )


def _equity(row: AccountRow, begun: float) -> EquitySeries | None:
    if not row.past:
        return None
    values = floats([equity for _, equity in row.past])
    return EquitySeries(
        at=begun + floats([at for at, _ in row.past]), highest=values, first=values, net_deposits=0.0
    )


def _watched(rows: BookRows, begun: float, surface: Surface) -> FloatArray:
    return floats([NAN if surface in row.unknown else begun - _WATCHED_SECONDS for row in rows.accounts])
