"""From a step of a plan and a fresh read to an intent: it only ever reduces what is held at this moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.clamp import Fresh, Learned, OrderStyle, Pricing, Stamp, Touch, intent_for
from riskd.act.identity import Identity, OrderFacts, Owner, classify_id
from riskd.act.refusal import Refusal, RefusalReason
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Intent, Reduction

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STAMP = Stamp(
    identity=Identity(key=b"a key of the installation", instance=1), plan_id="plan-1", sequence=9, now=NOW
)
STYLE = OrderStyle()


def an_instrument(**changes: object) -> Instrument:
    instrument = Instrument(
        venue="binanceusdm",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=Decimal(1),
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        market_lot_size=Decimal("0.01"),
        quantity_min=Decimal("0.002"),
        quantity_max=Decimal(100),
        market_quantity_max=Decimal(10),
        notional_min=Decimal(100),
        price_band=Decimal("0.05"),
        taker_fee_rate=Decimal("0.0005"),
        tradable=True,
    )
    return replace(instrument, **changes)  # type: ignore[arg-type]  # names are checked by replace


def a_reduction(held: str, quantity: str, side: str = "BOTH") -> Reduction:
    return Reduction(
        account="main",
        symbol="BTC/USDT:USDT",
        position_side=side,
        held=Decimal(held),
        quantity=Decimal(quantity),
        mark_price=Decimal(60_000),
        cost_estimate=1.0,
    )


def asked(
    reduction: Reduction,
    held: str,
    *,
    mark: str = "60000",
    style: OrderStyle = STYLE,
    instrument: Instrument | None = None,
) -> Intent | Refusal:
    fresh = Fresh(held=Decimal(held), mark_price=Decimal(mark))
    return intent_for(reduction, fresh, instrument or an_instrument(), style=style, stamp=STAMP)


def sent(reduction: Reduction, held: str, **how: object) -> Intent:
    intent = asked(reduction, held, **how)  # type: ignore[arg-type]  # passed on as given
    assert isinstance(intent, Intent)
    return intent


def refused(reduction: Reduction, held: str, **how: object) -> RefusalReason:
    refusal = asked(reduction, held, **how)  # type: ignore[arg-type]  # passed on as given
    assert isinstance(refusal, Refusal)
    return refusal.reason


def test_a_long_is_reduced_by_selling_within_the_collar() -> None:
    intent = sent(a_reduction("1", "0.4"), "1")
    assert (intent.direction, intent.quantity, intent.held) == (Direction.SELL, Decimal("0.4"), Decimal(1))
    assert intent.limit_price == Decimal("59400.0")
    assert intent.expires_at == NOW + timedelta(seconds=5)


def test_a_short_is_reduced_by_buying_within_the_collar() -> None:
    intent = sent(a_reduction("-1", "0.4", "SHORT"), "-1")
    assert (intent.direction, intent.limit_price) == (Direction.BUY, Decimal("60600.0"))


def test_the_limit_is_rounded_towards_mark_and_the_venues_band_narrows_it() -> None:
    assert sent(a_reduction("1", "0.4"), "1", mark="60000.37").limit_price == Decimal("59400.4")
    assert sent(a_reduction("-1", "0.4"), "-1", mark="60000.37").limit_price == Decimal("60600.3")
    tight = an_instrument(price_band=Decimal("0.001"))
    assert sent(a_reduction("1", "0.4"), "1", instrument=tight).limit_price == Decimal("59940.0")


def test_a_market_order_has_no_price_and_its_own_lot_and_size() -> None:
    intent = sent(a_reduction("30", "20.505"), "30", style=OrderStyle(pricing=Pricing.MARKET))
    assert (intent.limit_price, intent.quantity) == (None, Decimal(10))


def test_a_position_that_shrank_is_reduced_only_to_what_should_remain() -> None:
    assert sent(a_reduction("10", "6"), "7").quantity == 3
    assert refused(a_reduction("10", "6"), "4") is RefusalReason.ALREADY_REDUCED


def test_a_position_that_grew_is_reduced_by_no_more_than_planned() -> None:
    assert sent(a_reduction("10", "6"), "15").quantity == 6


def test_slices_add_up_to_the_step_and_then_end() -> None:
    instrument = an_instrument(quantity_max=Decimal("2.5"))
    held, sizes = Decimal(10), []
    while isinstance(intent := asked(a_reduction("10", "6"), str(held), instrument=instrument), Intent):
        sizes.append(intent.quantity)
        held -= intent.quantity
    assert sizes == [Decimal("2.5"), Decimal("2.5"), Decimal(1)]
    assert intent.reason is RefusalReason.ALREADY_REDUCED


def test_an_order_is_never_larger_than_the_house_allows() -> None:
    style = OrderStyle(order_notional_max=Decimal(100_000))
    assert sent(a_reduction("10", "6"), "10", style=style).quantity == Decimal("1.650")
    assert sent(a_reduction("-10", "6"), "-10", style=style).quantity == Decimal("1.650")


def test_a_slice_never_leaves_a_rest_that_the_venue_would_refuse() -> None:
    instrument = an_instrument(quantity_max=Decimal(4), quantity_min=Decimal("0.5"))
    first = sent(a_reduction("4.3", "4.3"), "4.3", instrument=instrument)
    assert first.quantity == Decimal("3.5")
    rest = sent(a_reduction("4.3", "4.3"), "0.8", instrument=instrument)
    assert rest.quantity == Decimal("0.8")


def test_a_position_that_is_closed_or_flipped_is_left_alone() -> None:
    assert refused(a_reduction("1", "1"), "0") is RefusalReason.ALREADY_CLOSED
    assert refused(a_reduction("1", "1"), "-1") is RefusalReason.POSITION_FLIPPED
    assert refused(a_reduction("1", "1", "LONG"), "-1") is RefusalReason.POSITION_FLIPPED


def test_dust_is_refused_with_the_reason() -> None:
    assert refused(a_reduction("1", "0.0004"), "1") is RefusalReason.BELOW_LOT
    assert refused(a_reduction("1", "0.001"), "1") is RefusalReason.BELOW_MINIMUM


def test_a_contract_that_does_not_trade_is_refused() -> None:
    assert refused(a_reduction("1", "1"), "1", instrument=an_instrument(tradable=False)) is (
        RefusalReason.NOT_TRADABLE
    )


def test_a_quantity_of_many_digits_is_never_rounded_up_past_what_is_held() -> None:
    held = "123456." + "9" * 24
    whole = an_instrument(lot_size=Decimal(1), quantity_max=Decimal(10**9))
    assert sent(a_reduction("200000", "200000"), held, instrument=whole).quantity == 123456


@pytest.mark.parametrize("mark", ["0", "-1", "NaN", "Infinity", "1e40"])
def test_a_mark_that_is_no_price_is_refused(mark: str) -> None:
    assert refused(a_reduction("1", "1"), "1", mark=mark) is RefusalReason.NOT_A_NUMBER


def test_a_tick_too_coarse_for_the_collar_is_refused() -> None:
    coarse = an_instrument(tick_size=Decimal(50_000))
    assert refused(a_reduction("1", "1"), "1", instrument=coarse) is RefusalReason.NO_PRICE


def test_the_id_is_ours_and_bound_to_the_order_as_sent() -> None:
    intent = sent(a_reduction("1", "0.4"), "0.7")
    facts = OrderFacts(account="main", symbol="BTCUSDT", direction=intent.direction, quantity=intent.quantity)
    assert classify_id(STAMP.identity, intent.client_order_id, facts) is Owner.OURS


ANY = st.decimals(allow_nan=True, allow_infinity=True)
NUMBER = st.one_of(
    ANY,
    st.decimals(-100, 100, places=3),
    st.sampled_from([Decimal(f"0.{'9' * 50}"), Decimal(f"1.{'0' * 30}1"), Decimal("-1e-30")]),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    held=NUMBER,
    quantity=NUMBER,
    fresh=NUMBER,
    mark=NUMBER,
    side=st.sampled_from(["BOTH", "LONG", "SHORT"]),
    pricing=st.sampled_from(Pricing),
    lot=st.sampled_from(["0.001", "1", "0.3"]),
    touch=st.none() | st.builds(Touch, bid=NUMBER, ask=NUMBER),
    learned=st.builds(
        Learned,
        reach=st.none() | st.decimals("0", "0.1", places=4),
        quantity_max=st.none() | st.decimals("0", "50", places=4),
        no_market=st.booleans(),
    ),
)
def test_whatever_comes_in_an_intent_only_reduces(
    held: Decimal,
    quantity: Decimal,
    fresh: Decimal,
    mark: Decimal,
    side: str,
    pricing: Pricing,
    lot: str,
    touch: Touch | None,
    learned: Learned,
) -> None:
    reduction = replace(a_reduction("1", "1", side), held=held, quantity=quantity)
    instrument = an_instrument(lot_size=Decimal(lot), market_lot_size=Decimal(lot))
    result = intent_for(
        reduction,
        Fresh(held=fresh, mark_price=mark, touch=touch, learned=learned),
        instrument,
        style=OrderStyle(pricing=pricing),
        stamp=STAMP,
    )
    if isinstance(result, Refusal):
        return
    signed = result.quantity if result.direction is Direction.BUY else -result.quantity
    after = fresh + signed
    assert abs(after) < abs(fresh)
    assert after * fresh >= 0
    assert result.quantity <= quantity
    assert result.quantity % Decimal(lot) == 0
    assert result.quantity >= instrument.quantity_min
    assert learned.quantity_max is None or result.quantity <= learned.quantity_max
    if result.limit_price is not None:
        worse = mark - result.limit_price if result.direction is Direction.SELL else result.limit_price - mark
        reach = Decimal("0.01") if learned.reach is None else min(learned.reach, Decimal("0.01"))
        assert worse / mark <= reach
    else:
        assert not learned.no_market
