"""Random accounts in trouble, for plans: order books, brackets, hedges, isolated positions, and the rules that they break."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from benchmarks.plans_rules import NOW, demands_of, some_rules
from riskd.act.demand import Demand
from riskd.act.plan import Occasion
from riskd.measure.book.book import Book
from riskd.model.arrays import BoolArray, FloatArray, codes, flags, floats
from riskd.model.desk import AccountProfile, Desk, HedgeDefinition, HedgeLeg, LegKind
from riskd.model.history import ActivityColumns, History, IncomeColumns
from riskd.model.instrument import Instrument
from riskd.model.liquidity import Levels, LiquidityColumns, MarketRow, liquidity_columns
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    PositionColumns,
    Quality,
    Snapshot,
    SpotColumns,
    SurfaceState,
)
from riskd.policy.rule import Rule

OCCASION = Occasion(episode=1, attempt=1, now=NOW)
VENUE, ACCOUNT = "binanceusdm", "main"
FLOORS = (0.0, 50_000.0, 600_000.0, 3_000_000.0, 12_000_000.0)
RATES = np.array((0.004, 0.005, 0.01, 0.025, 0.05))
AMOUNTS = np.cumsum(np.array(FLOORS) * np.diff(RATES, prepend=0.0))
LOT = Decimal("0.001")
LEVELS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An account, the rules in force, and what they ask for."""

    book: Book
    rules: tuple[Rule, ...]
    demands: tuple[Demand, ...]


def trouble(positions: int, seed: int) -> Trouble:
    """An account of so many positions that breaks some of its rules; the same for the same seed."""
    rng = np.random.default_rng(seed)
    snapshot, history = an_account(positions, rng)
    book = Book.of(snapshot, history)
    rules = some_rules(positions)
    return Trouble(book=book, rules=rules, demands=demands_of(book, rules))


def crashed(drops: dict[str, float], seed: int) -> Trouble:
    """An account that was long most of the coins of a crash when they fell, and whose order books have lost their depth.

    Args:
        drops: Fall of each coin, fraction of what it was, negative.
        seed: For sizes and books.
    """
    rng = np.random.default_rng(seed)
    symbols = [f"{coin}/USDT:USDT" for coin in sorted(drops)]
    mark = 100.0 * (1.0 + np.array([drops[coin] for coin in sorted(drops)]))
    worth = np.exp(rng.normal(10.0, 1.0, len(symbols))) * np.where(rng.random(len(symbols)) < 0.8, 1.0, -1.0)
    quantity = [Decimal(repr(round(each, 3))) or LOT for each in (worth / mark).tolist()]
    leverage = float(rng.uniform(8.0, 14.0))
    entry = np.full(len(symbols), 100.0)
    book = Book.of(*held_at(symbols, mark, quantity, (), rng, leverage=leverage, entry=entry, depth=0.3))
    rules = some_rules(len(symbols))
    return Trouble(book=book, rules=rules, demands=demands_of(book, rules))


def an_account(count: int, rng: np.random.Generator) -> tuple[Snapshot, History]:
    """Positions in as many contracts, some of them pairs that hedge each other, some isolated; equity for 6 to 10 times it."""
    symbols = [f"C{number:04d}/USDT:USDT" for number in range(count)]
    mark = np.exp(rng.normal(3.0, 2.0, count))
    worth = np.exp(rng.normal(9.5, 1.2, count)) * np.where(rng.random(count) < 0.6, 1.0, -1.0)
    hedges = _hedged(symbols, worth, rng)
    quantity = [Decimal(repr(round(each, 3))) or LOT for each in (worth / mark).tolist()]
    return held_at(symbols, mark, quantity, hedges, rng, leverage=float(rng.uniform(6.0, 10.0)))


def held_at(
    symbols: list[str],
    mark: FloatArray,
    quantity: list[Decimal],
    hedges: tuple[HedgeDefinition, ...],
    rng: np.random.Generator,
    *,
    leverage: float,
    entry: FloatArray | None = None,
    depth: float = 3.0,
) -> tuple[Snapshot, History]:
    """An account that holds so much of each contract, at so many times its equity.

    Args:
        symbols: Unified, sorted.
        mark: Price of each.
        quantity: Held of each, signed.
        hedges: Of pairs of them.
        rng: For the rest.
        leverage: Gross notional over equity.
        entry: Mean price of the fills; None: near mark.
        depth: What rests in each book, in multiples of what is held.
    """
    count = len(symbols)
    held = np.array([float(each) for each in quantity])
    notional = held * mark
    equity = float(np.abs(notional).sum()) / leverage
    entry = mark * np.exp(rng.normal(0.0, 0.02, count)) if entry is None else entry
    hedged = {leg.name for hedge in hedges for leg in hedge.legs}
    isolated = np.array([symbol not in hedged for symbol in symbols]) & (rng.random(count) < 0.05)
    pnl = held * (mark - entry)
    wallet = np.where(isolated, np.maximum(np.abs(notional) * 0.15 - pnl, 0.0), np.nan)
    snapshot = Snapshot(
        id=1,
        taken_at=NOW,
        desk=Desk(
            accounts=(AccountProfile(id=ACCOUNT, venue=VENUE),),
            hedges=hedges,
        ),
        instruments=tuple(_instrument(symbol) for symbol in symbols),
        strategies=("core",),
        quotes=_quotes(mark),
        accounts=_money(equity, pnl, wallet, notional),
        positions=_positions(mark, quantity, entry, isolated, wallet),
        orders=_no_orders(),
        spot=SpotColumns(account=codes([]), asset=(), quantity=floats([]), price=floats([])),
        surfaces=_surfaces(),
    )
    return snapshot, _history(_markets(symbols, mark, held, rng, depth))


def _hedged(symbols: list[str], worth: FloatArray, rng: np.random.Generator) -> tuple[HedgeDefinition, ...]:
    """Every eighth pair of neighbours becomes a hedge: the second leg as large as the first, but for a tenth, and opposite."""
    found = []
    for first in range(0, len(symbols) - 1, 16):
        worth[first + 1] = -worth[first] * rng.uniform(0.9, 1.0)
        legs = tuple(
            HedgeLeg(account=ACCOUNT, kind=LegKind.PERPETUAL, name=symbol)
            for symbol in symbols[first : first + 2]
        )
        found.append(HedgeDefinition(id=f"pair-{first:04d}", legs=legs))
    return tuple(found)


def _instrument(symbol: str) -> Instrument:
    base = symbol.partition("/")[0]
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        venue_symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        contract_size=Decimal(1),
        tick_size=Decimal("0.0001"),
        lot_size=LOT,
        market_lot_size=LOT,
        quantity_min=LOT,
        quantity_max=Decimal(10_000_000),
        market_quantity_max=Decimal(10_000_000),
        notional_min=Decimal(5),
        price_band=Decimal("0.05"),
        taker_fee_rate=Decimal("0.0005"),
        tradable=True,
    )


def _quotes(mark: FloatArray) -> InstrumentColumns:
    count = len(mark)
    return InstrumentColumns(
        mark_price=mark,
        index_price=mark,
        last_price=mark,
        funding_rate=np.zeros(count),
        funding_interval_hours=np.full(count, 8.0),
        next_funding_at=np.full(count, NOW.timestamp() + 3_600.0),
        quoted_at=np.full(count, NOW.timestamp() - 1.0),
        bracket_floor=np.tile(np.array(FLOORS), (count, 1)),
        bracket_rate=np.tile(RATES, (count, 1)),
        bracket_amount=np.tile(AMOUNTS, (count, 1)),
    )


def _positions(
    mark: FloatArray,
    quantity: list[Decimal],
    entry: FloatArray,
    isolated: BoolArray,
    wallet: FloatArray,
) -> PositionColumns:
    count = len(quantity)
    held = np.array([float(each) for each in quantity])
    notional = held * mark
    return PositionColumns(
        account=codes([0] * count),
        instrument=codes(list(range(count))),
        strategy=codes([0] * count),
        quantity=held,
        entry_price=entry,
        mark_price=mark,
        notional=notional,
        unrealized_pnl=held * (mark - entry),
        leverage_setting=np.full(count, 20.0),
        isolated=isolated,
        isolated_wallet=wallet,
        initial_margin=np.abs(notional) / 20.0,
        maintenance_margin=_maintenance(np.abs(notional)),
        liquidation_price=np.full(count, np.nan),
        cannot_be_liquidated=np.zeros(count, dtype=np.bool_),
        adl_rank=np.ones(count),
        opened_at=np.full(count, NOW.timestamp() - 3_600.0),
        confirmed=np.ones(count, dtype=np.bool_),
        quantity_exact=tuple(quantity),
        position_side=("BOTH",) * count,
    )


def _maintenance(
    gross: FloatArray,
) -> FloatArray:
    bracket = np.searchsorted(np.array(FLOORS), gross, side="right") - 1
    margin: FloatArray = RATES[bracket] * gross - AMOUNTS[bracket]
    return margin


def _money(
    equity: float,
    pnl: FloatArray,
    isolated: FloatArray,
    notional: FloatArray,
) -> AccountColumns:
    wallet = equity - float(pnl.sum())
    initial = float(np.abs(notional).sum()) / 20.0
    return AccountColumns(
        equity=floats([equity]),
        wallet_balance=floats([wallet]),
        cross_wallet_balance=floats([wallet - float(np.nansum(isolated))]),
        maintenance_margin=floats([float(_maintenance(np.abs(notional)).sum())]),
        initial_margin=floats([initial]),
        available_balance=floats([max(equity - initial, 0.0)]),
        hedge_mode=flags([False]),
    )


def _markets(
    symbols: list[str],
    mark: FloatArray,
    held: FloatArray,
    rng: np.random.Generator,
    depth: float,
) -> LiquidityColumns:
    """Books thin or thick, levels a basis point or a few apart; of a tenth none is known."""
    rows = []
    for symbol, price, quantity in zip(symbols, mark.tolist(), np.abs(held).tolist(), strict=True):
        apart = float(np.exp(rng.normal(-9.0, 0.7)))
        away = np.cumsum(rng.exponential(apart, LEVELS)) + apart
        resting = rng.exponential(depth * quantity / LEVELS, LEVELS) + quantity / 1_000.0
        known = rng.random() > 0.1
        rows.append(
            MarketRow(
                venue=VENUE,
                symbol=symbol,
                bids=Levels(price=price * (1.0 - away), quantity=resting) if known else None,
                asks=Levels(price=price * (1.0 + away), quantity=resting) if known else None,
                book_at=NOW.timestamp() - 5.0 if known else np.nan,
            )
        )
    return liquidity_columns(rows)


def _history(liquidity: LiquidityColumns) -> History:
    nothing, now = floats([]), NOW.timestamp()
    return History(
        equity=(None,),
        day_started_at=floats([now - 43_200.0]),
        funding=IncomeColumns(
            account=codes([]),
            symbol=(),
            strategy=(),
            amount=nothing,
            at=nothing,
            complete_since=floats([now]),
        ),
        activity=ActivityColumns(
            account=codes([]), strategy=(), placed_at=nothing, complete_since=floats([now])
        ),
        liquidity=liquidity,
    )


def _no_orders() -> OrderColumns:
    nothing = floats([])
    return OrderColumns(
        account=codes([]),
        instrument=codes([]),
        strategy=codes([]),
        direction=nothing,
        price=nothing,
        trigger_price=nothing,
        remaining=nothing,
        reduce_only=flags([]),
        close_position=flags([]),
        placed_at=nothing,
        kind=(),
        conditional=flags([]),
        position_side=(),
        order_id=(),
        client_order_id=(),
        remaining_exact=(),
    )


def _surfaces() -> tuple[SurfaceState, ...]:
    return tuple(
        SurfaceState(
            venue=VENUE,
            account="" if surface in MARKET_SURFACES else ACCOUNT,
            surface=surface,
            quality=Quality.OK,
            observed_at=NOW,
        )
        for surface in Surface
    )
