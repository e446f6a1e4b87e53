"""Published liquidation prices, as accounts: what other positions gain and need is cash that is there, or is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from riskd.measure.account import AccountBook, Line, Wallet, liquidation_prices
from riskd.measure.venues import MODELS, Holding, flat, inverse, linear
from riskd.measure.venues.model import Basis, ClosingFee
from tests.shared_data import shared_path

pytestmark = pytest.mark.shared

KINDS = {"liq_linear", "liq_inverse"}


def an_account(inputs: dict[str, Any]) -> AccountBook:
    is_inverse = "usd" in inputs
    model = replace(
        MODELS["binance_coinm" if is_inverse else "binance_usdm"],
        maintenance_basis=Basis(inputs["mm_basis"]),
        cross_fee=ClosingFee.AT_MARK if inputs.get("fee") else ClosingFee.NONE,
        fee_rate=inputs.get("fee", 0.0),
    )
    make, size = (inverse, inputs.get("usd")) if is_inverse else (linear, inputs.get("qty"))
    assert size is not None
    holding = Holding(
        position=make(inputs["side"] * size, inputs["entry"]),
        mark=inputs["entry"],
        maintenance=flat(inputs["mmr"], inputs.get("maint_amount", 0.0)),
    )
    settle = "BTC" if is_inverse else "USDT"
    cash = inputs["wallet"] + inputs.get("other_upnl", 0.0) - inputs.get("other_mm", 0.0)
    return AccountBook(
        lines=(Line(symbol="X", asset="BTC", settle=settle, model=model, holding=holding),),
        wallets=(Wallet(asset=settle, cash=cash),),
    )


def test_every_published_liquidation_price_is_met() -> None:
    published = json.loads(shared_path("vectors/vectors.json").read_text())["vectors"]
    chosen = [v for v in published if v["kind"] in KINDS and v["status"] != "published_inconsistent"]
    assert len(chosen) >= 15
    for vector in chosen:
        (found,) = liquidation_prices(an_account(vector["inputs"]))
        price = found.below if vector["inputs"]["side"] > 0 else found.above
        tolerance = vector["tolerance"]
        assert price == pytest.approx(
            vector["expected"]["liq_price"], rel=tolerance.get("rel", 0.0), abs=tolerance.get("abs", 0.0)
        ), vector["id"]
