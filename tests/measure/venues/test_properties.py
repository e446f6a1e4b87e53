"""For any position: at our liquidation price equity is what the venue requires, found again by slow bisection."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.venues import (
    MODELS,
    Backing,
    Contract,
    Holding,
    MarginMode,
    MarginModel,
    Position,
    bankruptcy_price,
    cross,
    from_venue_ratio,
    inverse,
    isolated,
    linear,
    liquidation_price,
    margin_ratio,
    marginal,
    pnl,
    required_margin,
    venue_ratio,
)
from riskd.measure.venues.contract import entry_value, value
from riskd.measure.venues.model import Basis, ClosingFee, ContractKind, Direction
from riskd.measure.venues.schedule import Schedule
from tests.measure.venues.reference import Leg, bisected, room

FEW = settings(max_examples=80, derandomize=True, deadline=None)
MODEL = st.sampled_from(list(MODELS.values()))
PRICE = st.floats(1.0, 1e5)
SIDE = st.sampled_from((1.0, -1.0))
LEVERAGE = st.floats(1.5, 40.0)
STEPS = st.lists(st.tuples(st.floats(1.0, 1e6), st.floats(0.0, 0.05)), max_size=4).map(
    lambda steps: [
        (0.0, 0.004),
        *((floor, 0.004 + 0.01 * n + rate) for n, (floor, rate) in enumerate(sorted(steps), start=1)),
    ]
)


def rising(steps: list[tuple[float, float]]) -> bool:
    rates = [rate for _, rate in steps]
    floors = [floor for floor, _ in steps]
    return rates == sorted(rates) and len(set(floors)) == len(floors)


def close(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return found == pytest.approx(expected, rel=1e-9)


@FEW
@given(MODEL, SIDE, PRICE, st.floats(0.5, 2.0), LEVERAGE, STEPS, st.sampled_from((0.0, 1e-5)), st.booleans())
def test_one_position_is_liquidated_where_bisection_finds_it(
    model: MarginModel,
    side: float,
    entry: float,
    drift: float,
    leverage: float,
    steps: list[tuple[float, float]],
    per_unit: float,
    is_isolated: bool,
) -> None:
    assume(rising(steps))
    mode = MarginMode.ISOLATED if is_isolated else MarginMode.CROSS
    assume(model.closing_fee(mode) in (ClosingFee.NONE, ClosingFee.AT_MARK))
    is_inverse = ContractKind.LINEAR not in model.contracts
    dollars = 10_000.0
    size = side * (dollars if is_inverse else dollars / entry)
    position = (inverse if is_inverse else linear)(size, entry)
    schedule = Schedule(tiers=marginal(steps).tiers, rate_per_unit=per_unit)
    worth = dollars / entry if is_inverse else dollars
    cash = worth / leverage
    holding = Holding(position=position, mark=entry * drift, maintenance=schedule)
    found = liquidation_price(model, [holding], Backing(mode=mode, cash=cash))

    leg = Leg(
        kind="inverse" if is_inverse else "linear",
        size=size,
        entry=entry,
        steps=steps,
        per_unit=per_unit,
        basis=model.maintenance_basis,
    )
    fee = model.fee_rate if model.closing_fee(mode) is ClosingFee.AT_MARK else 0.0
    above = room([leg], cash, fee)
    safe = entry * (1e6 if side > 0.0 else 1e-6)
    assume(above(safe) >= 0.0)
    assert close(found, bisected(above, safe, entry * (1e-9 if side > 0.0 else 1e9)))


@FEW
@given(SIDE, PRICE, st.floats(0.3, 0.95), LEVERAGE, st.floats(0.0, 500.0), st.floats(-200.0, 200.0), STEPS)
def test_a_cross_account_is_liquidated_where_its_equity_meets_all_of_its_margin(
    side: float,
    entry: float,
    share: float,
    leverage: float,
    other_quantity: float,
    other_gain: float,
    steps: list[tuple[float, float]],
) -> None:
    assume(rising(steps))
    model = MODELS["binance_usdm"]
    schedule = marginal(steps)
    other = Holding(
        position=linear(other_quantity + 1.0, 10.0),
        mark=10.0 + other_gain / 500.0,
        maintenance=marginal(steps),
    )
    holding = Holding(position=linear(side * 1e4 / entry, entry), mark=entry, maintenance=schedule)
    wallet = 1e4 / leverage + 5_000.0 * share
    backing = cross(model, wallet, [other])
    price = liquidation_price(model, [holding], backing)
    assume(price is not None)
    assert price is not None
    at = replace(holding, mark=price)
    equity = wallet + pnl(other.position, other.mark) + pnl(at.position, price)
    needed = required_margin(model, at, MarginMode.CROSS) + required_margin(model, other, MarginMode.CROSS)
    assert equity == pytest.approx(needed, rel=1e-9, abs=1e-6)
    assert margin_ratio(equity, needed) == pytest.approx(1.0, rel=1e-6, abs=1e-6) or needed < 1.0


@FEW
@given(PRICE, st.floats(1.0, 50.0), st.floats(1.0, 50.0), st.floats(0.05, 3.0), st.booleans())
def test_both_sides_of_hedge_mode_are_liquidated_at_the_nearer_price(
    mark: float, long: float, short: float, cover: float, is_inverse: bool
) -> None:
    assume(abs(long - short) > 0.1)
    model = MODELS["binance_coinm" if is_inverse else "binance_usdm"]
    kind, unit = (inverse, 1_000.0) if is_inverse else (linear, 1_000.0 / mark)
    worth = 1_000.0 / mark if is_inverse else 1_000.0
    holdings = [
        Holding(position=kind(size * unit, mark), mark=mark, maintenance=marginal([(0.0, 0.02)]))
        for size in (long, -short)
    ]
    cash = (0.02 * (long + short) + cover) * worth
    found = liquidation_price(model, holdings, Backing(mode=MarginMode.CROSS, cash=cash))
    legs = [
        Leg("inverse" if is_inverse else "linear", size * unit, mark, [(0.0, 0.02)])
        for size in (long, -short)
    ]
    above = room(legs, cash, 0.0)
    below, over = bisected(above, mark, mark * 1e-9), bisected(above, mark, mark * 1e9)
    nearest = min(
        (price for price in (below, over) if price is not None),
        key=lambda price: abs(math.log(price / mark)),
        default=None,
    )
    assert close(found, nearest)


@FEW
@given(MODEL, SIDE, PRICE, LEVERAGE, st.booleans())
def test_nothing_is_left_at_the_bankruptcy_price_and_liquidation_comes_first(
    model: MarginModel, side: float, entry: float, leverage: float, is_quanto: bool
) -> None:
    if is_quanto:
        contract = Contract(kind=ContractKind.QUANTO, multiplier=1e-6)
        position = Position(contract=contract, contracts=side * 1_000.0, entry=entry)
    else:
        position = (linear if ContractKind.LINEAR in model.contracts else inverse)(side * 7.0, entry)
    cash = entry_value(position) / leverage
    holding = Holding(position=position, mark=entry, maintenance=marginal([(0.0, 0.005)]))
    bankrupt = bankruptcy_price(model, holding, isolated(cash))
    assume(bankrupt is not None)
    assert bankrupt is not None
    fee = model.fee_rate if model.bankruptcy_fee is not ClosingFee.NONE else 0.0
    left = cash + pnl(position, bankrupt) - fee * value(position, bankrupt)
    assert left == pytest.approx(0.0, abs=1e-9 * entry_value(position))
    price = liquidation_price(model, [holding], isolated(cash))
    assert price is not None
    assert side * (price - bankrupt) > 0.0


@FEW
@given(MODEL, st.floats(0.0, 1e6), st.floats(1e-3, 1e6))
def test_a_venues_ratio_turned_into_ours_is_ours(model: MarginModel, equity: float, required: float) -> None:
    assume(equity == 0.0 or equity > 1e-3)
    stated = venue_ratio(model.ratio, equity, required)
    assert from_venue_ratio(model.ratio, stated) == pytest.approx(margin_ratio(equity, required))
    dies = model.ratio.liquidates_at
    rises = model.ratio.direction is Direction.RISING
    assert ((stated >= dies) if rises else (stated <= dies)) == (margin_ratio(equity, required) >= 1.0)


def test_maintenance_at_entry_liquidates_a_long_a_little_earlier_than_at_mark() -> None:
    at_mark = replace(MODELS["bybit_linear"], maintenance_basis=Basis.MARK)
    holding = Holding(position=linear(1.0, 20_000.0), mark=20_000.0, maintenance=marginal([(0.0, 0.005)]))
    assert liquidation_price(MODELS["bybit_linear"], [holding], isolated(400.0)) == pytest.approx(19_700.0)
    assert liquidation_price(at_mark, [holding], isolated(400.0)) == pytest.approx(19_698.492462)
