"""Brackets whose margin jumps, or whose rate falls with size: the live measures still find the first place."""

from __future__ import annotations

import bisect
import dataclasses
import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.account import AccountBook, Line, Wallet, shock_both_ways, together
from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, index
from riskd.measure.margin.brackets import Brackets, brackets
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.measure.venues import MODELS, Holding, linear
from riskd.measure.venues.schedule import Schedule, Tier
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_position, a_snapshot, amounts, an_account, an_instrument
from tests.measure.books import book_of, value

CHECKED = settings(max_examples=100, deadline=None, derandomize=True)
# Floor, rate, amount.
Table = Sequence[tuple[float, float, float]]
WHOLE: Table = ((0.0, 0.01, 0.0), (900.0, 0.1, 0.0))
SOUND: Table = ((0.0, 0.01, 0.0), (900.0, 0.1, 81.0))
FAR = 30.0


def a_brackets(tables: Sequence[Table]) -> Brackets:
    width = max(len(table) for table in tables)
    padded = [[*table, *[(math.inf, math.nan, math.nan)] * (width - len(table))] for table in tables]
    return Brackets(*(np.array([[row[n] for row in table] for table in padded]) for n in range(3)))


def a_table(r: random.Random) -> Table:
    """Sound, one rate on the whole, or nothing that a venue should have."""
    floors = [0.0, *sorted(10.0 ** r.uniform(2.0, 4.5) for _ in range(r.choice([0, 1, 2, 4])))]
    rates = [r.uniform(0.002, 0.02)]
    for _ in floors[1:]:
        rates.append(min(rates[-1] + r.uniform(0.001, r.choice([0.03, 0.4])), 0.9))
    way = r.random()
    if way < 0.4:
        return list(zip(floors, rates, amounts(list(zip(floors, rates, strict=True))), strict=True))
    if way > 0.7:
        r.shuffle(rates)
    return [
        (floor, rate, 0.0 if way < 0.7 else floor * rate * r.random())
        for floor, rate in zip(floors, rates, strict=True)
    ]


def a_problem(seed: int) -> tuple[Cushion, list[Table]]:
    """Groups of rows that grow, shrink or stand still; rich and poor."""
    r = random.Random(seed)
    tables = [a_table(r) for _ in range(3)]
    size, rows = r.randrange(1, 6), r.randrange(0, 10)
    notional = np.array([10.0 ** r.uniform(1.5, 4.5) for _ in range(rows)])
    growth = np.array([r.choice([-1.0, 1.0, 1.0, r.uniform(-1.0, 2.0), 0.0]) for _ in range(rows)])
    side = np.array([r.choice([1.0, -1.0]) for _ in range(rows)])
    groups = Groups(index([r.randrange(size + 1) for _ in range(rows)]), size)
    scale = groups.total(notional) + 1.0
    cushion = Cushion(
        equity=scale
        * np.array([r.choice([0.0, 0.01, r.uniform(0.01, 0.4), r.uniform(0.1, 2.0)]) for _ in range(size)]),
        gain=groups.total(
            -np.where(growth == 0.0, 0.0, 1.0) * np.where(side > 0, np.abs(growth), growth) * notional
        ),
        most=np.array([r.choice([1.0, math.inf]) for _ in range(size)]),
        notional=notional,
        growth=growth * notional,
        instrument=index([r.randrange(3) for _ in range(rows)]),
        groups=groups,
    )
    return cushion, tables


class Slow:
    """The cushion of one group, row by row."""

    def __init__(self, cushion: Cushion, tables: list[Table], group: int) -> None:
        rows = np.flatnonzero(cushion.groups.of == group).tolist()
        self.rows = [
            (float(cushion.notional[row]), float(cushion.growth[row]), tables[int(cushion.instrument[row])])
            for row in rows
        ]
        self.equity, self.gain = float(cushion.equity[group]), float(cushion.gain[group])

    def at(self, move: float) -> float:
        needed = []
        for (notional, growth, table), place in zip(self.rows, self.kind(move), strict=True):
            _, rate, amount = table[place]
            needed.append(rate * (notional + growth * move) - amount)
        return self.equity + self.gain * move - math.fsum(needed)

    def kind(self, move: float) -> list[int]:
        return [
            max(bisect.bisect_right([floor for floor, _, _ in table], notional + growth * move) - 1, 0)
            for notional, growth, table in self.rows
        ]

    def gross(self, move: float) -> float:
        return abs(self.equity) + abs(self.gain * move) + sum(n + abs(g * move) for n, g, _ in self.rows)

    def is_short(self, move: float) -> bool:
        return self.at(move) < -1e-11 * self.gross(move)

    def changes(self, low: float, high: float) -> list[float]:
        """Both sides of every place in an interval where a row enters another bracket."""
        if self.kind(low) == self.kind(high) or math.nextafter(low, high) == high:
            return []
        middle = 0.5 * (low + high)
        near = [low, high] if high - low < 1e-12 * (1.0 + high) else []
        return near or [*self.changes(low, middle), *self.changes(middle, high)]

    def first(self, end: float) -> float:
        """The first place of a dense grid, and of both sides of each bracket's floor, that is short, narrowed down."""
        grid = sorted({end * n / 300 for n in range(301)})
        places = set(grid)
        for low, high in pairwise(grid):
            places.update(self.changes(low, high))
        if self.is_short(0.0):
            return 0.0
        for low, high in pairwise(sorted(places)):
            if self.is_short(high):
                return bisected(self.is_short, low, high)[1]
        return math.inf


def bisected(holds: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return low, high
        low, high = (low, middle) if holds(middle) else (middle, high)


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_the_smallest_move_is_the_first_place_that_is_short(seed: int) -> None:
    cushion, tables = a_problem(seed)
    moves = smallest_move(cushion, a_brackets(tables))
    for group, move in enumerate(moves.tolist()):
        slow = Slow(cushion, tables, group)
        expected = slow.first(min(float(cushion.most[group]), FAR))
        if math.isinf(expected):
            assert move >= FAR or math.isinf(move)
        else:
            assert move <= expected + 1e-8 * (1.0 + expected)
            assert move >= expected - 1e-8 * (1.0 + expected) or slow.at(move + 1e-9 * (1.0 + move)) < 0.0


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_other_problems_beside_it_change_no_bit_of_an_answer(seed: int) -> None:
    r = random.Random(seed)
    (one, tables), (other, _) = a_problem(seed), a_problem(seed + 1)
    table = a_brackets(tables)
    together_ = smallest_move(one.beside(other), table)
    apart = np.concatenate([smallest_move(one, table), smallest_move(other, table)])
    assert together_.tobytes() == apart.tobytes()
    wanted = np.array([r.random() < 0.5 for _ in range(one.groups.size)], dtype=np.bool_)
    some = smallest_move(one.only(wanted), table)
    assert some[wanted].tobytes() == smallest_move(one, table)[wanted].tobytes()


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_a_sweep_of_sound_tables_gives_what_tangents_give(seed: int) -> None:
    cushion, tables = a_problem(seed)
    table = a_brackets([sound(table) for table in tables])
    assert not table.uneven.any()
    iterated = smallest_move(cushion, table)
    table.__dict__["uneven"] = np.ones(len(tables), dtype=np.bool_)
    assert smallest_move(cushion, table) == pytest.approx(iterated, rel=1e-9, abs=1e-12)


def sound(table: Table) -> Table:
    steps = list(zip([floor for floor, _, _ in table], sorted(rate for _, rate, _ in table), strict=True))
    return [(floor, rate, amount) for (floor, rate), amount in zip(steps, amounts(steps), strict=True)]


# ---- which tables are uneven ----------------------------------------------------------------------------------------


def test_a_table_of_slices_is_even_and_one_rate_on_the_whole_is_not() -> None:
    falling: Table = ((0.0, 0.1, 0.0), (900.0, 0.05, -45.0))
    table = a_brackets([SOUND, WHOLE, falling, ((0.0, 0.02, 0.0),), ((0.0, NAN, NAN),)])
    assert table.uneven.tolist() == [False, True, True, False, False]


@pytest.mark.parametrize(("off", "uneven"), [(1e-13, False), (1e-6, True), (-1e-6, True)])
def test_the_rounding_of_a_table_is_no_jump(off: float, uneven: bool) -> None:
    table = a_brackets([((0.0, 0.01, 0.0), (900.0, 0.1, 81.0 * (1.0 + off)))])
    assert table.uneven.tolist() == [uneven]


# ---- examples -------------------------------------------------------------------------------------------------------


def one_row(notional: float, growth: float, equity: float, gain: float, table: Table) -> float:
    cushion = Cushion(
        equity=np.array([equity]),
        gain=np.array([gain]),
        most=np.array([1.0 if growth < 0.0 else np.inf]),
        notional=np.array([notional]),
        growth=np.array([growth]),
        instrument=index([0]),
        groups=Groups.of_one(1),
    )
    return float(smallest_move(cushion, a_brackets([table]))[0])


def test_a_short_whose_margin_jumps_past_equity_is_liquidated_at_the_jump() -> None:
    """8 coins at 100: worth 900 at 112.5, where 9 become 90 while 50 are left."""
    assert one_row(800.0, 800.0, 150.0, -800.0, WHOLE) == pytest.approx(0.125)
    assert one_row(800.0, 800.0, 150.0, -800.0, SOUND) == pytest.approx(0.125 + 41.0 / 880.0)


def test_a_long_is_relieved_by_the_jump_that_it_leaves() -> None:
    """10 coins at 100 with 90 behind them: 100 are needed, so it is due; with 101 it is due once 1 is lost."""
    assert one_row(1_000.0, -1_000.0, 90.0, -1_000.0, WHOLE) == 0.0
    assert one_row(1_000.0, -1_000.0, 101.0, -1_000.0, WHOLE) == pytest.approx(1.0 / 900.0)
    # With 200: at a loss of 100 it is worth 900 and leaves the tier, where 100 are left and 90 needed; then 9.
    assert one_row(1_000.0, -1_000.0, 200.0, -1_000.0, WHOLE) == pytest.approx(190.0 / 990.0)


def test_what_is_unknown_matters_only_where_it_is_reached() -> None:
    open_end: Table = ((0.0, 0.01, 0.0), (900.0, 0.1, 0.0), (2_000.0, NAN, NAN))
    assert one_row(800.0, 800.0, 150.0, -800.0, open_end) == pytest.approx(0.125)
    assert math.isnan(one_row(800.0, 800.0, 1e6, -800.0, open_end))
    assert math.isnan(one_row(NAN, NAN, 1e6, NAN, WHOLE))


# ---- the live measures ----------------------------------------------------------------------------------------------

TABLES: dict[str, Table] = {
    BTC: ((0.0, 0.004, 0.0), (100_000.0, 0.05, 0.0), (200_000.0, 0.2, 0.0)),
    ETH: ((0.0, 0.005, 0.0), (20_000.0, 0.02, 0.0)),
}
MARKS = {BTC: 30_000.0, ETH: 1_500.0}


def a_snapshot_with_jumps(
    btc: float, eth: float, wallet: float, tables: dict[str, Table] = TABLES, marks: dict[str, float] = MARKS
) -> Snapshot:
    made = a_snapshot(
        accounts=[an_account(wallet=wallet, maintenance_margin=NAN)],
        instruments=[
            an_instrument(symbol, mark=marks[symbol], brackets=[(f, r) for f, r, _ in tables[symbol]])
            for symbol in (BTC, ETH)
        ],
        positions=[a_position(BTC, btc), a_position(ETH, eth)],
    )
    flat = np.where(np.isnan(made.quotes.bracket_amount), np.nan, 0.0)
    return dataclasses.replace(made, quotes=dataclasses.replace(made.quotes, bracket_amount=flat))


def the_same_account(btc: float, eth: float, wallet: float) -> AccountBook:
    lines = tuple(
        Line(
            symbol=symbol,
            asset=symbol,
            settle="USDT",
            model=MODELS["binance_usdm"],
            holding=Holding(
                position=linear(size, MARKS[symbol]),
                mark=MARKS[symbol],
                maintenance=Schedule(tiers=tuple(Tier(floor=f, rate=r) for f, r, _ in TABLES[symbol])),
            ),
        )
        for symbol, size in ((BTC, btc), (ETH, eth))
    )
    return AccountBook(lines=lines, wallets=(Wallet(asset="USDT", cash=wallet),))


@CHECKED
@given(
    btc=st.floats(-8.0, 8.0).filter(lambda x: abs(x) > 0.01),
    eth=st.floats(-40.0, 40.0).filter(lambda x: abs(x) > 0.01),
    share=st.floats(0.02, 1.2),
)
def test_the_measure_of_an_account_is_the_answer_of_the_account_solver(
    btc: float, eth: float, share: float
) -> None:
    wallet = share * (abs(btc) * MARKS[BTC] + abs(eth) * MARKS[ETH])
    book: Book = book_of(a_snapshot_with_jumps(btc, eth, wallet))
    assert brackets(book).uneven.all()
    ways = shock_both_ways(the_same_account(btc, eth, wallet), together(-1.0))
    expected = min(ways.forward.shock, ways.backward.shock)
    assert value(book, "account_shock", Grain.ACCOUNT) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_margin_that_falls_with_size_is_owed_only_where_the_longs_are_gone() -> None:
    """10 long and 1 short at 100 with 1,105: when all longs are gone 5 are left, and the short of 200 needs 2 of them.

    On the way the short alone would have needed 126 at 140; the longs were still worth 600 there.
    """
    tables: dict[str, Table] = {
        BTC: ((0.0, 0.01, 0.0),),
        ETH: ((0.0, 0.01, 0.0), (100.0, 0.9, 0.0), (150.0, 0.01, 0.0)),
    }
    book = book_of(a_snapshot_with_jumps(10.0, -1.0, 1_105.0, tables, {BTC: 100.0, ETH: 100.0}))
    assert value(book, "liquidation_distance", Grain.ACCOUNT) == pytest.approx(1.0 + 3.0 / 101.0, rel=1e-12)
