"""What a size means: liquidation against the stop, margin, funding, break-even, and a cure."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.sizing.cure import Cure, cure
from riskd.measure.sizing.outlook import (
    Carry,
    Objection,
    Outlook,
    Sizing,
    Terms,
    break_even,
    outlook,
)
from riskd.measure.sizing.sizing import Trade
from riskd.measure.sizing.tiers import MarginTier, MarginTiers, SizedBy, one_rate
from riskd.measure.venues import (
    MODELS,
    Backing,
    Holding,
    MarginMode,
    MarginModel,
    Position,
    bankruptcy_price,
    pnl,
    value,
)
from riskd.measure.venues.contract import base_amount, entry_value
from riskd.measure.venues.model import Basis, ClosingFee, ContractKind, MarginRule
from riskd.measure.venues.schedule import Schedule, flat, linear_in_size, marginal
from tests.measure.test_sizing import a_trade

FEW = settings(max_examples=150, derandomize=True, deadline=None)
TIERS = MarginTiers(
    tiers=(
        MarginTier(floor=0.0, rate=0.004, leverage_max=125.0),
        MarginTier(floor=50_000.0, rate=0.005, leverage_max=100.0),
        MarginTier(floor=250_000.0, rate=0.02, leverage_max=50.0),
    )
)


def a_sizing(
    trade: Trade | None = None,
    *,
    equity: float = 10_000.0,
    risk: float = 0.01,
    venue: str = "binance_usdm",
    tiers: MarginTiers | None = None,
    leverage: float | None = None,
    leverage_max: float = math.nan,
    carry: Carry | None = None,
) -> Sizing:
    terms = Terms(
        model=MODELS[venue], tiers=tiers or one_rate(0.005), leverage=leverage, leverage_max=leverage_max
    )
    return Sizing(trade=trade or a_trade(), terms=terms, equity=equity, risk=risk, carry=carry or Carry())


def looked(sizing: Sizing, lot: str | None = None) -> Outlook:
    return outlook(sizing, float(sizing.contracts(None if lot is None else Decimal(lot))))


# ---- by hand -----------------------------------------------------------------------------------------------------------


def test_a_long_in_cross_margin() -> None:
    """1 % of 10,000 over a stop of 2 % is 50 coins of 100: 0.5x, which no price can take."""
    found = looked(a_sizing())
    assert (found.contracts, found.notional, found.leverage) == (50.0, 5_000.0, 0.5)
    assert (found.liquidation_price, found.room, found.stop_share) == (None, math.inf, 0.0)
    assert math.isnan(found.initial_margin)
    assert found.objections == ()


@pytest.mark.parametrize(("stop", "price"), [(98.0, 95.47738693467336), (102.0, 104.47761194029850)])
def test_isolated_at_twenty_times(stop: float, price: float) -> None:
    """100·(1 - 1/20)/(1 - 0.005) below, 100·(1 + 1/20)/(1 + 0.005) above; the stop lies at 44 % and 45 % of the way."""
    found = looked(a_sizing(a_trade(100.0, stop), leverage=20.0))
    assert found.liquidation_price == pytest.approx(price, rel=1e-12)
    assert found.initial_margin == pytest.approx(250.0)
    assert found.stop_share == pytest.approx(2.0 / abs(100.0 - price))
    assert found.objections == ()


@pytest.mark.parametrize("stop", [95.0, 105.0])
def test_a_stop_beyond_liquidation_is_refused_and_a_lower_setting_cures_it(stop: float) -> None:
    sizing = a_sizing(a_trade(100.0, stop), leverage=20.0)
    found = looked(sizing)
    assert found.objections == (Objection.LIQUIDATION_FIRST,)
    assert found.is_refused
    assert cure(sizing, sizing.contracts()) == Cure(contracts=sizing.contracts(), leverage=13.0)


def test_a_stop_near_liquidation_is_said_and_not_refused() -> None:
    found = looked(a_sizing(a_trade(100.0, 95.0), leverage=15.0))
    assert found.objections == (Objection.STOP_NEAR_LIQUIDATION,)
    assert not found.is_refused


def test_slippage_counts_on_the_way_to_liquidation() -> None:
    near = a_trade(100.0, 95.6)
    assert looked(a_sizing(near, leverage=20.0)).objections == (Objection.STOP_NEAR_LIQUIDATION,)
    slipping = replace(near, slippage=0.2)
    assert looked(a_sizing(slipping, leverage=20.0)).objections == (Objection.LIQUIDATION_FIRST,)


def test_leverage_that_the_venue_does_not_allow_is_said_with_the_size_that_it_does() -> None:
    """1 % over 0.05 % is 20x; at 10x the most is 1,000 coins, and the entry's fee takes a little of that."""
    sizing = a_sizing(a_trade(100.0, 99.95), leverage_max=10.0)
    found = looked(sizing)
    assert found.leverage == pytest.approx(20.0)
    assert found.objections == (Objection.LEVERAGE_ABOVE_MAX,)
    better = cure(sizing, sizing.contracts(Decimal(1)), Decimal(1))
    assert better == Cure(contracts=Decimal(1_000), leverage=None)


def test_the_highest_leverage_is_that_of_the_tier_of_the_size() -> None:
    sizing = a_sizing(a_trade(100.0, 99.0), equity=1e6, tiers=TIERS)
    found = looked(sizing)
    assert (found.value, found.leverage_max) == pytest.approx((1e6, 50.0))
    assert found.initial_margin == pytest.approx(20_000.0)


def test_margin_that_equity_does_not_cover_is_said() -> None:
    sizing = a_sizing(a_trade(100.0, 99.5), risk=0.03, leverage=2.0)
    assert looked(sizing).objections == (Objection.MARGIN_ABOVE_EQUITY,)
    better = cure(sizing, sizing.contracts(Decimal(1)), Decimal(1))
    assert better == Cure(contracts=Decimal(200), leverage=2.0)


def test_less_than_a_lot_is_refused() -> None:
    found = looked(a_sizing(), lot="100")
    assert (found.contracts, found.objections) == (0.0, (Objection.BELOW_ONE_LOT,))
    assert cure(a_sizing(), Decimal(0), Decimal(100)) is None


def test_no_setting_cures_a_short_whose_stop_lies_beyond_all_of_its_margin() -> None:
    sizing = a_sizing(a_trade(100.0, 250.0), leverage=5.0)
    assert looked(sizing).objections == (Objection.LIQUIDATION_FIRST,)
    assert cure(sizing, sizing.contracts()) is None


def test_an_inverse_short_of_all_coins_is_worth_dollars_and_cannot_be_liquidated() -> None:
    """2 coins at 8,000 against a short of 16,000 dollars: worth 16,000 at every price, published."""
    trade = a_trade(8_000.0, 10_000.0, kind=ContractKind.INVERSE)
    sizing = a_sizing(trade, venue="binance_coinm", equity=2.0, risk=0.2, tiers=one_rate(1e-9))
    contracts = sizing.contracts(Decimal(1))
    assert contracts == 16_000
    found = outlook(sizing, float(contracts))
    assert (found.notional, found.value, found.leverage) == (16_000.0, 2.0, 1.0)
    assert found.loss.total == pytest.approx(0.4)
    assert found.liquidation_price is None or found.liquidation_price > 1e9


@pytest.mark.parametrize(
    ("stop", "rate", "paid"), [(98.0, 1e-4, 6.0), (102.0, 1e-4, -6.0), (98.0, -1e-4, -6.0)]
)
def test_funding_is_paid_by_longs_when_the_rate_is_positive(stop: float, rate: float, paid: float) -> None:
    """5,000 of notional at 0.01 % an hour for 12 hours."""
    sizing = a_sizing(a_trade(100.0, stop), carry=Carry(rate_per_hour=rate, hours=12.0))
    assert outlook(sizing, 50.0).funding_paid == pytest.approx(paid)


def test_funding_that_was_paid_brings_liquidation_nearer_and_what_was_received_is_not_relied_on() -> None:
    sizing = a_sizing(leverage=20.0)
    bare = outlook(sizing, 50.0).room
    paying = replace(sizing, carry=Carry(rate_per_hour=1e-4, hours=120.0))
    receiving = replace(sizing, carry=Carry(rate_per_hour=-1e-4, hours=120.0))
    assert outlook(paying, 50.0).room < bare
    assert outlook(receiving, 50.0).room == bare
    assert Objection.FUNDING_HEAVY in outlook(paying, 50.0).objections


@pytest.mark.parametrize("kind", [ContractKind.LINEAR, ContractKind.INVERSE])
@pytest.mark.parametrize("stop", [90.0, 110.0])
@pytest.mark.parametrize("rate", [0.0, 1e-4, -1e-4])
def test_at_break_even_the_gain_is_what_both_fees_and_the_funding_took(
    kind: ContractKind, stop: float, rate: float
) -> None:
    trade = a_trade(100.0, stop, kind=kind, fee_rate=0.0005)
    carry = Carry(rate_per_hour=rate, hours=50.0)
    price = break_even(trade, carry)
    assert price is not None
    position = trade.position(1_000.0)
    fees = trade.fee_rate * (entry_value(position) + value(position, price))
    paid = trade.side * rate * 50.0 * entry_value(position)
    assert pnl(position, price) == pytest.approx(fees + paid, rel=1e-9)


def test_a_short_that_pays_more_than_it_is_worth_never_breaks_even() -> None:
    assert break_even(a_trade(100.0, 110.0), Carry(rate_per_hour=-0.01, hours=200.0)) is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"leverage": 0.5}, "1x or more"),
        ({"leverage": math.inf}, "1x"),
        ({"leverage_max": 0.0}, "leverage_max"),
    ],
)
def test_senseless_terms_are_refused(changes: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        a_sizing(**changes)  # type: ignore[arg-type]  # every change is a number


# ---- for every venue ---------------------------------------------------------------------------------------------------


def asked_at(model: MarginModel, tiers: MarginTiers, position: Position, price: float) -> float:
    """Maintenance the slow way: by the venue's rule and the size of the moment."""
    at = position.entry if model.maintenance_basis is Basis.ENTRY else price
    worth = value(position, at)
    return _by_rule(model, tiers, position, worth).required(worth, base_amount(position, at))


def _by_rule(model: MarginModel, tiers: MarginTiers, position: Position, worth: float) -> Schedule:
    match model.margin_rule:
        case MarginRule.MARGINAL_TIERS:
            return marginal([(tier.floor, tier.rate) for tier in tiers.tiers])
        case MarginRule.LINEAR_IN_SIZE:
            return linear_in_size(tiers.tiers[0].rate, tiers.rate_per_unit)
        case _:
            size = abs(position.contracts) if tiers.sized_by is SizedBy.CONTRACTS else worth
            return flat([tier.rate for tier in tiers.tiers if tier.floor <= size][-1])


def room_at(sizing: Sizing, contracts: float, price: float) -> float:
    """What is left above the venue's requirement while price is on its way."""
    trade, terms = sizing.trade, sizing.terms
    model, position = terms.model, trade.position(contracts)
    worth = entry_value(position)
    is_cross = terms.leverage is None
    cash = sizing.equity - trade.fee_rate * worth if is_cross else worth / (terms.leverage or math.nan)
    mode = MarginMode.CROSS if is_cross else MarginMode.ISOLATED
    fee = {
        ClosingFee.NONE: 0.0,
        ClosingFee.AT_MARK: value(position, price),
        ClosingFee.AT_ENTRY: worth,
        ClosingFee.AT_BANKRUPTCY: _bankrupt_value(model, position, Backing(mode=mode, cash=cash)),
    }[model.closing_fee(mode)]
    needed = asked_at(model, terms.tiers, position, price) + model.fee_rate * fee
    return cash + pnl(position, price) - needed


def _bankrupt_value(model: MarginModel, position: Position, backing: Backing) -> float:
    holding = Holding(position=position, mark=position.entry, maintenance=flat(0.0))
    price = bankruptcy_price(model, holding, backing)
    return 0.0 if price is None else value(position, price)


def tiers_for(model: MarginModel, scale: float) -> MarginTiers:
    """A table that fits the venue's rule, with floors of the size of the money at hand."""
    if model.margin_rule is MarginRule.FLAT:
        return one_rate(0.01)
    if model.margin_rule is MarginRule.LINEAR_IN_SIZE:
        return MarginTiers(tiers=(MarginTier(floor=0.0, rate=0.01),), rate_per_unit=5e-5)
    tiers = tuple(
        MarginTier(floor=floor * scale, rate=rate) for floor, rate in ((0.0, 0.005), (1.0, 0.01), (4.0, 0.03))
    )
    return MarginTiers(tiers=tiers)


@FEW
@given(
    st.sampled_from(list(MODELS.values())),
    st.booleans(),
    st.floats(1.0, 1e5),
    st.floats(0.6, 1.6),
    st.floats(1e-3, 1.0),
    st.one_of(st.none(), st.floats(1.0, 60.0)),
    st.floats(0.0, 0.002),
    st.floats(0.0, 0.01),
)
def test_when_nothing_is_said_of_liquidation_the_stop_is_reached_first(
    model: MarginModel,
    wants_inverse: bool,
    entry: float,
    ratio: float,
    risk: float,
    leverage: float | None,
    fee: float,
    slip: float,
) -> None:
    assume(abs(ratio - 1.0) > 1e-3)
    inverse = ContractKind.INVERSE in model.contracts and (
        wants_inverse or ContractKind.LINEAR not in model.contracts
    )
    kind = ContractKind.INVERSE if inverse else ContractKind.LINEAR
    equity = 10.0 if inverse else 10_000.0
    trade = a_trade(entry, entry * ratio, kind=kind, fee_rate=fee, slippage=slip * entry)
    sizing = replace(
        a_sizing(trade, equity=equity, risk=risk, venue=model.name, leverage=leverage),
        terms=Terms(model=model, tiers=tiers_for(model, equity), leverage=leverage),
    )
    contracts = float(sizing.contracts())
    found = outlook(sizing, contracts)
    steps = [trade.entry + (trade.fill - trade.entry) * step / 100.0 for step in range(101)]
    lowest = min(room_at(sizing, contracts, price) for price in steps)
    noise = 1e-9 * (equity + found.value)
    if Objection.LIQUIDATION_FIRST not in found.objections:
        assert lowest >= -noise
    elif model.margin_rule is not MarginRule.WHOLE_TIERS:
        assert lowest <= noise


@FEW
@given(
    st.floats(0.7, 1.4),
    st.floats(0.005, 0.9),
    st.one_of(st.none(), st.floats(1.0, 50.0)),
    st.sampled_from(("1", "0.01", "25")),
    st.booleans(),
)
def test_nothing_is_objected_to_the_cure_and_a_lot_more_would_be(
    ratio: float, risk: float, leverage: float | None, lot_text: str, has_tiers: bool
) -> None:
    assume(abs(ratio - 1.0) > 1e-3)
    lot = Decimal(lot_text)
    sizing = a_sizing(
        a_trade(100.0, 100.0 * ratio, fee_rate=0.0005),
        risk=risk,
        leverage=leverage,
        leverage_max=20.0,
        tiers=TIERS if has_tiers else None,
    )
    asked = sizing.contracts(lot)
    better = cure(sizing, asked, lot)
    if better is None:
        return
    assert 0 < better.contracts <= asked
    cured = replace(sizing, terms=replace(sizing.terms, leverage=better.leverage))
    assert outlook(cured, float(better.contracts)).objections == ()
    assert (better.leverage is None) == (leverage is None)
    if better.contracts < asked:
        assert outlook(cured, float(better.contracts + lot)).objections != ()
    if outlook(sizing, float(asked)).objections == ():
        assert (better.contracts, better.leverage) == (asked, leverage)
