"""Builders of model values for every test: say what matters, the rest is sensible and consistent.

A builder derives what it is not told: marks from the instrument, notional and PnL from quantity and prices, margins
from the brackets, an account's totals from its positions. ``None`` means "derive it", ``NAN`` means "unknown".

    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000)],
        positions=[a_position(BTC, 0.5, entry=58_000)],
        orders=[a_stop(BTC, "SELL", 0.5, trigger=57_000)],
    )
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from riskd.model.arrays import codes, floats
from riskd.model.desk import (
    UNLABELLED,
    AccountProfile,
    Cluster,
    Desk,
    GridDefinition,
    HedgeDefinition,
    HedgeLeg,
    LegKind,
    Mode,
    StrategyMatch,
)
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.scenario import Scenario
from riskd.model.snapshot import OrderKind, Quality, Snapshot, SpotColumns, SurfaceState
from tests.builder_columns import (
    account_columns,
    amounts,
    decimal,
    instrument_of,
    order_columns,
    position_columns,
    quotes_of,
)
from tests.builder_history import a_history, a_price_history, an_equity_series
from tests.builder_rows import (
    BRACKETS,
    BTC,
    ETH,
    MARKS,
    NAN,
    NOW,
    SOL,
    VENUE,
    AccountRow,
    InstrumentRow,
    Number,
    OrderRow,
    PositionRow,
    SpotRow,
)

__all__ = [
    "BRACKETS",
    "BTC",
    "ETH",
    "MARKS",
    "NAN",
    "NOW",
    "SOL",
    "VENUE",
    "AccountRow",
    "InstrumentRow",
    "OrderRow",
    "PositionRow",
    "SpotRow",
    "a_grid",
    "a_hedge",
    "a_history",
    "a_position",
    "a_price_history",
    "a_snapshot",
    "a_spot",
    "a_stop",
    "a_surface",
    "amounts",
    "an_account",
    "an_equity_series",
    "an_instrument",
    "an_order",
    "perpetual_leg",
    "spot_leg",
]


def an_instrument(symbol: str = BTC, **changes: object) -> InstrumentRow:
    """An instrument with BTC's real brackets; its mark is ``MARKS[symbol]`` or 100."""
    row = InstrumentRow(symbol=symbol, mark=MARKS.get(symbol, 100.0))
    return replace(row, **changes)  # type: ignore[arg-type]  # names are checked by replace


def an_account(
    id: str = "main",
    *,
    venue: str = VENUE,
    desk: str = "",
    book: str = "",
    labels: tuple[tuple[str, str], ...] = (),
    strategies: tuple[StrategyMatch, ...] = (),
    mode: Mode = Mode.OBSERVE,
    **money: object,
) -> AccountRow:
    """An account with 100,000 in its wallet, all of it cross."""
    profile = AccountProfile(
        id=id, venue=venue, desk=desk, book=book, labels=labels, strategies=strategies, mode=mode
    )
    return replace(AccountRow(profile=profile), **money)  # type: ignore[arg-type]  # names are checked by replace


def a_position(
    symbol: str = BTC, quantity: Number = 1, account: str = "main", **changes: object
) -> PositionRow:
    """A position of 1 BTC, long, cross, held for an hour. Negative quantity: short."""
    row = PositionRow(symbol=symbol, quantity=quantity, account=account)
    return replace(row, **changes)  # type: ignore[arg-type]  # names are checked by replace


def an_order(
    symbol: str = BTC,
    direction: str = "BUY",
    quantity: Number = 1,
    price: float = NAN,
    account: str = "main",
    **changes: object,
) -> OrderRow:
    """A resting limit order."""
    row = OrderRow(symbol=symbol, direction=direction, quantity=quantity, price=price, account=account)
    return replace(row, **changes)  # type: ignore[arg-type]  # names are checked by replace


def a_stop(
    symbol: str = BTC,
    direction: str = "SELL",
    quantity: Number = 1,
    trigger: float = NAN,
    account: str = "main",
    **changes: object,
) -> OrderRow:
    """A reduce-only stop-market order in the conditional list."""
    row = an_order(symbol, direction, quantity, account=account)
    row = replace(row, trigger=trigger, kind=OrderKind.STOP, reduce_only=True, conditional=True)
    return replace(row, **changes)  # type: ignore[arg-type]  # names are checked by replace


def a_spot(
    asset: str = "BTC", quantity: float = 1.0, price: float = 60_000.0, account: str = "main"
) -> SpotRow:
    """A spot balance."""
    return SpotRow(asset=asset, quantity=quantity, price=price, account=account)


def a_hedge(
    id: str = "carry",
    *legs: HedgeLeg,
    ratio: Number = 1,
    labels: tuple[tuple[str, str], ...] = (),
) -> HedgeDefinition:
    """Spot BTC hedged by the BTC perpetual of ``main``, unless legs are given (the first is what is hedged)."""
    legs = legs or (spot_leg("BTC"), perpetual_leg(BTC))
    return HedgeDefinition(id=id, legs=legs, ratio=decimal(ratio), labels=labels)


def spot_leg(asset: str = "BTC", account: str = "main") -> HedgeLeg:
    """A leg held as a coin."""
    return HedgeLeg(account=account, kind=LegKind.SPOT, name=asset)


def perpetual_leg(symbol: str = BTC, account: str = "main") -> HedgeLeg:
    """A leg held as a perpetual."""
    return HedgeLeg(account=account, kind=LegKind.PERPETUAL, name=symbol)


def a_grid(
    id: str = "grid",
    symbol: str = ETH,
    account: str = "main",
    *,
    lower: Number | None = None,
    upper: Number | None = None,
) -> GridDefinition:
    """A grid whose bounds are read from its orders unless given."""
    low = None if lower is None else decimal(lower)
    high = None if upper is None else decimal(upper)
    return GridDefinition(id=id, account=account, symbol=symbol, lower=low, upper=high)


def a_snapshot(
    *,
    accounts: Sequence[AccountRow] | None = None,
    positions: Iterable[PositionRow] = (),
    orders: Iterable[OrderRow] = (),
    instruments: Iterable[InstrumentRow] = (),
    spot: Sequence[SpotRow] = (),
    hedges: tuple[HedgeDefinition, ...] = (),
    grids: tuple[GridDefinition, ...] = (),
    surfaces: Iterable[SurfaceState] = (),
    clusters: tuple[Cluster, ...] | None = None,
    scenarios: tuple[Scenario, ...] = (),
    clock_offsets: Mapping[str, float] | None = None,
    taken_at: datetime = NOW,
    id: int = 1,
) -> Snapshot:
    """A whole snapshot, in canonical order, every surface OK and two seconds old unless ``surfaces`` says otherwise.

    Accounts and instruments that positions, orders, spot rows, hedges and grids name are added when missing.
    """
    positions, orders = tuple(positions), tuple(orders)
    if accounts is None:
        held: tuple[_Held, ...] = (*positions, *orders, *grids)
        named = {row.account for row in held} | {row.account for row in spot}
        accounts = [an_account(name) for name in sorted(named | _leg_accounts(hedges) or {"main"})]
    venues = {row.profile.id: row.profile.venue for row in accounts}
    listed = _instruments(instruments, positions, orders, hedges, grids, venues)
    at = {(row.venue, row.symbol): number for number, row in enumerate(listed)}
    account_at = {row.profile.id: number for number, row in enumerate(accounts)}
    used = {row.strategy for row in positions} | {row.strategy for row in orders}
    strategies = tuple(sorted(used | {UNLABELLED}))

    def key(row: _Held) -> tuple[int, int]:
        return account_at[row.account], at[venues[row.account], row.symbol]

    positions = tuple(sorted(positions, key=lambda row: (*key(row), row.position_side)))
    orders = tuple(_numbered(sorted(orders, key=lambda row: (*key(row), row.order_id))))
    where = [key(row) for row in positions]
    columns = position_columns(positions, where, listed, strategies, taken_at)
    return Snapshot(
        id=id,
        taken_at=taken_at,
        desk=Desk(
            accounts=tuple(row.profile for row in accounts),
            hedges=hedges,
            grids=grids,
            clusters=clusters,
            scenarios=scenarios,
        ),
        instruments=tuple(instrument_of(row) for row in listed),
        strategies=strategies,
        quotes=quotes_of(listed, taken_at),
        accounts=account_columns(accounts, columns),
        positions=columns,
        orders=order_columns(orders, [key(row) for row in orders], strategies, taken_at),
        spot=SpotColumns(
            account=codes([account_at[row.account] for row in spot]),
            asset=tuple(row.asset for row in spot),
            quantity=floats([row.quantity for row in spot]),
            price=floats([row.price for row in spot]),
        ),
        surfaces=_surfaces(accounts, tuple(surfaces), taken_at),
        clock_offsets=tuple(sorted((clock_offsets or {}).items())),
    )


def a_surface(
    surface: Surface,
    account: str = "main",
    *,
    quality: Quality = Quality.OK,
    age_seconds: float | None = 2.0,
    reason: str = "",
    venue: str = VENUE,
    taken_at: datetime = NOW,
) -> SurfaceState:
    """The state of one surface, to override the healthy one; ``age_seconds=None``: never seen."""
    observed = None if age_seconds is None else taken_at - timedelta(seconds=age_seconds)
    owner = "" if surface in MARKET_SURFACES else account
    return SurfaceState(
        venue=venue, account=owner, surface=surface, quality=quality, observed_at=observed, reason=reason
    )


class _Held(Protocol):
    @property
    def account(self) -> str: ...
    @property
    def symbol(self) -> str: ...


def _leg_accounts(hedges: Iterable[HedgeDefinition]) -> set[str]:
    return {leg.account for hedge in hedges for leg in hedge.legs}


def _numbered(rows: Iterable[OrderRow]) -> Iterable[OrderRow]:
    return (row if row.order_id else replace(row, order_id=f"{n:09d}") for n, row in enumerate(rows, 1))


def _instruments(
    given: Iterable[InstrumentRow],
    positions: Sequence[PositionRow],
    orders: Sequence[OrderRow],
    hedges: Sequence[HedgeDefinition],
    grids: Sequence[GridDefinition],
    venues: Mapping[str, str],
) -> list[InstrumentRow]:
    listed = {(row.venue, row.symbol): row for row in given}
    held: tuple[_Held, ...] = (*positions, *orders, *grids)
    wanted = [(row.account, row.symbol) for row in held]
    wanted += [(x.account, x.name) for h in hedges for x in h.legs if x.kind is LegKind.PERPETUAL]
    quoted = {(venues[row.account], row.symbol): row.mark for row in positions if row.mark is not None}
    for account, symbol in wanted:
        key = (venues[account], symbol)
        if key not in listed:
            row = an_instrument(symbol, venue=venues[account])
            listed[key] = replace(row, mark=quoted.get(key, row.mark))
    return [listed[key] for key in sorted(listed)]


def _surfaces(
    accounts: Sequence[AccountRow], given: Sequence[SurfaceState], taken_at: datetime
) -> tuple[SurfaceState, ...]:
    states = {}
    for row in accounts:
        for surface in Surface:
            state = a_surface(surface, row.profile.id, venue=row.profile.venue, taken_at=taken_at)
            states[state.venue, state.account, surface] = state
    states.update({(state.venue, state.account, state.surface): state for state in given})
    return tuple(states[key] for key in sorted(states))
