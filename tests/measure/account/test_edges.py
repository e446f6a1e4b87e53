"""What is missing is named, and what is absurd has an answer all the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from riskd.measure.account import (
    AccountBook,
    Cause,
    Collateral,
    Line,
    Wallet,
    along,
    liquidation_prices,
    shock_both_ways,
    shock_curve,
    shock_to_liquidation,
    together,
)
from riskd.measure.venues import MODELS, flat, linear_in_size
from riskd.measure.venues.schedule import Schedule, Tier
from tests.measure.account.builders import a_book, a_linear, an_inverse, dollars

FALL, RISE = together(-1.0), together(1.0)
NAN = math.nan


def pooled(line: Line, wallet: Wallet) -> AccountBook:
    return AccountBook(lines=(line,), wallets=(dollars(50.0), wallet), collateral=Collateral.POOLED)


BTC = a_linear("BTC", 1.0, 100.0)
COIN = Wallet(asset="ETH", cash=1.0, price=10.0)
UNKNOWN: list[tuple[str, AccountBook]] = [
    ("quantity of BTC/USDT:USDT", a_book(a_linear("BTC", NAN, 100.0), cash=50.0)),
    ("entry price of BTC/USDT:USDT long", a_book(a_linear("BTC", 1.0, NAN, mark=100.0), cash=50.0)),
    ("mark price of BTC/USDT:USDT long", a_book(a_linear("BTC", 1.0, 100.0, mark=NAN), cash=50.0)),
    ("mark price of BTC/USDT:USDT long", a_book(a_linear("BTC", 1.0, 100.0, mark=0.0), cash=50.0)),
    ("mark price of BTC/USDT:USDT long", a_book(a_linear("BTC", 1.0, 100.0, mark=math.inf), cash=50.0)),
    ("maintenance table of BTC/USDT:USDT", a_book(a_linear("BTC", 1.0, 100.0, table=flat(NAN)), cash=50.0)),
    (
        "maintenance table of BTC/USDT:USDT",
        a_book(a_linear("BTC", 1.0, 100.0, table=flat(0.1, NAN)), cash=50.0),
    ),
    (
        "maintenance table of BTC/USDT:USDT",
        a_book(a_linear("BTC", 1.0, 100.0, table=linear_in_size(0.1, NAN)), cash=50.0),
    ),
    (
        "maintenance table of BTC/USDT:USDT",
        a_book(a_linear("BTC", 1.0, 100.0, table=Schedule(tiers=())), cash=50.0),
    ),
    (
        "closing fee rate of BTC/USDT:USDT",
        a_book(a_linear("BTC", 1.0, 100.0, model=MODELS["gate"], fee_rate=NAN), cash=50.0),
    ),
    ("isolated margin of BTC/USDT:USDT long", a_book(a_linear("BTC", 1.0, 100.0, margin=NAN))),
    ("cash of the USDT wallet", a_book(BTC, cash=NAN)),
    ("the USDT wallet", AccountBook(lines=(BTC,))),
    (
        "maintenance table of BTC/USDT:USDT",
        a_book(
            a_linear(
                "BTC",
                1.0,
                100.0,
                table=Schedule(tiers=(Tier(floor=9.0, rate=0.1), Tier(floor=1.0, rate=0.2))),
            ),
            cash=50.0,
        ),
    ),
    (
        "price of BTC",
        AccountBook(
            lines=(BTC,), wallets=(dollars(50.0), Wallet(asset="BTC", cash=1.0)), collateral=Collateral.POOLED
        ),
    ),
    ("cash of the ETH wallet", pooled(BTC, replace(COIN, cash=NAN))),
    ("price of ETH", pooled(BTC, replace(COIN, price=NAN))),
    ("haircut of ETH", pooled(BTC, replace(COIN, haircut=flat(NAN)))),
    ("value of BTC/USDT:USDT long: too large to reckon with", a_book(a_linear("BTC", 1e50, 1e50), cash=50.0)),
    ("cash of the USDT wallet", a_book(BTC, cash=1e200)),
]


@pytest.mark.parametrize(("name", "account"), UNKNOWN, ids=[name for name, _ in UNKNOWN])
def test_an_input_that_is_missing_makes_the_answer_unknown_and_is_named(
    name: str, account: AccountBook
) -> None:
    for direction in (FALL, RISE):
        (pool,) = shock_to_liquidation(account, direction).pools
        assert math.isnan(pool.shock)
        assert (pool.cause, pool.missing) == (Cause.UNKNOWN, (name,))
    (prices,) = liquidation_prices(account)
    assert prices.below is not None
    assert prices.above is not None
    assert math.isnan(prices.below)
    assert math.isnan(prices.above)
    assert prices.missing == (name,)
    (state,) = shock_curve(account, FALL, [0.1])[0].pools
    assert all(map(math.isnan, (state.equity, state.required, state.ratio)))
    assert state.is_liquidated is False


def test_the_beta_of_collateral_may_be_what_is_missing() -> None:
    account = pooled(BTC, replace(COIN, follows="ETH"))
    (pool,) = shock_to_liquidation(account, along({"BTC": -1.0, "ETH": NAN})).pools
    assert pool.missing == ("beta of ETH",)


def test_what_is_not_needed_may_be_missing() -> None:
    account = AccountBook(
        lines=(BTC, a_linear("SOL", 0.0, NAN)),
        wallets=(dollars(50.0), dollars(NAN, "USDC"), Wallet(asset="XYZ", cash=0.0, price=NAN)),
    )
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(49.0 / 99.0)
    assert shock_to_liquidation(
        replace(account, wallets=(account.wallets[0], account.wallets[2]), collateral=Collateral.POOLED), FALL
    ).shock == pytest.approx(49.0 / 99.0)


def test_one_unknown_wallet_makes_the_account_unknown_unless_another_is_due() -> None:
    lines = (BTC, a_linear("ETH", 1.0, 100.0, settle="USDC"))
    for cash, shock in ((50.0, NAN), (0.5, 0.0)):
        account = AccountBook(lines=lines, wallets=(dollars(cash), dollars(NAN, "USDC")))
        assert shock_to_liquidation(account, FALL).shock == pytest.approx(shock, nan_ok=True)


def test_a_closing_fee_at_a_bankruptcy_price_that_positions_share_is_unknown() -> None:
    bybit = MODELS["bybit_inverse"]
    lines = tuple(
        replace(an_inverse("BTC", 100.0, 100.0, model=bybit), symbol=symbol)
        for symbol in ("BTCUSD", "BTCUSDM26")
    )
    account = AccountBook(lines=lines, wallets=(dollars(1.0, "BTC"),))
    pool = shock_to_liquidation(account, FALL).cross
    assert pool is not None
    assert [reason.rsplit(" ", 1)[1] for reason in pool.missing] == ["BTCUSD", "BTCUSDM26"]
    assert not math.isnan(shock_to_liquidation(replace(account, lines=lines[:1]), FALL).shock)


def test_nothing_held_is_never_liquidated_whatever_the_wallets_say() -> None:
    for account in (
        AccountBook(),
        a_book(),
        a_book(cash=-5.0),
        a_book(a_linear("BTC", 0.0, 100.0), cash=NAN),
    ):
        result = shock_to_liquidation(account, FALL)
        assert (result.shock, result.pools, result.cross, result.isolated) == (math.inf, (), None, None)
        assert liquidation_prices(account) == ()
        assert shock_curve(account, FALL, [0.0])[0].pools == ()
        assert shock_both_ways(account, FALL).nearer.shock == math.inf


@pytest.mark.parametrize("cash", [-1e20, -1.0, 0.0, 1.0])
def test_equity_that_does_not_exceed_what_is_required_is_due_already(cash: float) -> None:
    pool = shock_to_liquidation(a_book(BTC, cash=cash), RISE).cross
    assert pool is not None
    assert (pool.shock, pool.cause) == (0.0, Cause.ALREADY)
    assert (pool.equity, pool.required) == (cash, 1.0)


@pytest.mark.parametrize("size", [1e-20, 1e-8, 1.0, 1e20])
def test_dust_and_absurd_sizes_have_the_same_answer(size: float) -> None:
    account = a_book(
        a_linear("BTC", size, 100.0), a_linear("ETH", -0.5 * size, 100.0, table=flat(0.02)), cash=30.0 * size
    )
    # 30 - 50·s = (1-s) + (1-s)
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(28.0 / 48.0, rel=1e-12)
    coin = AccountBook(lines=(an_inverse("BTC", size, 100.0),), wallets=(dollars(0.005 * size, "BTC"),))
    assert shock_to_liquidation(coin, FALL).shock == pytest.approx(1.0 - 0.0101 / 0.015, rel=1e-12)


def test_dust_beside_a_giant_neither_hides_nor_counts() -> None:
    giant, dust = a_linear("BTC", 1e12, 100.0), a_linear("ETH", -1e-20, 1e-6)
    account = a_book(giant, dust, cash=50e12)
    assert shock_to_liquidation(account, FALL).shock == pytest.approx(49.0 / 99.0, rel=1e-12)
    fully_paid = a_book(giant, dust, cash=100e12)
    assert shock_to_liquidation(fully_paid, FALL).shock == math.inf
    # Nothing remains of the giant when its price is zero: the short of a millionth of a cent has all of the cash.
    after = shock_to_liquidation(
        replace(fully_paid, wallets=(dollars(100e12 + 1.0),)), along({"BTC": -1.0, "ETH": 1.0})
    )
    assert after.shock == pytest.approx(1.0 / 1.01e-26, rel=1e-3)


def test_a_fully_paid_long_is_never_liquidated_by_a_price() -> None:
    for cash, shock in ((100.0, math.inf), (101.0, math.inf), (99.999, pytest.approx(1.0, abs=1e-4))):
        assert shock_to_liquidation(a_book(BTC, cash=cash), FALL).shock == shock


def test_without_maintenance_the_place_is_where_nothing_is_left() -> None:
    bare = a_linear("BTC", 1.0, 100.0, table=flat(0.0))
    assert shock_to_liquidation(a_book(bare, cash=40.0), FALL).shock == pytest.approx(0.4)
    assert shock_to_liquidation(a_book(bare, cash=0.0), FALL).shock == 0.0
    assert shock_to_liquidation(a_book(bare, cash=0.0), RISE).shock == math.inf, "it owes nothing and gains"


def test_a_direction_in_which_nothing_moves_has_no_shock() -> None:
    account = a_book(BTC, cash=50.0)
    assert shock_to_liquidation(account, along({})).shock == math.inf
    assert shock_to_liquidation(account, along({"DOGE": -1.0})).shock == math.inf


def test_an_asset_that_becomes_worthless_takes_what_is_settled_in_it_along() -> None:
    account = AccountBook(
        lines=(a_linear("BTC", 1.0, 100.0, settle="USDX"), a_linear("ETH", 1.0, 100.0)),
        wallets=(dollars(10.0, "USDX"), dollars(60.0)),
        collateral=Collateral.POOLED,
    )
    # USDX falls to nothing at 0.5: from there on 60 - 100·s·b stands against the margin of ETH alone.
    far = along({"USDX": -2.0, "ETH": -0.5})
    result = shock_to_liquidation(account, far)
    # 60 - 50·s = 1 - 0.5·s
    assert result.shock == pytest.approx(59.0 / 49.5)
    points = shock_curve(account, far, [0.25, 0.75])
    assert [p.pools[0].required for p in points] == pytest.approx([0.5 + 0.875, 0.625])
    assert [p.pools[0].equity for p in points] == pytest.approx([5.0 + 47.5, 22.5])


def test_a_worthless_coin_leaves_an_inverse_account_what_its_dollars_are() -> None:
    long = AccountBook(lines=(an_inverse("BTC", 100.0, 100.0),), wallets=(dollars(10.0, "BTC"),))
    assert shock_to_liquidation(long, FALL).shock == pytest.approx(1.0 - 1.01 / 11.0)
    (gone,) = shock_curve(long, FALL, [1.0])[0].pools
    assert (gone.equity, gone.required, gone.ratio) == (-math.inf, math.inf, math.inf)
    growing = an_inverse("BTC", -100.0, 100.0, table=linear_in_size(0.01, 0.001), model=MODELS["deribit"])
    short = AccountBook(lines=(growing,), wallets=(dollars(1.0, "BTC"),))
    # v = 1/(1-s): v = 0.01·v + 0.001·v²
    assert shock_to_liquidation(short, FALL).shock == pytest.approx(1.0 - 1.0 / 990.0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: replace(an_inverse("BTC", 1.0, 1.0), settle="USDT"),
            "an inverse contract on BTC settles in BTC, found USDT",
        ),
        (lambda: AccountBook(wallets=(dollars(1.0), dollars(2.0))), "found two of USDT"),
        (
            lambda: Wallet(asset="BTC", cash=1.0, haircut=linear_in_size(0.1, 0.1)),
            "haircut of BTC: expected tiers",
        ),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_a_table_that_ends_at_infinity_is_as_good_as_one_that_ends() -> None:
    padded = Schedule(tiers=(Tier(floor=0.0, rate=0.01), Tier(floor=math.inf, rate=0.5)))
    assert shock_to_liquidation(
        a_book(a_linear("BTC", -1.0, 100.0, table=padded), cash=50.0), RISE
    ).shock == pytest.approx(49.0 / 101.0)
