"""What must hold of every account, whatever is in it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.account import (
    AccountBook,
    Collateral,
    Direction,
    Wallet,
    along,
    liquidation_prices,
    shock_both_ways,
    shock_to_liquidation,
    together,
)
from riskd.measure.account.book import COUNTS_WHOLE
from riskd.measure.venues import MODELS, Holding, cross, linear, liquidation_price, marginal
from tests.measure.account.builders import a_linear
from tests.measure.account.random_accounts import a_random_spec, account_of, direction_of

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**9)


def an_account(seed: int) -> tuple[AccountBook, Direction]:
    spec, models = a_random_spec(seed)
    return account_of(spec, models), direction_of(spec)


def shocks(account: AccountBook, direction: Direction) -> dict[str, float]:
    return {pool.pool: pool.shock for pool in shock_to_liquidation(account, direction).pools}


@CHECKED
@given(seed=SEEDS, more=st.floats(1.0, 3.0))
def test_more_cash_never_brings_liquidation_nearer(seed: int, more: float) -> None:
    account, direction = an_account(seed)
    richer = replace(
        account,
        lines=tuple(x if x.margin is None else replace(x, margin=x.margin * more) for x in account.lines),
        wallets=tuple(
            replace(wallet, cash=wallet.cash + abs(wallet.cash) * (more - 1.0)) for wallet in account.wallets
        ),
    )
    before, after = shocks(account, direction), shocks(richer, direction)
    for pool, shock in before.items():
        assert after[pool] >= shock * (1.0 - 1e-9)


@CHECKED
@given(seed=SEEDS)
def test_the_order_of_positions_and_wallets_does_not_matter(seed: int) -> None:
    account, direction = an_account(seed)
    turned = replace(account, lines=account.lines[::-1], wallets=account.wallets[::-1])
    before, after = shocks(account, direction), shocks(turned, direction)
    assert after.keys() == before.keys()
    for pool, shock in before.items():
        assert after[pool] == pytest.approx(shock, rel=1e-9, abs=1e-12)


@CHECKED
@given(seed=SEEDS, pace=st.floats(0.1, 10.0))
def test_a_direction_of_twice_the_length_needs_half_the_move(seed: int, pace: float) -> None:
    account, direction = an_account(seed)
    faster = along({asset: beta * pace for asset, beta in direction.betas})
    before, after = shocks(account, direction), shocks(account, faster)
    for pool, shock in before.items():
        assert after[pool] * pace == pytest.approx(shock, rel=1e-9, abs=1e-12)


@CHECKED
@given(seed=SEEDS)
def test_isolated_positions_change_nothing_for_the_cross_account(seed: int) -> None:
    account, direction = an_account(seed)
    without = replace(account, lines=tuple(x for x in account.lines if x.margin is None))
    assert shock_to_liquidation(account, direction).cross == shock_to_liquidation(without, direction).cross


@CHECKED
@given(seed=SEEDS)
def test_both_ways_are_each_way(seed: int) -> None:
    account, direction = an_account(seed)
    ways = shock_both_ways(account, direction)
    assert ways.forward == shock_to_liquidation(account, direction)
    assert shocks(account, direction.reversed()) == {p.pool: p.shock for p in ways.backward.pools}
    assert ways.nearer.shock == min(ways.forward.shock, ways.backward.shock)
    again = direction.reversed().reversed()
    assert (again.betas, again.others) == (direction.betas, direction.others)


@CHECKED
@given(seed=SEEDS)
def test_one_wallet_of_dollars_is_the_same_account_pooled_or_not(seed: int) -> None:
    account, direction = an_account(seed)
    alone = replace(
        account,
        lines=tuple(line for line in account.lines if line.settle == "USDT"),
        wallets=tuple(
            replace(w, price=1.0, haircut=COUNTS_WHOLE) for w in account.wallets if w.asset == "USDT"
        ),
    )
    steady = along({asset: beta for asset, beta in direction.betas if asset != "USDT"})
    pooled = shock_to_liquidation(replace(alone, collateral=Collateral.POOLED), steady).shock
    separate = shock_to_liquidation(replace(alone, collateral=Collateral.SEPARATE), steady).shock
    assert pooled == pytest.approx(separate, rel=1e-9, abs=1e-12)


@CHECKED
@given(
    btc=st.floats(-5.0, 5.0).filter(lambda x: abs(x) > 0.01),
    eth=st.floats(-50.0, 50.0).filter(lambda x: abs(x) > 0.01),
    cash=st.floats(0.0, 2e5),
    drift=st.floats(0.8, 1.2),
)
def test_in_an_account_of_two_each_price_is_that_with_the_other_one_standing_still(
    btc: float, eth: float, cash: float, drift: float
) -> None:
    model, table = MODELS["binance_usdm"], marginal([(0.0, 0.004), (50_000.0, 0.01), (200_000.0, 0.05)])
    lines = (
        a_linear("BTC", btc, 30_000.0, mark=30_000.0 * drift, table=table),
        a_linear("ETH", eth, 1_500.0, mark=1_500.0 / drift, table=table),
    )
    account = AccountBook(lines=lines, wallets=(Wallet(asset="USDT", cash=cash),))
    if shock_to_liquidation(account, together(1.0)).shock == 0.0:
        return
    for line, other, found in zip(lines, lines[::-1], liquidation_prices(account), strict=True):
        expected = liquidation_price(model, [line.holding], cross(model, cash, [other.holding]))
        nearest = found.below if line.holding.position.side > 0.0 else found.above
        assert nearest == pytest.approx(expected, rel=1e-9) if expected is not None else nearest is None


@CHECKED
@given(
    long=st.floats(0.1, 5.0),
    short=st.floats(0.1, 5.0),
    cash=st.floats(100.0, 5e4),
    name=st.sampled_from(("binance_usdm", "bitget", "gate", "okx", "bybit_linear")),
)
def test_a_pair_of_hedge_mode_has_the_nearer_of_its_two_prices(
    long: float, short: float, cash: float, name: str
) -> None:
    model, table = MODELS[name], marginal([(0.0, 0.004), (50_000.0, 0.02), (90_000.0, 0.1)])
    sizes = (long, -short)
    lines = tuple(a_linear("BTC", size, 30_000.0, table=table, model=model) for size in sizes)
    account = AccountBook(lines=lines, wallets=(Wallet(asset="USDT", cash=cash),))
    if shock_to_liquidation(account, together(1.0)).shock == 0.0:
        return
    holdings = [Holding(position=linear(size, 30_000.0), mark=30_000.0, maintenance=table) for size in sizes]
    expected = liquidation_price(model, holdings, cross(model, cash))
    one, other = liquidation_prices(account)
    assert (one.below, one.above) == (other.below, other.above)
    marks = [price for price in (one.below, one.above) if price is not None]
    nearest = min(marks, key=lambda price: abs(math.log(price / 30_000.0)), default=None)
    assert nearest == pytest.approx(expected, rel=1e-9) if expected is not None else nearest is None
