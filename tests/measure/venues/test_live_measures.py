"""The live measures compute what the model of Binance USD-M says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.sizing.outlook import Sizing, Terms, liquidation
from riskd.measure.sizing.sizing import Trade
from riskd.measure.sizing.tiers import one_rate
from riskd.measure.venues import (
    MODELS,
    Contract,
    Holding,
    MarginMode,
    cross,
    linear,
    liquidation_price,
    margin_ratio,
    marginal,
    required_margin,
    unrealized_pnl,
)
from riskd.measure.venues.model import ContractKind
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_position, a_snapshot, an_account, an_instrument
from tests.measure.books import book_of, value, values

MODEL = MODELS["binance_usdm"]
BTC_TIERS = ((0.0, 0.004), (50_000.0, 0.005), (250_000.0, 0.01))
ETH_TIERS = ((0.0, 0.005), (20_000.0, 0.0065))
QUANTITY = st.floats(0.5, 20.0)
SIDE = st.sampled_from((1.0, -1.0))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(SIDE, QUANTITY, SIDE, QUANTITY, st.floats(20_000.0, 200_000.0))
def test_a_cross_account_of_two_positions(
    side: float, btc: float, other_side: float, eth: float, wallet: float
) -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=wallet, maintenance_margin=NAN)],
        instruments=[
            an_instrument(BTC, mark=31_000.0, brackets=BTC_TIERS),
            an_instrument(ETH, mark=1_300.0, brackets=ETH_TIERS),
        ],
        positions=[
            a_position(BTC, side * btc, entry=32_000.0),
            a_position(ETH, other_side * eth, entry=1_400.0),
        ],
    )
    holdings = [
        Holding(position=linear(side * btc, 32_000.0), mark=31_000.0, maintenance=marginal(BTC_TIERS)),
        Holding(position=linear(other_side * eth, 1_400.0), mark=1_300.0, maintenance=marginal(ETH_TIERS)),
    ]
    needed = sum(required_margin(MODEL, holding, MarginMode.CROSS) for holding in holdings)
    equity = wallet + unrealized_pnl(holdings)
    book = book_of(snapshot)
    assert value(book, "margin_ratio", Grain.ACCOUNT) == pytest.approx(
        margin_ratio(equity, needed), rel=1e-12
    )
    if equity <= needed:
        return
    expected = []
    for holding, other in (holdings, holdings[::-1]):
        price = liquidation_price(MODEL, [holding], cross(MODEL, wallet, [other]))
        expected.append(np.inf if price is None else abs(price / holding.mark - 1.0))
    assert values(book, "liquidation_distance", Grain.POSITION) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("stop", [19_000.0, 21_000.0])
def test_a_size_before_it_is_held_is_liquidated_where_the_position_is(stop: float) -> None:
    trade = Trade(contract=Contract(kind=ContractKind.LINEAR), entry=20_000.0, stop=stop)
    terms = Terms(model=MODEL, tiers=one_rate(0.005))
    ours = liquidation(Sizing(trade=trade, terms=terms, equity=1_000.0, risk=0.01), 0.5)
    assert ours is not None
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1_000.0, maintenance_margin=NAN)],
        instruments=[an_instrument(BTC, mark=20_000.0, brackets=((0.0, 0.005),))],
        positions=[a_position(BTC, trade.side * 0.5, entry=20_000.0)],
    )
    room = value(book_of(snapshot), "liquidation_distance", Grain.POSITION)
    assert trade.side * (20_000.0 - ours) / 20_000.0 == pytest.approx(room, rel=1e-12)
