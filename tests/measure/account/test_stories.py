"""Accounts whose answer is published, or worked by hand in the test."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from riskd.measure.account import (
    AccountBook,
    Cause,
    Collateral,
    Line,
    Wallet,
    alone,
    along,
    by_beta,
    liquidation_prices,
    shock_both_ways,
    shock_curve,
    shock_to_liquidation,
    together,
)
from riskd.measure.venues import MODELS, Contract, Holding, Position, flat, linear_in_size, marginal
from riskd.measure.venues.model import ContractKind, MarginMode
from riskd.measure.venues.schedule import Schedule, Tier
from tests.measure.account.builders import a_book, a_linear, an_inverse, dollars

FALL, RISE = together(-1.0), together(1.0)
BINANCE = a_book(
    a_linear("BTC", 109.488, 32_481.98, mark=31_967.27, table=flat(0.025, 16_300.0)),
    a_linear("ETH", 3_683.979, 1_456.84, mark=1_335.18, table=flat(0.1, 135_365.0)),
    cash=1_535_443.01,
)
# One rate on the whole: 1 % below 900, 10 % from there on.
WHOLE = Schedule(tiers=(Tier(floor=0.0, rate=0.01), Tier(floor=900.0, rate=0.1)))


# ---- published ------------------------------------------------------------------------------------------------------


def test_binance_two_positions_of_one_account_price_each_other() -> None:
    btc, eth = liquidation_prices(BINANCE)
    assert btc.below == pytest.approx(26_316.89, abs=0.01)
    assert eth.below == pytest.approx(1_153.26, abs=0.01)
    assert (btc.above, eth.above) == (None, None)


def test_binance_margin_ratio_of_both_positions() -> None:
    (point,) = shock_curve(BINANCE, FALL, [0.0])
    assert point.pools[0].equity == pytest.approx(1_030_895.55, abs=0.2)
    assert point.pools[0].required == pytest.approx(427_713.32, abs=0.2)
    assert point.pools[0].ratio == pytest.approx(0.41489505, rel=1e-6)


def test_an_estimate_by_position_shows_4_60_percent_where_the_account_has_0_60() -> None:
    """TorchTrade#344: 5 + (P - 100) = 0.004·P + 4, P = 99.398."""
    position = a_linear("BTC", 1.0, 100.0, table=flat(0.004))
    other = a_linear("ETH", 10.0, 100.0, table=flat(0.004))
    by_itself, account = a_book(position, cash=5.0), a_book(position, other, cash=5.0)
    shown = shock_to_liquidation(by_itself, alone("BTC", -1.0))
    true = shock_to_liquidation(account, alone("BTC", -1.0))
    assert shown.shock == pytest.approx(1.0 - 95.0 / 99.6)  # 4.62 %; the estimate of the story is 4.60 %
    assert true.shock == pytest.approx(1.0 - 99.0 / 99.6)
    assert liquidation_prices(account)[0].below == pytest.approx(99.398, abs=5e-4)
    assert shock_to_liquidation(account, FALL).shock < true.shock, "and worse if both fall"


@pytest.mark.parametrize(("mark", "coins"), [(8_000.0, 2.0), (10_000.0, 1.6), (5_000.0, 3.2)])
def test_an_inverse_short_of_all_coins_locks_their_dollars_and_is_never_liquidated(
    mark: float, coins: float
) -> None:
    short = an_inverse("BTC", -16_000.0, 8_000.0, mark=mark, table=flat(0.005))
    account = AccountBook(lines=(short,), wallets=(dollars(2.0, "BTC"),))
    ways = shock_both_ways(account, FALL)
    assert (ways.forward.shock, ways.backward.shock) == (math.inf, math.inf)
    (point,) = shock_curve(account, FALL, [0.0])
    assert point.pools[0].equity == pytest.approx(coins)
    for point in shock_curve(account, FALL, [0.0, 0.5, 0.99, 1.0]):
        assert point.pools[0].ratio == pytest.approx(0.005)


# ---- jumps ----------------------------------------------------------------------------------------------------------


def test_where_margin_jumps_past_equity_the_answer_is_the_place_of_the_jump() -> None:
    account = a_book(a_linear("BTC", -8.0, 100.0, table=WHOLE), cash=150.0)
    pool = shock_to_liquidation(account, RISE).cross
    assert pool is not None
    assert pool.cause is Cause.JUMPED
    assert pool.shock == pytest.approx(0.125)  # 8 · 112.5 = 900
    assert (pool.equity, pool.required_before, pool.required) == pytest.approx((50.0, 9.0, 90.0))
    assert pool.jumping == ("BTC/USDT:USDT short",)
    assert pool.prices[0].price == pytest.approx(112.5)
    sound = a_book(a_linear("BTC", -8.0, 100.0, table=flat(0.01)), cash=150.0)
    assert shock_to_liquidation(sound, RISE).shock == pytest.approx(142.0 / 808.0)


def test_the_first_place_counts_where_a_later_one_would_be_found_first() -> None:
    """From 900 to 1,000 this table asks for everything, beyond it for little: tangents from beyond see a safe account."""
    trap = Schedule(
        tiers=(Tier(floor=0.0, rate=0.01), Tier(floor=900.0, rate=0.9), Tier(floor=1_000.0, rate=0.01))
    )
    pool = shock_to_liquidation(a_book(a_linear("BTC", -8.0, 100.0, table=trap), cash=500.0), RISE).cross
    assert pool is not None
    assert pool.shock == pytest.approx(0.125)
    points = shock_curve(a_book(a_linear("BTC", -8.0, 100.0, table=trap), cash=500.0), RISE, [0.2, 0.3])
    assert [point.pools[0].ratio > 1.0 for point in points] == [True, False]
    assert all(point.pools[0].is_liquidated for point in points), "what came first has happened"


def test_two_jumps_that_meet_at_one_place_count_together() -> None:
    """At 112.5 the linear short is in the upper tier already and the inverse one still: for that moment both count."""
    rising = a_linear("BTC", -8.0, 100.0, table=WHOLE)
    leaving = Schedule(tiers=(Tier(floor=0.0, rate=0.0), Tier(floor=8.0, rate=0.1)))
    falling = Line(
        symbol="BTC/USD:BTC",
        asset="BTC",
        settle="BTC",
        model=MODELS["binance_coinm"],
        holding=Holding(
            position=Position(contract=Contract(kind=ContractKind.INVERSE), contracts=-900.0, entry=100.0),
            mark=100.0,
            maintenance=leaving,
        ),
    )
    wallets = (dollars(200.0), Wallet(asset="BTC", cash=9.0, price=100.0))
    account = AccountBook(lines=(rising, falling), wallets=wallets, collateral=Collateral.POOLED)
    either = 200.0 + 900.0 - 100.0  # linear: -8 · 12.5; the inverse short locks its dollars
    pool = shock_to_liquidation(account, RISE).cross
    assert pool is not None
    assert pool.shock > 0.125
    tight = replace(account, wallets=(dollars(200.0 - (either - 150.0)), wallets[1]))
    pool = shock_to_liquidation(tight, RISE).cross
    assert pool is not None
    assert pool.shock == pytest.approx(0.125)
    assert pool.equity == pytest.approx(150.0)
    assert pool.required == pytest.approx(90.0 + 90.0)


def test_a_value_that_leaves_its_tier_at_once_has_margin_of_the_tier_below_from_there_on() -> None:
    odd = Schedule(tiers=(Tier(floor=0.0, rate=0.5), Tier(floor=1_000.0, rate=0.01)))
    pool = shock_to_liquidation(a_book(a_linear("BTC", 10.0, 100.0, table=odd), cash=100.0), FALL).cross
    assert pool is not None
    assert (pool.shock, pool.cause) == (0.0, Cause.JUMPED)


# ---- wallets --------------------------------------------------------------------------------------------------------


def test_each_wallet_is_an_account_of_its_own_and_the_first_to_fail_counts() -> None:
    lines = (
        a_linear("BTC", 1.0, 100.0),
        a_linear("ETH", 1.0, 100.0, settle="USDC"),
        an_inverse("BTC", 100.0, 100.0),
    )
    wallets = (dollars(50.0), dollars(20.0, "USDC"), dollars(0.5, "BTC"))
    result = shock_to_liquidation(AccountBook(lines=lines, wallets=wallets), FALL)
    shocks = {pool.pool: pool.shock for pool in result.pools}
    assert shocks["USDT"] == pytest.approx(49.0 / 99.0)
    assert shocks["USDC"] == pytest.approx(19.0 / 99.0)
    # In coin: 0.5 + 1 - 1/(1-s) = 0.01/(1-s).
    assert shocks["BTC"] == pytest.approx(1.0 - 1.01 / 1.5)
    assert result.cross is not None
    assert result.cross.pool == "USDC"


def test_coins_that_are_collateral_fall_with_the_position_that_they_back() -> None:
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0),),
        wallets=(Wallet(asset="BTC", cash=1.0, price=100.0, haircut=flat(0.1)), dollars(0.0)),
        collateral=Collateral.POOLED,
    )
    # 90·(1-s) - 100·s = 1·(1-s)
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(89.0 / 189.0)
    assert liquidation_prices(account)[0].below == pytest.approx(100.0 * 100.0 / 189.0)


def test_a_balance_counts_less_while_it_is_positive_and_whole_once_it_is_owed() -> None:
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0),),
        wallets=(Wallet(asset="USDT", cash=20.0, price=1.0, haircut=flat(0.5)), dollars(30.0, "USDC")),
        collateral=Collateral.POOLED,
    )
    # Below 0.2: 30 + (20 - 100·s)/2; beyond it 30 + 20 - 100·s = 1·(1-s).
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(49.0 / 99.0)
    points = shock_curve(account, FALL, [0.1, 0.3])
    assert [point.pools[0].equity for point in points] == pytest.approx([35.0, 20.0])


def test_a_haircut_may_grow_with_the_balance() -> None:
    haircut = marginal([(0.0, 0.0), (1.0, 1.0)])  # beyond one coin nothing counts
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0),),
        wallets=(Wallet(asset="BTC", cash=5.0, price=100.0, haircut=haircut), dollars(0.0)),
        collateral=Collateral.POOLED,
    )
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(99.0 / 199.0)


def test_a_stablecoin_that_loses_its_peg_liquidates_what_it_backs() -> None:
    """2025-10-10: USDe at 0.65 on one venue, as margin of positions that did not move."""
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0, table=flat(0.5)),),
        wallets=(dollars(70.0, "USDe"), dollars(0.0)),
        collateral=Collateral.POOLED,
    )
    # 70·(1-s) = 50
    assert shock_to_liquidation(account, along({"USDe": -1.0})).shock == pytest.approx(2.0 / 7.0)
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(20.0 / 50.0), (
        "money stands still by itself"
    )
    assert shock_to_liquidation(account, along({"USDe": -0.35})).shock < 1.0, "0.65 was enough"


def test_collateral_without_a_position_moves_only_if_it_says_what_it_follows() -> None:
    bnb = Wallet(asset="BNB", cash=1.0, price=50.0)
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0),), wallets=(bnb, dollars(0.0)), collateral=Collateral.POOLED
    )
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(49.0 / 99.0)
    moving = replace(account, wallets=(replace(bnb, follows="BNB"), dollars(0.0)))
    assert shock_to_liquidation(moving, FALL).shock == pytest.approx(49.0 / 149.0)
    assert shock_to_liquidation(moving, alone("BTC", -1.0)).shock == pytest.approx(49.0 / 99.0)


def test_a_quanto_contract_gains_coins_whose_own_price_moves() -> None:
    quanto = Line(
        symbol="ETHUSD",
        asset="ETH",
        settle="BTC",
        model=MODELS["gate"],
        holding=Holding(
            position=Position(
                contract=Contract(kind=ContractKind.QUANTO, multiplier=1e-6), contracts=1_000.0, entry=1_000.0
            ),
            mark=1_000.0,
            maintenance=flat(0.01),
        ),
        fee_rate=0.0,
    )
    alone_in_coin = AccountBook(lines=(quanto,), wallets=(dollars(0.5, "BTC"),))
    # In coin the price of the coin does not matter: 0.5 - s = 0.01·(1-s).
    assert shock_to_liquidation(alone_in_coin, FALL).shock == pytest.approx(0.49 / 0.99)
    pooled = AccountBook(
        lines=(quanto,),
        wallets=(dollars(5_000.0), Wallet(asset="BTC", cash=0.0, price=20_000.0, follows="BTC")),
        collateral=Collateral.POOLED,
    )
    # In dollars: 5,000 - 20,000·(1-s)·s = 200·(1-s)², and the loss shrinks with the coin it is owed in.
    s = shock_to_liquidation(pooled, FALL).shock
    assert 5_000.0 - 20_000.0 * (1.0 - s) * s == pytest.approx(200.0 * (1.0 - s) ** 2)
    assert s < 0.5
    steady = replace(pooled, wallets=(dollars(5_000.0), Wallet(asset="BTC", cash=0.0, price=20_000.0)))
    assert shock_to_liquidation(steady, FALL).shock == pytest.approx(4_800.0 / 19_800.0)


# ---- modes ----------------------------------------------------------------------------------------------------------


def test_an_isolated_position_dies_by_itself_and_the_cross_account_goes_on() -> None:
    isolated = a_linear("ETH", 1.0, 100.0, margin=10.0)
    cross = a_linear("BTC", 1.0, 100.0)
    result = shock_to_liquidation(a_book(cross, isolated, cash=50.0), FALL)
    assert result.isolated is not None
    assert result.isolated.pool == "ETH/USDT:USDT long"
    assert result.isolated.shock == pytest.approx(9.0 / 99.0)
    assert result.shock == shock_to_liquidation(a_book(cross, cash=50.0), FALL).shock
    point = shock_curve(a_book(cross, isolated, cash=50.0), FALL, [0.2])[0]
    assert [(state.mode, state.is_liquidated) for state in point.pools] == [
        (MarginMode.CROSS, False),
        (MarginMode.ISOLATED, True),
    ]


def test_of_a_long_and_a_short_some_venues_margin_the_larger_one_alone() -> None:
    def pair(name: str) -> AccountBook:
        model = MODELS[name]
        table = Schedule(tiers=(Tier(floor=0.0, rate=0.01), Tier(floor=450.0, rate=0.1)))
        sides = [a_linear("BTC", size, 100.0, table=table, model=model, fee_rate=0.0) for size in (3.0, -1.0)]
        return a_book(*sides, cash=100.0)

    # Each side: 100 - 200·s = 4·(1-s). Larger: 100 - 200·s = 3·(1-s), 450 being out of reach on the way down.
    assert shock_to_liquidation(pair("binance_usdm"), FALL).shock == pytest.approx(96.0 / 196.0)
    assert shock_to_liquidation(pair("gate"), FALL).shock == pytest.approx(97.0 / 197.0)
    # On the way up the pair gains 200·s. Both together are worth 450 at 112.5: 10 % of the larger one are 33.75.
    point = {
        name: shock_curve(pair(name), RISE, [0.13])[0].pools[0].required
        for name in ("binance_usdm", "gate", "bitget")
    }
    assert point == pytest.approx({"binance_usdm": 4.52, "gate": 3.39, "bitget": 33.9})


def test_the_other_side_of_a_pair_in_isolated_margin_needs_its_own() -> None:
    sides = [a_linear("BTC", size, 100.0, model=MODELS["bitget"], margin=10.0) for size in (3.0, -1.0)]
    result = shock_to_liquidation(a_book(*sides), RISE)
    assert [pool.pool for pool in result.pools] == ["BTC/USDT:USDT long", "BTC/USDT:USDT short"]
    # 10 - 100·s = (0.01 + 0.0006)·100·(1+s)
    assert result.pools[1].shock == pytest.approx(8.94 / 101.06)


def test_inverse_beside_linear_in_one_pool_hedges_but_for_its_margin() -> None:
    long = an_inverse("BTC", 10_000.0, 100.0)
    short = a_linear("BTC", -100.0, 100.0)
    account = AccountBook(
        lines=(long, short),
        wallets=(dollars(500.0), Wallet(asset="BTC", cash=0.0, price=100.0)),
        collateral=Collateral.POOLED,
    )
    ways = shock_both_ways(account, FALL)
    # In dollars the gain of the inverse long is 10,000·s, and the loss of the short is the same; margin is 100 + 100·(1+s).
    assert ways.forward.shock == math.inf
    assert ways.backward.shock == pytest.approx(3.0)
    assert ways.nearer is ways.backward


def test_margin_that_grows_with_size_in_coin_makes_a_hyperbola_that_is_solved_exactly() -> None:
    table = linear_in_size(0.01, 0.00005)
    long = an_inverse("BTC", 10e6, 50_000.0, table=table, model=MODELS["deribit"])
    (found,) = liquidation_prices(AccountBook(lines=(long,), wallets=(dollars(20.0, "BTC"),)))
    # 20 + D/50,000 - v = 0.01·v + 0.00005·v², v = D/p
    v = (-1.01 + math.sqrt(1.01**2 + 4 * 0.00005 * 220.0)) / (2 * 0.00005)
    assert found.below == pytest.approx(10e6 / v, rel=1e-12)


# ---- directions -----------------------------------------------------------------------------------------------------


def test_directions_move_what_they_name() -> None:
    account = a_book(a_linear("BTC", 1.0, 100.0), a_linear("ETH", -1.0, 100.0), cash=50.0)
    assert shock_to_liquidation(account, FALL).shock == math.inf, "hedged, and margin shrinks"
    assert shock_to_liquidation(account, RISE).shock == pytest.approx(48.0 / 2.0)
    assert shock_to_liquidation(account, alone("BTC", -1.0)).shock == pytest.approx(48.0 / 99.0)
    assert shock_to_liquidation(account, along({"BTC": -1.0, "ETH": 1.0})).shock == pytest.approx(
        48.0 / 200.0
    )
    betas = by_beta({"BTC": 1.0, "ETH": 1.5}, 1.0)
    # 50 + 100·s - 150·s = 1·(1+s) + 1·(1+1.5·s)
    assert shock_to_liquidation(account, betas).shock == pytest.approx(48.0 / 52.5)
    assert shock_to_liquidation(account, betas.reversed()).shock == math.inf


def test_a_coin_whose_beta_is_unknown_makes_the_answer_unknown_and_is_named() -> None:
    account = a_book(a_linear("BTC", 1.0, 100.0), a_linear("SOL", 1.0, 100.0), cash=50.0)
    pool = shock_to_liquidation(account, by_beta({"BTC": 1.0}, -1.0)).cross
    assert pool is not None
    assert math.isnan(pool.shock)
    assert pool.missing == ("beta of SOL",)
