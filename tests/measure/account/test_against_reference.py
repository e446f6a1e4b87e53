"""On random accounts the solver finds the first place at which a slow and independent reckoning finds equity short."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.account import Cause, PoolShock, shock_curve, shock_to_liquidation
from tests.measure.account.random_accounts import a_random_spec, account_of, direction_of
from tests.measure.account.reference import DUST, Reference, exact, pools_of

CHECKED = settings(max_examples=80, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**9)
# What floats may add to or take from a place, and from a sum.
NEAR, ROUNDING = 1e-9, 1e-10
FAR = 1e4


@CHECKED
@given(seed=SEEDS)
def test_the_shock_is_the_first_place_where_equity_is_short(seed: int) -> None:
    spec, models = a_random_spec(seed)
    result = shock_to_liquidation(account_of(spec, models), direction_of(spec))
    slow, sharp = pools_of(spec, float), pools_of(spec, exact)
    assert {pool.pool for pool in result.pools} == set(slow)
    for pool in result.pools:
        assert pool.missing == ()
        is_right(pool, slow[pool.pool], sharp[pool.pool])


def is_right(pool: PoolShock, slow: Reference, sharp: Reference) -> None:
    """Short just beyond, not short just before, and nowhere else before."""
    end = min(pool.shock, FAR)
    for place in slow.places(end):
        if place < end * (1.0 - NEAR) - NEAR:
            sums = slow.sums(place)
            assert sums.equity - sums.required > -ROUNDING * sums.gross - DUST, f"{pool} is short at {place}"
    if math.isinf(pool.shock):
        return
    step = NEAR * (1.0 + pool.shock)
    assert is_short_beyond(pool.shock, sharp), f"{pool} is not short beyond"
    if pool.shock > step:
        assert not sharp.sums(exact(pool.shock - step)).is_short, f"{pool} is short before"
        assert pool.cause in (Cause.CROSSED, Cause.JUMPED)


def is_short_beyond(shock: float, sharp: Reference) -> bool:
    """Whether equity is short within a billionth beyond a place."""
    step = NEAR * (1.0 + shock)
    return any(sharp.sums(exact(shock + step * 10.0**-n)).is_short for n in range(5))


@CHECKED
@given(seed=SEEDS)
def test_a_search_by_bisection_finds_no_earlier_place(seed: int) -> None:
    spec, models = a_random_spec(seed)
    result = shock_to_liquidation(account_of(spec, models), direction_of(spec))
    slow, sharp = pools_of(spec, float), pools_of(spec, exact)
    for pool in result.pools:
        found = slow[pool.pool].first_failure(FAR)
        if found is not None:
            assert pool.shock <= found + NEAR * (1.0 + found)
        elif pool.shock < FAR * (1.0 - NEAR):  # between two points of the grid, and solvent again
            assert is_short_beyond(pool.shock, sharp[pool.pool])


@CHECKED
@given(seed=SEEDS, move=st.floats(0.0, 3.0))
def test_the_curve_is_the_sums_of_each_move(seed: int, move: float) -> None:
    spec, models = a_random_spec(seed)
    account, direction = account_of(spec, models), direction_of(spec)
    (point,) = shock_curve(account, direction, [move])
    slow = pools_of(spec, float)
    for state, pool in zip(point.pools, shock_to_liquidation(account, direction).pools, strict=True):
        sums, reference = slow[state.pool].sums(move), slow[state.pool]
        money = 1.0 if reference.in_dollars else reference.money(reference.pockets[0], move)
        if money < 1e-9:
            continue  # in a worthless coin every amount is endless
        near = ROUNDING * sums.gross / money
        assert state.equity == pytest.approx(sums.equity / money, rel=1e-9, abs=near)
        assert state.required == pytest.approx(sums.required / money, rel=1e-9, abs=near)
        assert state.is_liquidated is (move >= pool.shock)


@CHECKED
@given(seed=SEEDS)
def test_what_is_reported_at_the_shock_is_what_the_sums_are_there(seed: int) -> None:
    spec, models = a_random_spec(seed)
    result = shock_to_liquidation(account_of(spec, models), direction_of(spec))
    slow = pools_of(spec, float)
    for pool in result.pools:
        if pool.cause is not Cause.CROSSED:
            continue
        reference = slow[pool.pool]
        sums = reference.sums(pool.shock)
        money = 1.0 if reference.in_dollars else reference.money(reference.pockets[0], pool.shock)
        assert pool.equity * money == pytest.approx(
            pool.required * money, rel=1e-9, abs=ROUNDING * sums.gross
        )
        assert pool.equity * money == pytest.approx(sums.equity, rel=1e-9, abs=ROUNDING * sums.gross)
        assert pool.segment[0] <= pool.shock <= pool.segment[1]
