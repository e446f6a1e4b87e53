"""Random books for property tests: hedge mode, isolated and cross mixed, missing values, nothing at all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from riskd.model.arrays import FloatArray
from riskd.model.desk import Cluster
from riskd.model.history import NO_PRICES, EquitySeries, History, PriceColumns
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot, SurfaceState
from tests.builders import (
    BRACKETS,
    BTC,
    ETH,
    NAN,
    NOW,
    SOL,
    AccountRow,
    InstrumentRow,
    PositionRow,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    a_surface,
    an_account,
    an_equity_series,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.measure.random_bookings import with_random_bookings
from tests.measure.random_markets import with_random_markets
from tests.measure.random_orders import random_orders

MARKS = {BTC: 60_000.0, ETH: 3_000.0, SOL: 150.0}
SMALL_BRACKETS = ((0.0, 0.005), (20_000.0, 0.01), (100_000.0, 0.025), (1_000_000.0, 0.1))
Size = Callable[[random.Random], float]


@dataclass(frozen=True, kw_only=True)
class Taste:
    """What kind of book.

    Attributes:
        size: Draws the unsigned worth of a position in quote currency.
        missing: Chance that any one value is missing.
        wallets: Wallets to draw from.
    """

    size: Size
    missing: float
    wallets: tuple[float, ...]


SOUND = Taste(
    size=lambda r: r.choice([50.0, 900.0, 15_000.0, 60_000.0, 400_000.0]) * r.uniform(0.5, 2.0),
    missing=0.0,
    wallets=(500.0, 10_000.0, 250_000.0),
)
GAPPY = Taste(size=SOUND.size, missing=0.06, wallets=(0.0, -5_000.0, 10_000.0, 250_000.0, NAN))
ABSURD = Taste(
    size=lambda r: r.choice([1e-20, 1e-9, 1.0, 15_000.0, 1e12, 1e20]) * r.uniform(0.5, 2.0),
    missing=0.03,
    wallets=(0.0, -5_000.0, 1e-20, 10_000.0, 1e20),
)


def a_random_book(seed: int, taste: Taste) -> tuple[Snapshot, History]:
    """A snapshot and its history, the same for the same seed."""
    r = random.Random(seed)
    accounts = [_account(r, taste, f"acc{n}") for n in range(r.choice([1, 1, 2, 3]))]
    held = [row for account in accounts for row in _positions(r, taste, account)]
    orders = [
        row
        for account in accounts
        for row in random_orders(r, taste.missing, taste.size, MARKS, account, held)
    ]
    snapshot = a_snapshot(
        accounts=accounts,
        positions=held,
        orders=orders,
        instruments=[_instrument(r, taste, symbol, venue) for symbol in MARKS for venue in ("one", "two")],
        spot=[a_spot("BTC", _maybe(r, taste, r.choice([0.0, 0.2, 1.0])), _maybe(r, taste, 60_010.0), "acc0")],
        hedges=(
            a_hedge("carry", spot_leg("BTC", "acc0"), perpetual_leg(BTC, "acc0")),
            a_hedge(
                "cross",
                perpetual_leg(ETH, "acc0"),
                perpetual_leg(BTC, accounts[-1].profile.id),
                ratio="0.8",
            ),
        ),
        grids=(
            a_grid("grid", ETH, "acc0"),
            a_grid("fixed", SOL, accounts[-1].profile.id, lower=120, upper=180),
        ),
        surfaces=_surfaces(r, taste, accounts),
        clusters=r.choice([None, None, (Cluster(name="majors", assets=("BTC", "ETH")),)]),
        clock_offsets={venue: r.uniform(-2, 2) for venue in ("one", "two") if r.random() >= taste.missing},
    )
    history = _history(r, taste, snapshot)
    history = with_random_bookings(r, taste.missing, tuple(MARKS), snapshot, history)
    return snapshot, with_random_markets(r, taste.missing, MARKS, snapshot, history)


def _maybe(r: random.Random, taste: Taste, value: float) -> float:
    return NAN if r.random() < taste.missing else value


def _account(r: random.Random, taste: Taste, name: str) -> AccountRow:
    wallet = r.choice(taste.wallets)
    stated = r.random() < taste.missing
    return an_account(
        name,
        venue=r.choice(["one", "two"]),
        desk=r.choice(["", "alpha", "beta"]),
        wallet=wallet,
        hedge_mode=r.random() < 0.3,
        maintenance_margin=NAN if stated else None,
        cross_wallet=NAN if r.random() < taste.missing else None,
    )


def _instrument(r: random.Random, taste: Taste, symbol: str, venue: str) -> InstrumentRow:
    brackets = r.choice([BRACKETS, SMALL_BRACKETS])
    return an_instrument(
        symbol,
        venue=venue,
        mark=_maybe(r, taste, MARKS[symbol] * r.uniform(0.9, 1.1)),
        index=_maybe(r, taste, MARKS[symbol]),
        funding_rate=_maybe(r, taste, r.uniform(-0.001, 0.001)),
        interval_hours=_maybe(r, taste, r.choice([1.0, 4.0, 8.0])),
        brackets=() if r.random() < taste.missing else brackets,
        taker_fee_rate=r.choice(["0.0005", "0.0002", None]),
    )


def _positions(r: random.Random, taste: Taste, account: AccountRow) -> list[PositionRow]:
    rows = []
    for symbol, mark in MARKS.items():
        isolated = r.random() < 0.25
        sides = ("LONG", "SHORT") if account.hedge_mode else ("BOTH",)
        for side in sides:
            if r.random() < 0.35:
                continue
            sign = {"LONG": 1.0, "SHORT": -1.0, "BOTH": r.choice([1.0, -1.0])}[side]
            worth = taste.size(r)
            rows.append(
                a_position(
                    symbol,
                    sign * worth / mark,
                    account.profile.id,
                    entry=_maybe(r, taste, mark * r.uniform(0.8, 1.25)),
                    mark=NAN if r.random() < taste.missing else None,
                    strategy=r.choice(["swing", "hedge", "unlabelled"]),
                    isolated_wallet=_maybe(r, taste, worth * r.uniform(0.02, 0.5)) if isolated else None,
                    initial_margin=NAN if r.random() < taste.missing else None,
                    leverage=_maybe(r, taste, r.choice([1.0, 3.0, 20.0])),
                    liquidation_price=r.choice([NAN, mark * (1.0 - sign * r.uniform(-0.1, 0.8))]),
                    cannot_be_liquidated=r.random() < 0.1,
                    adl_rank=_maybe(r, taste, float(r.randrange(5))),
                    opened_age_seconds=_maybe(r, taste, r.uniform(0, 5e5)),
                    confirmed=r.random() >= taste.missing,
                    position_side=side,
                )
            )
    return rows


def _surfaces(r: random.Random, taste: Taste, accounts: list[AccountRow]) -> list[SurfaceState]:
    bad = []
    for account in accounts:
        for surface in Surface:
            if r.random() < taste.missing / 2:
                quality = r.choice([Quality.STALE, Quality.PARTIAL, Quality.BLIND])
                age = None if quality is Quality.BLIND else 400.0
                profile = account.profile
                bad.append(
                    a_surface(surface, profile.id, quality=quality, age_seconds=age, venue=profile.venue)
                )
    return bad


def _history(r: random.Random, taste: Taste, snapshot: Snapshot) -> History:
    names = [profile.id for profile in snapshot.desk.accounts]
    symbols = list(MARKS)
    prices = _prices(r, taste)
    return a_history(
        snapshot,
        equity={name: _series(r, taste) for name in names if r.random() >= taste.missing},
        funding=[
            (
                r.choice(names),
                r.choice([*symbols, "GONE/USDT:USDT"]),
                r.choice(["swing", "hedge"]),
                amount,
                age,
            )
            for amount, age in [(r.uniform(-50, 50), r.uniform(-100, 6e5)) for _ in range(r.randrange(12))]
        ],
        activity=[
            (r.choice(names), r.choice(["swing", "hedge", "nobody"]), r.uniform(-10, 120))
            for _ in range(r.randrange(12))
        ],
        complete_days=_maybe(r, taste, r.choice([1.0, 400.0])),
        prices=prices,
        market=_market(r, taste, prices),
        reconciled=_reconciled(r, taste, snapshot),
    )


def _reconciled(r: random.Random, taste: Taste, snapshot: Snapshot) -> list[tuple[str, str, float, float]]:
    """A comparison for most of what is held, and for a contract that nobody holds."""
    names, held = [profile.id for profile in snapshot.desk.accounts], snapshot.positions
    markets = {
        (names[account], snapshot.instruments[number].symbol)
        for account, number in zip(held.account.tolist(), held.instrument.tolist(), strict=True)
    }
    if r.random() < 0.2:
        markets.add((r.choice(names), r.choice([SOL, "GONE/USDT:USDT"])))
    return [
        (*market, r.choice([0.0, 0.0, r.uniform(-1, 1)]), r.choice([5.0, 5.0, 5.0, 4000.0]))
        for market in sorted(markets)
        if r.random() >= taste.missing
    ]


def _prices(r: random.Random, taste: Taste) -> PriceColumns:
    """Hourly closes of all contracts at both venues: some move together, some have holes, some hours lie ahead."""
    rng = np.random.default_rng(r.randrange(10**9))
    hours, ahead = r.choice([(0, 0), (60, 0), (90, 3), (760, 0), (760, 5)]), r.random()
    if ahead < taste.missing or hours[0] == 0:
        return NO_PRICES
    common = rng.standard_normal(hours[0])
    rows = {}
    for venue in ("one", "two"):
        for symbol, mark in MARKS.items():
            share = r.choice([0.2, 0.8, 0.95])
            steps = share * common + (1.0 - share**2) ** 0.5 * rng.standard_normal(hours[0])
            size = 0.01 if symbol == BTC else r.choice([0.01, 0.03])
            close = mark * np.exp(np.cumsum(size * steps))
            holes = r.choice([0.0, taste.missing, 2 * taste.missing])
            close[rng.random(hours[0]) < holes] = np.nan
            high, low = _extremes(rng, close, taste)
            if r.random() >= taste.missing:
                rows[venue, symbol] = (close, high, low)
    found = [
        a_price_history(
            {symbol: close}, venue=venue, ahead_hours=hours[1], highs={symbol: high}, lows={symbol: low}
        )
        for (venue, symbol), (close, high, low) in sorted(rows.items())
    ]
    return (
        PriceColumns(
            venue=tuple(one.venue[0] for one in found),
            symbol=tuple(one.symbol[0] for one in found),
            asset=tuple(one.asset[0] for one in found),
            at=found[0].at,
            high=np.vstack([one.high for one in found]),
            low=np.vstack([one.low for one in found]),
            close=np.vstack([one.close for one in found]),
        )
        if found
        else NO_PRICES
    )


def _extremes(rng: np.random.Generator, close: FloatArray, taste: Taste) -> tuple[list[float], list[float]]:
    """Highs and lows around closes; a few are missing where their close is there."""
    wicks = np.exp(np.abs(0.005 * rng.standard_normal((2, len(close)))))
    missing = rng.random((2, len(close))) < taste.missing / 4
    high, low = np.where(missing, np.nan, np.stack([close * wicks[0], close / wicks[1]]))
    return high.tolist(), low.tolist()


def _market(r: random.Random, taste: Taste, prices: PriceColumns) -> PriceColumns:
    """Bitcoin at most venues; its history may begin later than that of the others."""
    rows = [row for row, asset in enumerate(prices.asset) if asset == "BTC" and r.random() >= taste.missing]
    begins = r.choice([0, 0, 5])
    return replace(
        prices,
        venue=tuple(prices.venue[row] for row in rows),
        symbol=(BTC,) * len(rows),
        asset=("BTC",) * len(rows),
        at=prices.at[begins:],
        high=prices.high[rows, begins:],
        low=prices.low[rows, begins:],
        close=prices.close[rows, begins:],
    )


def _series(r: random.Random, taste: Taste) -> EquitySeries:
    # Some moments are those of other accounts, too: what they have together is taken from these.
    shared = [moment for moment in (-120.0, 60.0, 7_200.0, 100_000.0, 250_000.0) if r.random() < 0.8]
    ages = sorted((*shared, *(r.uniform(-1000, 2e6) for _ in range(r.randrange(1, 8)))), reverse=True)
    scale = r.choice([w for w in taste.wallets if w > 0])
    points = [(age, scale * r.uniform(0.5, 1.5)) for age in ages]
    doubt = "cash moved" if r.random() < taste.missing else ""
    return an_equity_series(points, net_deposits=scale * r.uniform(-0.5, 0.5), taken_at=NOW, doubt=doubt)
