"""Published numbers that contradict themselves: we must not reproduce them, and it is known why."""

from __future__ import annotations

import pytest

from riskd.measure.venues import MODELS, Holding, flat, isolated, linear, liquidation_price
from riskd.model.subject import Grain
from tests.builders import ETH, a_position, a_snapshot, an_account
from tests.measure.books import value
from tests.measure.vectors import hedge_of, near, one, vectors

pytestmark = pytest.mark.shared


def test_toobit_books_a_gain_as_a_loss_and_we_do_not() -> None:
    vector = one("toobit-cross-ratio")
    i = vector["inputs"]
    snapshot = a_snapshot(
        accounts=[an_account(wallet=i["wallet"], maintenance_margin=i["entry"] * i["qty"] * i["mmr"])],
        positions=[a_position(quantity=-i["qty"], entry=i["entry"], mark=i["mark"])],
    )
    ratio = 100.0 * value(snapshot, "margin_ratio", Grain.ACCOUNT)
    near(ratio, vector["expected"]["margin_ratio_pct"], vector)
    assert snapshot.positions.unrealized_pnl[0] == -vector["published"]["upnl"]
    assert ratio != pytest.approx(vector["published"]["margin_ratio_pct"], rel=0.5)


def test_bitgets_printed_formula_liquidates_a_long_above_its_entry() -> None:
    vector = one("bitget-support-formula-wrong")
    i = vector["inputs"]
    holding = Holding(position=linear(i["qty"], i["entry"]), mark=i["entry"], maintenance=flat(i["mmr"]))
    ours = liquidation_price(MODELS["binance_usdm"], [holding], isolated(i["margin"]))
    near(ours, vector["expected"]["liq_long"], vector)
    printed = (i["entry"] * i["qty"] + i["margin"]) / (i["qty"] * (1 - i["mmr"]))
    assert ours is not None
    assert ours < i["entry"] < printed


def test_gates_sample_pnl_is_not_quantity_times_price_difference() -> None:
    vector = one("gate-doc-position-upnl")
    i = vector["inputs"]
    quantity = i["contracts"] * i["multiplier"]
    snapshot = a_snapshot(positions=[a_position(ETH, quantity, entry=i["entry"], mark=i["mark"])])
    near(float(snapshot.positions.unrealized_pnl[0]), vector["expected"]["unrealized_pnl"], vector)
    near(abs(float(snapshot.positions.notional[0])), vector["expected"]["value"], vector)
    assert float(vector["published"]["unrealised_pnl"]) != pytest.approx(-0.72688, abs=0.1)


def test_fourteen_contracts_hedge_worse_than_fifteen() -> None:
    vector = one("brainly-hedge-rounding")
    near(hedge_of(vector, vector["expected"]["n"]), 1.0, vector)
    published = abs(hedge_of(vector, vector["published"]["n_rounded"]) - 1.0)
    assert abs(hedge_of(vector, vector["expected"]["n_rounded"]) - 1.0) < published


def test_the_inconsistent_vectors_we_do_not_speak_of_are_inverse_quanto_or_adl() -> None:
    shown = {
        "toobit-cross-ratio",
        "bitget-support-formula-wrong",
        "gate-doc-position-upnl",
        "brainly-hedge-rounding",
    }
    others = {
        v["id"]: v for v in vectors() if v["status"] == "published_inconsistent" and v["id"] not in shown
    }
    for vector in others.values():
        inverse = "inverse" in vector["venue"]
        assert inverse or vector["kind"] in {"pnl_quanto", "adl_trigger"}, vector["id"]
