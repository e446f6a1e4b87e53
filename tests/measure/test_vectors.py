"""Published worked examples: our numbers are the venues' numbers, and where a publisher errs we do not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskd.measure.book.book import Book
from riskd.measure.margin.brackets import Brackets
from riskd.measure.past.prices import correlations
from riskd.measure.strategy.effectiveness import minimum_variance_ratio, variance_taken_away
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_history,
    a_position,
    a_snapshot,
    amounts,
    an_account,
    an_equity_series,
    an_instrument,
)
from tests.measure.books import book_of, value, values
from tests.measure.vectors import hedge_of, near, of, one, vectors

pytestmark = pytest.mark.shared

# Kinds of which no measure of this release speaks, and why. Venues have their own tests of them.
UNSPOKEN = {
    "inverse contracts": {
        "pnl_inverse", "liq_inverse", "pnl_quanto", "hedge_inverse", "liq_inverse_entry_mm", "liq_inverse_aax",
        "liq_bitmex_satoshi", "funding_inverse_sign", "pnl_inverse_satoshi", "bankruptcy_inverse",
        "liq_inverse_bybit_cross",
    },
    "maintenance at entry with exchange rounding": {"liq_kucoin_real"},
    "closing fee in the trigger and an inverted ratio": {"liq_okx"},
    "auto-deleveraging and insurance funds": {
        "adl", "adl_paper", "adl_markout", "adl_score", "adl_trigger", "adl_queue", "insurance", "bankruptcy",
    },
    "how much to bet for growth, which needs a forecast of gains that no venue states": {"kelly"},
}  # fmt: skip
SPOKEN = {
    "liq_linear_quote", "margin", "tier_integral", "tiers", "hedge_ratio", "hedge_ratio_series", "max_drawdown",
    "funding", "note",
}  # fmt: skip
# Kinds of which test_prices.py and test_concentration.py speak.
OF_SHARES = {"hhi"}
# Kinds of which test_tail.py speaks.
OF_LOSSES = {"percentile", "var_es", "hist_sim"}
# Kinds of which test_sizing_vectors.py speaks too or alone.
OF_SIZES = {"position_size", "liq_linear", "liq_equity"}


def test_every_kind_of_vector_is_spoken_of_or_left_out_for_a_reason() -> None:
    assert {v["kind"] for v in vectors()} == SPOKEN.union(OF_SHARES, OF_SIZES, OF_LOSSES, *UNSPOKEN.values())


def test_liquidation_prices_from_a_quote_balance() -> None:
    for vector in of("liq_linear_quote"):
        i, expected = vector["inputs"], vector["expected"]
        book = book_of(
            a_snapshot(
                accounts=[an_account(wallet=i["quote"] + i["size"] * i["price"])],
                instruments=[an_instrument(mark=i["price"], brackets=((0.0, i["mmf"]),))],
                positions=[a_position(quantity=i["size"])],
            )
        )
        near(value(book, "leverage", Grain.ACCOUNT), expected["leverage"], vector)
        move = value(book, "liquidation_distance", Grain.POSITION)
        near(i["price"] * (1 - math.copysign(move, i["size"])), expected["liq_price"], vector)


def binance_two_positions() -> Book:
    """The cross account of Binance's liquidation FAQ: BTC and ETH, each in the bracket that the FAQ names."""
    btc, eth = one("binance-usdm-mm-btc")["inputs"], one("binance-usdm-mm-eth")["inputs"]
    # A lower bracket whose upper end gives exactly the published maintenance amount.
    btc_brackets = ((0.0, 0.01), (btc["maint_amount"] / (btc["mmr"] - 0.01), btc["mmr"]))
    eth_brackets = ((0.0, 0.05), (eth["maint_amount"] / (eth["mmr"] - 0.05), eth["mmr"]))
    return book_of(
        a_snapshot(
            accounts=[an_account(wallet=1_535_443.01, maintenance_margin=NAN)],
            instruments=[
                an_instrument(BTC, mark=btc["mark"], brackets=btc_brackets),
                an_instrument(ETH, mark=eth["mark"], brackets=eth_brackets),
            ],
            positions=[
                a_position(BTC, btc["qty"], entry=btc["entry"]),
                a_position(ETH, eth["qty"], entry=eth["entry"]),
            ],
        )
    )


def test_the_binance_cross_account_liquidates_where_binance_says() -> None:
    book = binance_two_positions()
    btc, eth = values(book, "liquidation_distance", Grain.POSITION)
    vector = one("binance-usdm-liq-cross-eth")
    near(one("binance-usdm-mm-eth")["inputs"]["mark"] * (1 - eth), vector["expected"]["liq_price"], vector)
    assert 31_967.27 * (1 - btc) == pytest.approx(26_316.89, abs=0.01)


def test_the_binance_cross_account_has_the_published_margin() -> None:
    book = binance_two_positions()
    vector = one("binance-usdm-margin-ratio-two-positions")
    near(value(book, "margin_ratio", Grain.ACCOUNT), vector["expected"]["margin_ratio"], vector)
    near(float(book.equity[0]), vector["expected"]["margin_balance"], vector)


def test_margin_of_single_positions() -> None:
    for name in ("binance-api-positionrisk-ada", "binance-usdm-mm-btc", "binance-usdm-mm-eth"):
        vector = one(name)
        i, expected = vector["inputs"], vector["expected"]
        table = Brackets(np.array([[0.0]]), np.array([[i["mmr"]]]), np.array([[i.get("maint_amount", 0.0)]]))
        needed = table.maintenance(np.zeros(1, dtype=np.intp), np.array([i["qty"] * i["mark"]]))
        near(float(needed[0]), expected["maintenance_margin"], vector)
        snapshot = a_snapshot(
            positions=[
                a_position(
                    "ADA/USDT:USDT",
                    i["qty"],
                    mark=i["mark"],
                    entry=i["entry"],
                    leverage=i.get("leverage", 10),
                )
            ]
        )
        near(float(snapshot.positions.notional[0]), expected["notional"], vector)
        near(float(snapshot.positions.unrealized_pnl[0]), expected["unrealized_pnl"], vector)
    book = book_of(a_snapshot(positions=[a_position(quantity=30, leverage=20, initial_margin=NAN)]))
    assert values(book, "position_leverage", Grain.POSITION) == [20.0]


def test_margin_ratio_with_a_closing_fee_in_the_rate() -> None:
    vector = one("bitget-api-margin-ratio")
    i = vector["inputs"]
    snapshot = a_snapshot(
        accounts=[an_account(wallet=i["margin"], maintenance_margin=NAN)],
        instruments=[an_instrument(mark=i["mark"], brackets=((0.0, i["mmr"] + i["fee"]),))],
        positions=[a_position(quantity=i["qty"], entry=i["entry"])],
    )
    book = book_of(snapshot)
    near(value(book, "margin_ratio", Grain.ACCOUNT), vector["expected"]["margin_ratio"], vector)


def test_maintenance_is_the_integral_of_the_marginal_rates() -> None:
    for vector in of("tier_integral"):
        i = vector["inputs"]
        floors, rates = zip(*i["brackets"], strict=True)
        table = Brackets(
            np.array([floors], dtype=float), np.array([rates]), np.array([amounts(i["brackets"])])
        )
        instrument = np.zeros(1, dtype=np.intp)
        needed = float(table.maintenance(instrument, np.array([float(i["notional"])]))[0])
        near(needed, vector["expected"]["maintenance_margin"], vector)
        assert rates[int(table.number(instrument, np.array([float(i["notional"])]))[0])] == i["mmr"]


def test_maintenance_amounts_make_the_tiers_continuous() -> None:
    later = ((0, 0.004), (5, 0.005), (10, 0.01), (20, 0.025), (50, 0.05), (100, 0.1), (200, 0.125))
    vector = one("binance-coinm-maint-amount-300btc-later")
    near(amounts(later)[-1], vector["expected"]["maint_amount"], vector)
    first = one("binance-coinm-maint-amount-l5-2021")["inputs"]
    at_50 = first["prev_amount"] + first["floor"] * (first["mmr"] - first["prev_mmr"])
    near(at_50, 1.81, one("binance-coinm-maint-amount-l5-2021"))
    # From there on as the builder continues: 10 % from 100, 12.5 % from 200.
    tail = amounts(((0, 0.05), (100, 0.1), (200, 0.125)))[-1]
    vector = one("binance-coinm-maint-amount-300btc-2021")
    near(at_50 + tail, vector["expected"]["maint_amount"], vector)


def test_the_minimum_variance_number_of_contracts_hedges_as_wanted() -> None:
    vector = one("hull-min-variance-contracts")
    near(hedge_of(vector, vector["expected"]["n"]), 1.0, vector)
    rounded = hedge_of(vector, vector["expected"]["n_rounded"])
    assert abs(rounded - 1.0) < abs(hedge_of(vector, 38) - 1.0)


def test_the_minimum_variance_ratio_of_two_series_is_rho_times_the_ratio_of_their_deviations() -> None:
    for vector in of("hedge_ratio_series"):
        spot, future = (np.array(vector["inputs"][name]) for name in ("dS", "dF"))
        expected = vector["expected"]
        near(float(spot.std(ddof=1)), expected["sigma_s"], vector)
        near(float(future.std(ddof=1)), expected["sigma_f"], vector)
        ratio = minimum_variance_ratio(spot, future)
        near(ratio, expected["h"], vector)
        taken = variance_taken_away(spot, spot - ratio * future)
        near(math.sqrt(taken), expected["rho"], vector)
        near(float(correlations(np.stack([spot, future]), len(spot))[0, 1]), expected["rho"], vector)


def test_drawdown_over_a_path_of_returns_is_the_published_maximum() -> None:
    for vector in of("max_drawdown"):
        equity, path, worst = 1_000.0, [1_000.0], 0.0
        for change in vector["inputs"]["returns"]:
            equity *= 1.0 + change
            path.append(equity)
            snapshot = a_snapshot(accounts=[an_account(wallet=equity)])
            ages = range(len(path) - 1, -1, -1)
            series = an_equity_series([(60.0 * age, value) for age, value in zip(ages, path, strict=True)])
            book = book_of(snapshot, a_history(snapshot, equity={"main": series}))
            worst = max(worst, value(book, "drawdown", Grain.ACCOUNT, window=86_400.0))
        near(-worst, vector["expected"]["max_drawdown"], vector)


def test_an_hourly_funding_payment() -> None:
    vector = one("hyperliquid-funding-example")
    i, expected = vector["inputs"], vector["expected"]
    snapshot = a_snapshot(
        instruments=[an_instrument(mark=i["oracle"], funding_rate=expected["f8h"], interval_hours=8.0)],
        positions=[a_position(quantity=i["size"])],
    )
    hourly = value(snapshot, "funding_rate", Grain.POSITION)
    near(-hourly * i["size"] * i["oracle"], expected["hourly_payment_long"], vector)
