"""Published sizes and published liquidation prices, through the functions behind `riskd size`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from riskd.measure.sizing.outlook import Outlook, Sizing, Terms, liquidation, outlook
from riskd.measure.sizing.sizing import Trade, contracts_for_risk, floored_to_lot, loss_at_stop
from riskd.measure.sizing.tiers import MarginTier, MarginTiers, one_rate
from riskd.measure.venues import MODELS, Contract
from riskd.measure.venues.bitmex import XBTUSD
from riskd.measure.venues.model import ContractKind
from tests.measure.vectors import Vector, near, of
from tests.measure.venues.published import model_of_vector

pytestmark = pytest.mark.shared

OF_ONE_POSITION = (
    *("liq_linear", "liq_linear_quote", "liq_equity", "liq_inverse", "liq_inverse_bybit_cross"),
    *("liq_inverse_aax", "liq_inverse_entry_mm", "liq_kucoin_real", "liq_bitmex_satoshi", "bankruptcy"),
)
LINEAR = Contract(kind=ContractKind.LINEAR)


def test_position_sizes() -> None:
    chosen = of("position_size")
    assert len(chosen) >= 5
    for vector in chosen:
        i, expected = vector["inputs"], vector["expected"]
        entry = i.get("entry", 100.0)
        trade = Trade(
            contract=LINEAR, entry=entry, stop=i.get("stop", entry * (1.0 - i.get("stop_pct", 0.0)))
        )
        size = contracts_for_risk(trade, equity=i["equity"], risk=i["risk"])
        near(loss_at_stop(trade, size).total, i["equity"] * i["risk"], vector)
        if "qty" in expected:
            near(size, expected["qty"], vector)
        for name, leverage in (("margin_100x", 100.0), ("margin_10x", 10.0)):
            if name in expected:
                near(_opened(trade, i, leverage).initial_margin, expected[name], vector)
        if "notional" in expected:
            near(_opened(trade, i, None).notional, expected["notional"], vector)
        if "slippage" in i:
            slipped = replace(trade, slippage=i["slippage"])
            size = contracts_for_risk(slipped, equity=i["equity"], risk=i["risk"])
            assert floored_to_lot(size, Decimal(1)) == expected["qty_after_slippage"]


def _opened(trade: Trade, i: dict[str, Any], leverage: float | None) -> Outlook:
    terms = Terms(model=MODELS["binance_usdm"], tiers=one_rate(0.005), leverage=leverage)
    sizing = Sizing(trade=trade, terms=terms, equity=i["equity"], risk=i["risk"])
    return outlook(sizing, contracts_for_risk(trade, equity=i["equity"], risk=i["risk"]))


def test_liquidation_prices_of_one_position() -> None:
    chosen = [vector for kind in OF_ONE_POSITION for vector in of(kind)]
    assert len(chosen) >= 28
    for vector in chosen:
        name = "bankruptcy_price" if vector["kind"] == "bankruptcy" else "liq_price"
        near(liquidation_of(vector, _rate(vector)), vector["expected"][name], vector)


def _rate(vector: Vector) -> float:
    i = vector["inputs"]
    if "pos_maint" in i:
        return float((i["pos_maint"] - i["pos_comm"]) / i["pos_cost"])
    return float(i.get("mmr", i.get("mmf", 0.0)))


def liquidation_of(vector: Vector, rate: float) -> float | None:
    """The price at which a size would be liquidated whose inputs a publisher gives."""
    i = vector["inputs"]
    trade, contracts = _trade(vector)
    cash = _cash(i)
    sizing = Sizing(
        trade=trade,
        terms=Terms(
            model=model_of_vector(vector),
            tiers=_tiers(rate, i.get("maint_amount", 0.0)),
            leverage=i["leverage"] if cash is None else None,
            closing_fee_rate=i.get("fee", 0.0),
            tick=i.get("tick"),
        ),
        equity=1.0 if cash is None else cash,
        risk=0.01,
    )
    return liquidation(sizing, contracts)


def _trade(vector: Vector) -> tuple[Trade, float]:
    """What was held, unsigned. The stop is no part of the example: any on the losing side does."""
    i = vector["inputs"]
    entry = i.get("entry", i.get("mark", i.get("price")))
    size = i.get("usd", i.get("qty", i.get("size", i.get("contracts", 1.0))))
    if "contracts" in i:
        contract = XBTUSD
    elif "usd" in i or model_of_vector(vector).contracts == (ContractKind.INVERSE,):
        contract = Contract(kind=ContractKind.INVERSE)
    else:
        contract = LINEAR
    if "pos_cost" in i and contract is LINEAR:
        size = i["pos_cost"] / entry
    side = i.get("side", 1) * (-1 if size < 0 else 1)
    return Trade(contract=contract, entry=entry, stop=entry * (1.0 - 1e-6 * side)), abs(size)


def _cash(i: dict[str, Any]) -> float | None:
    """What stands behind the position; None where it follows from the leverage setting."""
    if "pos_init" in i:
        return float(i["pos_init"] + i["pos_cross"])
    if "quote" in i:
        return float(i["quote"] + i["size"] * i["price"])
    for name in ("wallet", "balance", "equity"):
        if name in i:
            return float(i[name] + i.get("other_upnl", 0.0) - i.get("other_mm", 0.0))
    return None


def _tiers(rate: float, amount: float) -> MarginTiers:
    """A table whose upper tier deducts the published amount: half of the rate up to twice the amount over the rate."""
    if not amount:
        return one_rate(rate)
    tiers = (MarginTier(floor=0.0, rate=rate / 2.0), MarginTier(floor=2.0 * amount / rate, rate=rate))
    return MarginTiers(tiers=tiers)
