"""The exact solver: agrees with bisection, and its answer is where equity meets maintenance."""

from __future__ import annotations

import math
import random
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, index
from riskd.measure.margin.brackets import Brackets
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.model.subject import Grain
from tests.builders import amounts
from tests.measure.books import values
from tests.measure.random_books import ABSURD, a_random_book
from tests.measure.reference import Reference, smallest_shortfall

CHECKED = settings(max_examples=80, deadline=None, derandomize=True)
TABLES = (((0.0, 0.004), (1e3, 0.01), (1e4, 0.05)), ((0.0, 0.1),), ((0.0, 0.005), (500.0, 0.5)))
BRACKETS = Brackets(
    floor=np.array([[f for f, _ in table] + [np.inf] * (3 - len(table)) for table in TABLES]),
    rate=np.array([[r for _, r in table] + [np.nan] * (3 - len(table)) for table in TABLES]),
    amount=np.array([amounts(table) + [np.nan] * (3 - len(table)) for table in TABLES]),
)


def a_cushion(seed: int, direction: float) -> Cushion:
    """Some groups of some rows; longs and shorts, rich and poor."""
    r = random.Random(seed)
    size = r.randrange(1, 6)
    rows = r.randrange(0, 12)
    notional = np.array([r.choice([10.0, 900.0, 2e4]) * r.uniform(0.5, 2) for _ in range(rows)])
    sign = np.array([r.choice([1.0, -1.0]) for _ in range(rows)])
    groups = Groups(index([r.randrange(size + 1) for _ in range(rows)]), size)
    return Cushion(
        equity=np.array([r.choice([0.0, 5.0, 300.0, 2e4, -40.0]) * r.uniform(0.5, 2) for _ in range(size)]),
        gain=direction * groups.total(sign * notional),
        most=np.full(size, 1.0 if direction < 0 else np.inf),
        notional=notional,
        growth=direction * notional,
        instrument=index([r.randrange(3) for _ in range(rows)]),
        groups=groups,
    )


def cushion_at(cushion: Cushion, group: int, move: float) -> float:
    """The definition, row by row."""
    needed = 0.0
    for row in np.flatnonzero(cushion.groups.of == group).tolist():
        notional = float(cushion.notional[row] + cushion.growth[row] * move)
        table = TABLES[int(cushion.instrument[row])]
        pieces = [r * notional - a for (f, r), a in zip(table, amounts(table), strict=True) if notional >= f]
        needed += pieces[-1]
    return float(cushion.equity[group] + cushion.gain[group] * move) - needed


@pytest.mark.parametrize("direction", [-1.0, 1.0])
@CHECKED
@given(seed=st.integers(0, 10**9))
def test_the_smallest_move_is_where_bisection_finds_it(direction: float, seed: int) -> None:
    cushion = a_cushion(seed, direction)
    moves = smallest_move(cushion, BRACKETS)
    for group, move in enumerate(moves.tolist()):
        expected = smallest_shortfall(partial(cushion_at, cushion, group), float(cushion.most[group]))
        assert move == pytest.approx(expected, rel=1e-9, abs=1e-12)


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_two_problems_beside_each_other_have_their_own_answers(seed: int) -> None:
    falls, rises = a_cushion(seed, -1.0), a_cushion(seed + 1, 1.0)
    together = smallest_move(falls.beside(rises), BRACKETS)
    apart = np.concatenate([smallest_move(falls, BRACKETS), smallest_move(rises, BRACKETS)])
    assert together.tobytes() == apart.tobytes()


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_with_absurd_sizes_equity_still_meets_maintenance_at_the_answer(seed: int) -> None:
    snapshot, history = a_random_book(seed, ABSURD)
    reference = Reference(snapshot, history)
    found = values(Book.of(snapshot, history), "liquidation_distance", Grain.ACCOUNT)
    for account, move in enumerate(found):
        if math.isfinite(move):
            assert abs(left_over(reference, account, move)) <= 1e-9 or move == 0.0


def left_over(reference: Reference, account: int, move: float) -> float:
    """Equity less maintenance after an adverse move, as a share of the sums that it is the difference of."""
    equity = reference.cross_equity(account)
    assert equity is not None
    terms = [equity]
    scale = abs(float(reference.s.accounts.cross_wallet_balance[account]))
    for row in reference.cross(account):
        notional = reference.notional(row)
        assert notional is not None
        long = notional >= 0
        there = abs(notional) * (max(1 - move, 0.0) if long else 1 + move)
        needed = reference.maintenance_at(int(reference.p.instrument[row]), there)
        assert needed is not None
        terms += [-abs(notional) * (min(move, 1.0) if long else move), -needed]
        scale += abs(float(reference.p.unrealized_pnl[row]))
    return math.fsum(terms) / (scale + sum(abs(term) for term in terms) + 1e-300)


def test_no_rows_and_positive_equity_never_fall_short() -> None:
    nothing = a_cushion(0, 1.0).only(np.zeros(a_cushion(0, 1.0).groups.size, dtype=np.bool_))
    rich = np.full(nothing.groups.size, 10.0)
    empty = Cushion(
        equity=rich,
        gain=np.zeros_like(rich),
        most=nothing.most,
        notional=nothing.notional,
        growth=nothing.growth,
        instrument=nothing.instrument,
        groups=nothing.groups,
    )
    assert np.isinf(smallest_move(empty, BRACKETS)).all()


def test_a_table_that_is_not_convex_has_an_answer_all_the_same() -> None:
    broken = Brackets(
        floor=np.array([[0.0, 100.0, 200.0, 300.0]]),
        rate=np.array([[0.5, 0.1, 0.6, 0.01]]),
        amount=np.array([[0.0, -50.0, 70.0, -100.0]]),
    )
    for equity in np.linspace(1.0, 400.0, 50):
        cushion = Cushion(
            equity=np.array([equity]),
            gain=np.array([-150.0]),
            most=np.array([np.inf]),
            notional=np.array([150.0]),
            growth=np.array([150.0]),
            instrument=np.zeros(1, dtype=np.intp),
            groups=Groups(np.zeros(1, dtype=np.intp), 1),
        )
        move = float(smallest_move(cushion, broken)[0])
        assert move >= 0.0
