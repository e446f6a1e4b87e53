"""What backs an account: the venue's published example, pegs, and collateral that falls."""

from __future__ import annotations

import math

import pytest

from riskd.measure.book.book import Book
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain
from tests.builder_markets import with_collateral
from tests.builders import a_history, a_position, a_snapshot, a_surface, an_account
from tests.measure.books import measured, reason, value, values

PEGGED = {"USDT": (1.0, 0.0001), "USDC": (1.0, 0.0001)}
COINS = {**PEGGED, "BTC": (60_000.0, 0.05), "USDE": (1.0, 0.1)}


def backed(
    equity: float,
    held: dict[str, float] | None,
    *,
    index: dict[str, tuple[float, float]] | None = None,
    margin: float = 0.0,
    settles: str = "USDT",
    **changes: float | str,
) -> Book:
    """One account with this equity, these assets and this maintenance margin."""
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=equity, equity=equity, maintenance_margin=margin)],
        positions=[a_position(f"BTC/{settles}:{settles}", 0.01, mark=60_000.0)] if margin else [],
    )
    history = with_collateral(
        a_history(snapshot),
        snapshot,
        {} if held is None else {"main": held},
        COINS if index is None else index,
        **changes,  # type: ignore[arg-type]  # age_seconds and trouble
    )
    return Book.of(snapshot, history)


def test_the_published_example_of_multi_assets_mode() -> None:
    """200 USDT at 0.9801 and 220 USDC at 1: account equity 416.02, a gap of 1 % for USDT, and no coin.

    Source: Binance, How to Calculate Margin Ratio in the Multi-Assets Mode.
    """
    book = backed(416.02, {"USDT": 200.0, "USDC": 220.0}, index={"USDT": (0.99, 0.01), "USDC": (1.0, 0.0)})
    assert pytest.approx(416.02) == 200.0 * 0.99 * (1 - 0.01) + 220.0
    assert value(book, "peg_gap", Grain.ACCOUNT) == pytest.approx(0.01)
    assert value(book, "collateral_share", Grain.ACCOUNT) == 0.0


# ---- pegs ------------------------------------------------------------------------------------------------------------


def test_the_worst_currency_that_is_used_decides_in_either_direction() -> None:
    index = {"USDT": (1.004, 0.0), "USDC": (0.88, 0.0), "FDUSD": (0.5, 0.0)}
    assert value(backed(1e4, {"USDT": 1e4}, index=index), "peg_gap", Grain.ACCOUNT) == pytest.approx(0.004)
    both = backed(1e4, {"USDT": 1e4}, index=index, margin=10.0, settles="USDC")
    assert value(both, "peg_gap", Grain.ACCOUNT) == pytest.approx(0.12)


def test_a_coin_is_no_currency_at_par() -> None:
    assert value(backed(1e4, {"BTC": 0.2}), "peg_gap", Grain.ACCOUNT) == 0.0
    index = {**COINS, "USDE": (0.65, 0.1)}
    assert value(backed(1e4, {"USDT": 1e4, "USDE": 1.0}, index=index), "peg_gap", Grain.ACCOUNT) == 0.0


# ---- coins -----------------------------------------------------------------------------------------------------------


def test_coins_count_after_the_haircut_and_debts_do_not_count_against_them() -> None:
    """0.2 BTC are 12,000 and count 11,400; with 5,000 USDT owed, equity is 6,400: it rests on coins, and more."""
    book = backed(6_400.0, {"BTC": 0.2, "USDT": -5_000.0})
    assert value(book, "collateral_share", Grain.ACCOUNT) == pytest.approx(11_400 / 6_400)
    owed = backed(6_400.0, {"BTC": -0.1, "USDT": 12_400.0})
    assert value(owed, "collateral_share", Grain.ACCOUNT) == 0.0


def test_a_dollar_that_riskd_does_not_count_at_par_is_a_coin() -> None:
    assert value(backed(1e4, {"USDE": 1e4}), "collateral_share", Grain.ACCOUNT) == pytest.approx(0.9)


def test_collateral_without_equity_is_infinite() -> None:
    assert value(backed(0.0, {"BTC": 0.2}), "collateral_share", Grain.ACCOUNT) == math.inf
    assert value(backed(-5.0, {"USDT": -5.0}), "collateral_share", Grain.ACCOUNT) == 0.0


# ---- stress ----------------------------------------------------------------------------------------------------------


def test_margin_after_usde_fell_to_65_cents() -> None:
    """10,000 USDe count 9,000; with 1,000 USDT equity is 10,000. MM 2,000 is 20 %; after 35 % it is 2,000 / 6,850."""
    book = backed(10_000.0, {"USDE": 10_000.0, "USDT": 1_000.0}, margin=2_000.0)
    assert value(book, "margin_ratio", Grain.ACCOUNT) == pytest.approx(0.2)
    assert value(book, "collateral_stress", Grain.ACCOUNT) == pytest.approx(2_000 / 6_850)
    assert value(book, "collateral_stress", Grain.ACCOUNT, fall=1.0) == pytest.approx(2.0)


def test_an_account_in_dollars_is_not_stressed_by_coins() -> None:
    book = backed(10_000.0, {"USDT": 10_000.0}, margin=2_000.0)
    assert value(book, "collateral_stress", Grain.ACCOUNT) == value(book, "margin_ratio", Grain.ACCOUNT)


def test_nothing_left_of_the_balance_is_infinite() -> None:
    book = backed(10_000.0, {"BTC": 1.0, "USDT": -47_000.0}, margin=500.0)
    assert value(book, "collateral_stress", Grain.ACCOUNT) == math.inf


# ---- unknown ---------------------------------------------------------------------------------------------------------

ALL = ("peg_gap", "collateral_share", "collateral_stress")


@pytest.mark.parametrize("name", ALL)
def test_what_backs_an_account_is_unknown_until_it_is_read(name: str) -> None:
    assert reason(backed(1e4, None), name, Grain.ACCOUNT) == "collateral of main: not read"


@pytest.mark.parametrize(("name", "asset"), [("peg_gap", "USDT"), *((name, "BTC") for name in ALL[1:])])
def test_an_index_that_is_missing_or_old_is_named(name: str, asset: str) -> None:
    held = {"USDT": 1e4, "BTC": 1.0}
    rest = {coin: rate for coin, rate in COINS.items() if coin != asset}
    told = reason(backed(1e4, held, index=rest, margin=9.0), name, Grain.ACCOUNT)
    assert told == f"index of {asset}: binanceusdm tells none"
    none = reason(backed(1e4, held, index={}, trouble="timeout", margin=9.0), name, Grain.ACCOUNT)
    assert none == f"index of {asset} at binanceusdm: never read; the newest attempt failed: timeout"
    old = reason(backed(1e4, held, age_seconds=400.0, trouble="timeout", margin=9.0), name, Grain.ACCOUNT)
    assert old == (
        f"index of {asset} at binanceusdm: 400 s old, 300 s are allowed; the newest attempt failed: timeout"
    )


def test_dollars_need_no_index_to_be_no_coins() -> None:
    assert value(backed(1e4, {"USDT": 1e4}, index={}), "collateral_share", Grain.ACCOUNT) == 0.0


@pytest.mark.parametrize("name", ALL)
def test_balances_that_cannot_be_seen_are_missing(name: str) -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main")], surfaces=[a_surface(Surface.BALANCES, quality=Quality.PARTIAL)]
    )
    history = with_collateral(a_history(snapshot), snapshot, {"main": {"USDT": 1.0}}, COINS)
    assert reason(Book.of(snapshot, history), name, Grain.ACCOUNT) == "balances: PARTIAL"


def test_each_account_stands_on_its_own_assets_also_in_a_block() -> None:
    snapshot = a_snapshot(accounts=[an_account(name, wallet=1e4) for name in ("one", "two", "three")])
    held = {"one": {"USDT": 1e4}, "two": {"BTC": 0.1}}
    book = Book.of(snapshot, with_collateral(a_history(snapshot), snapshot, held, COINS))
    alone = backed(1e4, {"USDC": 1e4}, index={"USDC": (0.9, 0.0)})
    block = Book.stack([alone, book])
    assert values(block, "collateral_share", Grain.ACCOUNT)[:3] == [0.0, 0.0, pytest.approx(0.57)]
    assert values(block, "peg_gap", Grain.ACCOUNT)[:3] == [pytest.approx(0.1), 0.0, 0.0]
    assert measured(block, "peg_gap", Grain.ACCOUNT).unknown[3] == "collateral of three: not read"
