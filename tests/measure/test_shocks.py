"""How large a shock an account survives, by all prices, by betas, by one coin; and its margin after a given one."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.errors import PolicyError
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take, with_defaults
from riskd.measure.spec import MeasureRef, ParameterValue
from riskd.model.history import PriceColumns
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.policy.load import load
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, value
from tests.measure.comparison import PARAMETERS
from tests.measure.random_books import ABSURD, GAPPY, SOUND, a_random_book
from tests.measure.reference import Case, Reference
from tests.measure.reference_shocks import FALL, RISE, account_shock, asset_shock, beta_shock
from tests.measure.test_vectors import binance_two_positions
from tests.measure.vectors import near, one

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
FLAT, FLAT_ETH, FLAT_SOL = (an_instrument(symbol, brackets=((0.0, 0.005),)) for symbol in (BTC, ETH, SOL))
HOURS = 721
ZIGZAG = [0.01 * (-1) ** hour for hour in range(HOURS)]


def prices(**betas: float) -> PriceColumns:
    """A month in which each coin followed its zigzag exactly."""
    return a_price_history({f"{coin}/USDT:USDT": _closes(beta) for coin, beta in betas.items()})


def _closes(beta: float) -> list[float]:
    found: list[float] = (100.0 * np.exp(np.cumsum([beta * step for step in ZIGZAG]))).tolist()
    return found


def with_betas(snapshot: Snapshot, **betas: float) -> Book:
    return book_of(snapshot, a_history(snapshot, prices=prices(**betas), market=prices(BTC=1.0)))


# --- all prices -------------------------------------------------------------------------------------------------


def test_a_direction_asks_for_one_side_and_either_for_the_nearer() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)], instruments=[FLAT], positions=[a_position(BTC, 1)]
    )
    shock = partial(value, snapshot, "account_shock", Grain.ACCOUNT)
    # 10,000 - 60,000 s = 300 (1 - s)
    assert shock(direction="fall") == pytest.approx(9_700 / 59_700, rel=1e-12)
    assert shock(direction="rise") == math.inf
    assert shock(direction="either") == shock() == shock(direction="fall")


def test_a_hedge_that_is_neutral_is_broken_by_a_rise_alone() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, -20)],
    )
    shock = partial(value, snapshot, "account_shock", Grain.ACCOUNT)
    assert shock(direction="fall") == math.inf
    # Only margin grows: 10,000 = 0.005 x 120,000 (1 + s).
    assert shock(direction="rise") == pytest.approx(10_000 / 600 - 1, rel=1e-12)


# --- one coin ---------------------------------------------------------------------------------------------------


def test_the_margin_of_the_others_brings_one_coins_liquidation_nearer() -> None:
    """TorchTrade #344 (story F14): 4.60 % is shown where 0.60 % is true.

    One unit at 100, 5 in the wallet, and 4 of margin for a position that stands still: 5 + (P - 100) = 0.004 P + 4.
    """
    small, other = "TORCH/USDT:USDT", "OTHER/USDT:USDT"
    rate = ((0.0, 0.004),)
    snapshot = a_snapshot(
        accounts=[an_account(wallet=5)],
        instruments=[an_instrument(name, mark=100.0, brackets=rate) for name in (small, other)],
        positions=[a_position(small, 1), a_position(other, 10)],
    )
    shocks = by_subject(snapshot, "asset_shock", Grain.ASSET)
    price = 100.0 * (1.0 - shocks["account=main asset=TORCH"])
    assert price == pytest.approx(99.398, abs=5e-4)
    assert price == pytest.approx(99.0 / 0.996, rel=1e-12)
    alone = a_snapshot(
        accounts=[an_account(wallet=5)],
        instruments=[an_instrument(small, mark=100.0, brackets=rate)],
        positions=[a_position(small, 1)],
    )
    assert value(alone, "asset_shock", Grain.ASSET) == pytest.approx(0.046, abs=5e-4)
    # And when both fall together: 5 - 1,100 s = 0.004 x 1,100 (1 - s).
    together = value(snapshot, "account_shock", Grain.ACCOUNT)
    assert together == pytest.approx((5 - 4.4) / (1_100 * 0.996), rel=1e-12)


def test_contracts_on_one_coin_move_together_and_sides_offset_each_other() -> None:
    dollars = "BTC/USDC:USDC"
    snapshot = a_snapshot(
        accounts=[an_account(wallet=6_000)],
        instruments=[FLAT, an_instrument(dollars, mark=60_000.0, brackets=((0.0, 0.005),))],
        positions=[a_position(BTC, 1), a_position(dollars, -0.5)],
    )
    # 6,000 - 30,000 s = 0.005 x 90,000 (1 - s)
    assert value(snapshot, "asset_shock", Grain.ASSET) == pytest.approx(5_550 / (30_000 - 450), rel=1e-12)
    assert value(snapshot, "asset_shock", Grain.ASSET, direction="rise") == math.inf


def test_of_a_pair_of_long_and_short_each_coin_is_the_others_danger() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, -20)],
    )
    fall = by_subject(snapshot, "asset_shock", Grain.ASSET, direction="fall")
    rise = by_subject(snapshot, "asset_shock", Grain.ASSET, direction="rise")
    # The other coin keeps 300 of margin: 9,700 - 60,000 s = 300 (1 -+ s).
    assert fall == {
        "account=main asset=BTC": pytest.approx(9_400 / 59_700),
        "account=main asset=ETH": math.inf,
    }
    assert rise == {
        "account=main asset=BTC": math.inf,
        "account=main asset=ETH": pytest.approx(9_400 / 60_300),
    }


def test_isolated_positions_and_coins_on_spot_put_no_cross_margin_at_risk() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, 10, isolated_wallet=3_000.0)],
        spot=[a_spot("SOL", 5, 150.0)],
        hedges=(a_hedge("carry", spot_leg("SOL"), perpetual_leg(SOL)),),
    )
    shocks = by_subject(snapshot, "asset_shock", Grain.ASSET)
    assert shocks["account=main asset=ETH"] == math.inf
    assert shocks["account=main asset=SOL"] == math.inf
    # 17,000 are left to cross.
    assert shocks["account=main asset=BTC"] == pytest.approx((17_000 - 300) / 59_700)


def test_a_single_coin_is_the_whole_account() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=7_000)], positions=[a_position(BTC, 1)])
    assert value(snapshot, "asset_shock", Grain.ASSET) == value(snapshot, "account_shock", Grain.ACCOUNT)


def test_what_one_coin_hangs_on_is_named() -> None:
    def why(snapshot: Snapshot) -> str:
        return reason(snapshot, "asset_shock", Grain.ASSET)

    assert why(a_snapshot(positions=[a_position(BTC, mark=NAN)])) == "mark price of BTC/USDT:USDT"
    bare = an_instrument(BTC, brackets=())
    assert why(a_snapshot(instruments=[bare], positions=[a_position(BTC)])) == (
        "leverage brackets of BTC/USDT:USDT"
    )
    dark = a_snapshot(positions=[a_position(BTC), a_position(ETH, mark=NAN)])
    assert why(dark) == "mark price of ETH/USDT:USDT"
    unlisted = an_instrument(ETH, brackets=())
    silent = a_position(ETH, maintenance_margin=NAN)
    assert why(a_snapshot(instruments=[unlisted], positions=[a_position(BTC), silent])) == (
        "maintenance margin and leverage brackets of ETH/USDT:USDT"
    )
    assert why(a_snapshot(accounts=[an_account(cross_wallet=NAN)], positions=[a_position(BTC)])) == (
        "cross wallet balance of main"
    )
    assert why(a_snapshot(positions=[a_position(BTC), a_position(ETH, entry=NAN)])) == (
        "unrealized PnL of ETH/USDT:USDT"
    )


def test_anothers_margin_may_be_the_venues_word() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, an_instrument(ETH, brackets=())],
        positions=[a_position(BTC, 1), a_position(ETH, 1, maintenance_margin=995.0)],
    )
    shocks = by_subject(snapshot, "asset_shock", Grain.ASSET)
    assert shocks["account=main asset=BTC"] == pytest.approx((20_000 - 995 - 300) / 59_700)


@pytest.mark.shared
def test_binances_two_positions_liquidate_alone_where_binance_says_and_together_far_sooner() -> None:
    book = binance_two_positions()
    shocks = by_subject(book, "asset_shock", Grain.ASSET, direction="fall")
    vector = one("binance-usdm-liq-cross-eth")
    mark = one("binance-usdm-mm-eth")["inputs"]["mark"]
    near(mark * (1.0 - shocks["account=main asset=ETH"]), vector["expected"]["liq_price"], vector)
    assert 31_967.27 * (1.0 - shocks["account=main asset=BTC"]) == pytest.approx(26_316.89, abs=0.01)
    ratio = one("binance-usdm-margin-ratio-two-positions")
    near(
        value(book, "shocked_margin_ratio", Grain.ACCOUNT, move=0.0), ratio["expected"]["margin_ratio"], ratio
    )
    # Both brackets hold at the shock: E - s ΣN = Σ(rate N (1 - s) - amount).
    terms = [one(f"binance-usdm-mm-{coin}")["inputs"] for coin in ("btc", "eth")]
    worth = [term["qty"] * term["mark"] for term in terms]
    scaled = [term["mmr"] * each for term, each in zip(terms, worth, strict=True)]
    needed = sum(scaled) - sum(term["maint_amount"] for term in terms)
    expected = (float(book.equity[0]) - needed) / (sum(worth) - sum(scaled))
    together = value(book, "account_shock", Grain.ACCOUNT, direction="fall")
    assert together == pytest.approx(expected, rel=1e-9)
    assert together < min(shocks.values())


# --- betas ------------------------------------------------------------------------------------------------------


def test_bitcoin_has_to_fall_less_where_coins_fall_further() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, FLAT_SOL],
        positions=[a_position(BTC, 1), a_position(SOL, 400)],
    )
    book = with_betas(snapshot, BTC=1.0, SOL=2.0)
    # 20,000 - (60,000 + 2 x 60,000) s = 0.005 x (60,000 (1 - s) + 60,000 (1 - 2 s))
    assert value(book, "beta_shock", Grain.ACCOUNT) == pytest.approx(
        (20_000 - 600) / (180_000 - 900), rel=1e-9
    )
    assert value(book, "account_shock", Grain.ACCOUNT) == pytest.approx((20_000 - 600) / (120_000 - 600))
    assert value(book, "beta_shock", Grain.ACCOUNT, direction="rise") == math.inf


def test_a_hedge_in_dollars_is_none_where_betas_differ() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, FLAT_SOL],
        positions=[a_position(BTC, -1), a_position(SOL, 400)],
    )
    book = with_betas(snapshot, BTC=1.0, SOL=1.5)
    assert value(book, "account_shock", Grain.ACCOUNT, direction="fall") == math.inf
    # 20,000 + 60,000 s - 90,000 s = 0.005 x (60,000 (1 - s) + 60,000 (1 - 1.5 s))
    expected = (20_000 - 600) / (30_000 - 750)
    assert 0.6 < expected < 1 / 1.5
    assert value(book, "beta_shock", Grain.ACCOUNT, direction="fall") == pytest.approx(expected, rel=1e-9)


def test_bitcoin_alone_needs_no_history() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=7_000)], positions=[a_position(BTC, 1)])
    assert value(snapshot, "beta_shock", Grain.ACCOUNT) == value(snapshot, "account_shock", Grain.ACCOUNT)


def test_a_coin_without_a_past_makes_the_account_unknown_and_is_named() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(SOL, 1)])
    assert reason(snapshot, "beta_shock", Grain.ACCOUNT) == (
        "price history of SOL/USDT:USDT and BTC: 0 hourly moves that both have, 648 are needed"
    )
    assert reason(with_betas(snapshot, SOL=-0.4), "beta_shock", Grain.ACCOUNT) == (
        "beta of SOL/USDT:USDT to BTC: -0.40 is not between 0 and 5"
    )
    dark = a_snapshot(positions=[a_position(SOL, mark=NAN)])
    assert reason(dark, "beta_shock", Grain.ACCOUNT) == "mark price of SOL/USDT:USDT"
    aside = a_snapshot(positions=[a_position(BTC, 1), a_position(SOL, 1, isolated_wallet=50.0)])
    assert reason(aside, "beta_shock", Grain.ACCOUNT) == ""


# --- margin after a move ----------------------------------------------------------------------------------------


def test_margin_after_a_fall_is_that_of_the_moved_marks() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[a_position(BTC, 1)]
    )
    ratio = partial(value, snapshot, "shocked_margin_ratio", Grain.ACCOUNT)
    assert ratio(move=-0.2) == pytest.approx(0.005 * 48_000 / 8_000)
    assert ratio(move=0.2) == pytest.approx(0.005 * 72_000 / 32_000)
    assert ratio(move=0.0) == value(snapshot, "margin_ratio", Grain.ACCOUNT)
    assert ratio(move=-0.5) == math.inf


def test_brackets_are_read_again_at_the_moved_notional() -> None:
    tiers = an_instrument(BTC, brackets=((0.0, 0.01), (70_000.0, 0.5)))
    snapshot = a_snapshot(
        accounts=[an_account(wallet=50_000)], instruments=[tiers], positions=[a_position(BTC, -1)]
    )
    # 78,000 x 50 % - 70,000 x 49 %
    assert value(snapshot, "shocked_margin_ratio", Grain.ACCOUNT, move=0.3) == pytest.approx(4_700 / 32_000)


def test_isolated_positions_stand_apart_as_in_margin_ratio() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=13_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 0.5), a_position(ETH, 20, isolated_wallet=3_000.0)],
    )
    assert value(snapshot, "margin_ratio", Grain.ACCOUNT) == pytest.approx(150 / 10_000)
    assert value(snapshot, "shocked_margin_ratio", Grain.ACCOUNT, move=-0.1) == pytest.approx(135 / 7_000)


def test_an_empty_account_needs_no_margin_and_one_in_debt_has_none() -> None:
    assert value(a_snapshot(), "shocked_margin_ratio", Grain.ACCOUNT, move=-0.2) == 0.0
    assert (
        value(a_snapshot(accounts=[an_account(wallet=0)]), "shocked_margin_ratio", Grain.ACCOUNT, move=-0.2)
        == 0.0
    )
    debt = a_snapshot(accounts=[an_account(wallet=-1)], positions=[a_position(BTC, 1e-9)])
    assert value(debt, "shocked_margin_ratio", Grain.ACCOUNT, move=0.5) == math.inf
    dark = a_snapshot(positions=[a_position(BTC, mark=NAN)])
    assert reason(dark, "shocked_margin_ratio", Grain.ACCOUNT, move=-0.2) == "mark price of BTC/USDT:USDT"
    bare = a_snapshot(instruments=[an_instrument(BTC, brackets=())], positions=[a_position(BTC)])
    assert (
        reason(bare, "shocked_margin_ratio", Grain.ACCOUNT, move=-0.2) == "leverage brackets of BTC/USDT:USDT"
    )


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_margin_takes_all_of_the_balance_at_the_shock_that_liquidates(seed: int) -> None:
    book = Book.of(*a_random_book(seed, SOUND))
    for direction, sign in (("fall", -1.0), ("rise", 1.0)):
        shock = MeasureRef("account_shock", (("direction", direction),))
        moves = take(book, shock, Grain.ACCOUNT, select_all(book)).values
        for account, move in enumerate(moves.tolist()):
            if 0.0 < move < math.inf:
                there = MeasureRef("shocked_margin_ratio", (("move", sign * move),))
                found = take(book, there, Grain.ACCOUNT, select_all(book)).values[account]
                assert found == pytest.approx(1.0, rel=1e-6)


# --- against the reference --------------------------------------------------------------------------------------

REFERENCES = {
    ("account_shock", Grain.ACCOUNT): account_shock,
    ("asset_shock", Grain.ASSET): asset_shock,
    ("beta_shock", Grain.ACCOUNT): beta_shock,
}


@pytest.mark.parametrize(("direction", "way"), [("fall", FALL), ("rise", RISE)])
@CHECKED
@given(seed=st.integers(0, 10**9))
def test_one_direction_alone_is_that_of_the_reference(direction: str, way: float, seed: int) -> None:
    snapshot, history = a_random_book(seed, GAPPY)
    book, reference = Book.of(snapshot, history), Reference(snapshot, history)
    for (name, grain), expected in REFERENCES.items():
        given_ones: dict[str, ParameterValue] = {"direction": direction, "window": PARAMETERS["window"]}
        known = {parameter for parameter, _ in with_defaults(MeasureRef(name)).parameters}
        ref = with_defaults(MeasureRef(name, tuple((k, v) for k, v in given_ones.items() if k in known)))
        measured = take(book, ref, grain, select_all(book))
        cases: list[Case] = expected(reference, grain, PARAMETERS, [], (way,))
        for case, found in zip(cases, measured.values.tolist(), strict=True):
            if reference.trusted(case.accounts, CATALOGUE[name].needs):
                want = math.nan if case.value is None else case.value
                assert found == pytest.approx(want, rel=1e-9, abs=1e-12, nan_ok=True), (name, case.name)


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_absurd_sizes_have_an_answer_or_a_reason(seed: int) -> None:
    book = Book.of(*a_random_book(seed, ABSURD))
    asked = (
        (MeasureRef("account_shock"), Grain.ACCOUNT),
        (MeasureRef("asset_shock"), Grain.ASSET),
        (MeasureRef("beta_shock", (("window", PARAMETERS["window"]),)), Grain.ACCOUNT),
        (MeasureRef("shocked_margin_ratio", (("move", -0.999999),)), Grain.ACCOUNT),
        (MeasureRef("shocked_margin_ratio", (("move", 1e20),)), Grain.ACCOUNT),
    )
    for ref, grain in asked:
        measured = take(book, with_defaults(ref), grain, select_all(book))
        for found, why in zip(measured.values.tolist(), measured.unknown, strict=True):
            assert bool(why) == math.isnan(found)
            assert math.isnan(found) or found >= 0.0


# --- in a policy ------------------------------------------------------------------------------------------------

POLICY = """
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
rules:
  - {{id: shock, title: T, measure: {measure}, per: {per}, {limit}}}
"""


@pytest.mark.parametrize(
    ("measure", "per", "limit", "text"),
    [
        ("account_shock", "account", "min: 20%", (("direction", "either"),)),
        ("{account_shock: {direction: fall}}", "account", "min: 20%", (("direction", "fall"),)),
        ("{asset_shock: {direction: rise}}", "asset", "min: 20%", (("direction", "rise"),)),
        ("beta_shock", "account", "min: 20%", (("direction", "either"), ("window", 2_592_000.0))),
        ("{shocked_margin_ratio: {move: -20%}}", "account", "max: 80%", (("move", -0.2),)),
    ],
)
def test_a_policy_names_them(
    measure: str, per: str, limit: str, text: tuple[tuple[str, object], ...]
) -> None:
    (rule,) = load([("desk.yaml", POLICY.format(measure=measure, per=per, limit=limit))]).rules
    assert rule.measure.parameters == text


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("{account_shock: {direction: down}}", "unknown direction 'down'"),
        ("{shocked_margin_ratio: {move: -100%}}", "move -100% is out of range; write more than -100%"),
        ("shocked_margin_ratio", "needs the parameter move"),
    ],
)
def test_a_policy_that_names_them_wrongly_is_told(measure: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        load([("desk.yaml", POLICY.format(measure=measure, per="account", limit="min: 20%"))])
