"""A desk of any size as columns: accounts of 50 positions, a stop for most, half a month of equity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import FloatArray, IntArray, floats
from riskd.model.desk import AccountProfile, Desk
from riskd.model.history import ActivityColumns, EquitySeries, History, IncomeColumns
from riskd.model.instrument import Instrument
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    OrderKind,
    PositionColumns,
    Quality,
    Snapshot,
    SpotColumns,
    SurfaceState,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VENUES = ("binanceusdm", "paper")
SYMBOLS = 200
PER_ACCOUNT = 50
STRATEGIES = ("core", "grid", "hedge", "scalp", "swing", "unlabelled")
FLOORS = (0.0, 50_000.0, 600_000.0, 3_000_000.0, 12_000_000.0, 70_000_000.0)
RATES = (0.004, 0.005, 0.01, 0.02, 0.05, 0.1)
BUCKETS = 15 * 24


def a_book(positions: int, seed: int = 7) -> tuple[Snapshot, History]:
    """A snapshot of so many positions and its history; the same for the same seed."""
    rng = np.random.default_rng(seed)
    accounts = max(1, positions // PER_ACCOUNT)
    venue = rng.integers(0, len(VENUES), accounts)
    profiles = tuple(
        AccountProfile(id=f"acc{n:06d}", venue=VENUES[v], desk=f"desk{n % 7}")
        for n, v in enumerate(venue.tolist())
    )
    held = _positions(rng, venue, accounts)
    accounts_now = _accounts(rng, held, accounts)
    snapshot = Snapshot(
        id=1,
        taken_at=NOW,
        desk=Desk(accounts=profiles),
        instruments=tuple(_instrument(v, s) for v in VENUES for s in range(SYMBOLS)),
        strategies=STRATEGIES,
        quotes=_quotes(np.random.default_rng(1)),
        accounts=accounts_now,
        positions=held,
        orders=_stops(rng, held),
        spot=SpotColumns(account=_ints([]), asset=(), quantity=np.zeros(0), price=np.zeros(0)),
        surfaces=_surfaces(profiles),
    )
    return snapshot, _history(rng, accounts_now.equity)


def _instrument(venue: str, number: int) -> Instrument:
    one = Decimal(1)
    return Instrument(
        venue=venue,
        symbol=f"C{number:03d}/USDT:USDT",
        venue_symbol=f"C{number:03d}USDT",
        base=f"C{number:03d}",
        quote="USDT",
        settle="USDT",
        contract_size=one,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        market_lot_size=Decimal("0.001"),
        quantity_min=Decimal("0.001"),
        quantity_max=Decimal(10_000),
        market_quantity_max=Decimal(10_000),
        notional_min=Decimal(5),
        price_band=Decimal("0.05"),
        taker_fee_rate=Decimal("0.0005"),
        tradable=True,
    )


def _quotes(rng: np.random.Generator) -> InstrumentColumns:
    count = SYMBOLS * len(VENUES)
    mark = np.exp(rng.normal(3.0, 2.0, SYMBOLS))
    mark = np.tile(mark, len(VENUES))
    rates = np.array(RATES)
    amounts = np.cumsum(np.array(FLOORS) * np.diff(rates, prepend=0.0))
    return InstrumentColumns(
        mark_price=mark,
        index_price=mark,
        last_price=mark,
        funding_rate=rng.normal(0.0001, 0.0002, count),
        funding_interval_hours=rng.choice([1.0, 4.0, 8.0], count),
        next_funding_at=np.full(count, NOW.timestamp() + 3600.0),
        quoted_at=np.full(count, NOW.timestamp() - 1.0),
        bracket_floor=np.tile(np.array(FLOORS), (count, 1)),
        bracket_rate=np.tile(rates, (count, 1)),
        bracket_amount=np.tile(amounts, (count, 1)),
    )


def _positions(rng: np.random.Generator, venue: npt.NDArray[np.integer], accounts: int) -> PositionColumns:
    count = accounts * PER_ACCOUNT
    account = np.repeat(np.arange(accounts), PER_ACCOUNT)
    # 50 different symbols for each account, rising: every fourth from a random start.
    start = rng.integers(0, 4, accounts)
    symbol = (start[:, None] + 4 * np.arange(PER_ACCOUNT)[None, :]).ravel()
    instrument = venue[account] * SYMBOLS + symbol
    mark = _quotes(np.random.default_rng(1)).mark_price[instrument]
    worth = np.exp(rng.normal(9.5, 1.0, count)) * np.where(rng.random(count) < 0.55, 1.0, -1.0)
    quantity = worth / mark
    notional = quantity * mark
    entry = mark * np.exp(rng.normal(0.0, 0.02, count))
    # None at a limit of ``benchmarks.rules_limits``: decimal and binary division may fall on different sides of a tie.
    setting = rng.choice([1.0, 2.0, 3.0, 4.0, 8.0, 15.0, 50.0], count)
    stated = mark * (1.0 - np.sign(quantity) * rng.uniform(0.05, 0.9, count))
    return PositionColumns(
        account=_ints(account),
        instrument=_ints(instrument),
        strategy=_ints(rng.integers(0, len(STRATEGIES), count)),
        quantity=quantity,
        entry_price=entry,
        mark_price=mark,
        notional=notional,
        unrealized_pnl=quantity * (mark - entry),
        leverage_setting=setting,
        isolated=np.zeros(count, dtype=np.bool_),
        isolated_wallet=np.full(count, np.nan),
        initial_margin=np.abs(notional) / setting,
        maintenance_margin=np.abs(notional) * 0.005,
        liquidation_price=np.where(rng.random(count) < 0.5, np.nan, stated),
        cannot_be_liquidated=np.zeros(count, dtype=np.bool_),
        adl_rank=rng.integers(0, 5, count).astype(np.float64),
        opened_at=NOW.timestamp() - rng.uniform(0.0, 1e6, count),
        confirmed=np.ones(count, dtype=np.bool_),
        quantity_exact=(Decimal(1),) * count,
        position_side=("BOTH",) * count,
    )


def _accounts(rng: np.random.Generator, held: PositionColumns, accounts: int) -> AccountColumns:
    gross = np.bincount(held.account, weights=np.abs(held.notional), minlength=accounts)
    pnl = np.bincount(held.account, weights=held.unrealized_pnl, minlength=accounts)
    needed = floats(np.bincount(held.account, weights=held.maintenance_margin, minlength=accounts))
    wallet = gross / np.exp(rng.normal(0.8, 0.5, accounts))
    return AccountColumns(
        equity=wallet + pnl,
        wallet_balance=wallet,
        cross_wallet_balance=wallet,
        maintenance_margin=needed,
        initial_margin=gross / 10.0,
        available_balance=wallet / 2.0,
        hedge_mode=np.zeros(accounts, dtype=np.bool_),
    )


def _stops(rng: np.random.Generator, held: PositionColumns) -> OrderColumns:
    """A stop for 97 % of the positions, for all of it or for 60 %."""
    rows = np.flatnonzero(rng.random(len(held)) < 0.97)
    count = len(rows)
    sign = np.sign(held.quantity[rows])
    away = np.abs(rng.normal(0.03, 0.01, count)) + 0.002
    return OrderColumns(
        account=held.account[rows],
        instrument=held.instrument[rows],
        strategy=held.strategy[rows],
        direction=-sign,
        price=np.full(count, np.nan),
        trigger_price=held.mark_price[rows] * (1.0 - sign * away),
        remaining=np.abs(held.quantity[rows]) * rng.choice([1.0, 1.0, 1.0, 0.6], count),
        reduce_only=np.ones(count, dtype=np.bool_),
        close_position=np.zeros(count, dtype=np.bool_),
        placed_at=np.full(count, NOW.timestamp() - 60.0),
        kind=(OrderKind.STOP,) * count,
        conditional=np.ones(count, dtype=np.bool_),
        position_side=("BOTH",) * count,
        order_id=("1",) * count,
        client_order_id=("",) * count,
        remaining_exact=(Decimal(1),) * count,
    )


def _surfaces(profiles: tuple[AccountProfile, ...]) -> tuple[SurfaceState, ...]:
    seen = NOW - timedelta(seconds=2)
    ok = Quality.OK
    shared = [
        SurfaceState(venue=v, account="", surface=s, quality=ok, observed_at=seen)
        for v in VENUES
        for s in sorted(MARKET_SURFACES)
    ]
    own = [s for s in Surface if s not in MARKET_SURFACES]
    return tuple(shared) + tuple(
        SurfaceState(venue=p.venue, account=p.id, surface=s, quality=ok, observed_at=seen)
        for p in profiles
        for s in own
    )


def _history(rng: np.random.Generator, equity: FloatArray) -> History:
    now, accounts = NOW.timestamp(), len(equity)
    buckets = BUCKETS if accounts <= 1_000 else 24
    at = floats(now - 3_600.0 * np.arange(buckets - 1, -1, -1))
    paths = equity[:, None] * np.exp(rng.normal(0.0, 0.02, (accounts, buckets)))
    complete = np.full(accounts, now - 90 * 86_400.0)
    nothing = np.zeros(0)
    return History(
        equity=tuple(
            EquitySeries(at=at, highest=path * 1.001, first=path, net_deposits=0.0) for path in paths
        ),
        day_started_at=np.full(accounts, now - 12 * 3_600.0),
        funding=IncomeColumns(
            account=_ints([]), symbol=(), strategy=(), amount=nothing, at=nothing, complete_since=complete
        ),
        activity=ActivityColumns(account=_ints([]), strategy=(), placed_at=nothing, complete_since=complete),
    )


def _ints(values: npt.ArrayLike) -> IntArray:
    return np.asarray(values, dtype=np.int32)
