"""The displayed liquidation price: published examples, a bisection, and the engine's own deeds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.engine.liquidation_price import liquidation_price
from riskd.paper.engine.state import PositionState
from riskd.paper.engine.types import Liquidated, MarginType, PositionSide
from tests.paper.engine.builders import (
    BRACKET_ROWS,
    D,
    brackets,
    contract,
    market,
    open_exchange,
    position,
    quote,
    step,
)


def one(quantity: Decimal, entry: Decimal) -> PositionState:
    return PositionState(
        account="a",
        symbol="BTCUSDT",
        side=PositionSide.BOTH,
        isolated=True,
        quantity=quantity,
        cost=quantity * entry,
    )


# Sources: Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 (first three), freqtrade test_get_liquidation_price (last three).
# quantity, entry, rate, amount, base, expected, tolerance
PUBLISHED = [
    ("3683.979", "1456.84", "0.1", "135365", "1407887.62856", "1153.26", "0.01"),
    ("109.488", "32481.98", "0.025", "16300", "1535443.01", "18778.73", "0.01"),
    ("3683.979", "1456.84", "0.1", "135365", "1535443.01", "1114.78", "0.01"),
    ("1", "10", "0.01", "0.01", "2", "8.070707070707071", "1E-9"),
    ("-1", "10", "0.01", "0.01", "2", "11.89108910891089", "1E-9"),
    ("-1", "10", "0.01", "0.01", "3.3333333333333335", "13.211221122079207", "1E-9"),
]


@pytest.mark.parametrize(("quantity", "entry", "rate", "amount", "base", "expected", "tolerance"), PUBLISHED)
def test_published_examples(
    quantity: str, entry: str, rate: str, amount: str, base: str, expected: str, tolerance: str
) -> None:
    table = brackets((("0", "1E+12", rate, amount, 20),))
    found = liquidation_price([one(D(quantity), D(entry))], D(base), table, D(entry))
    assert abs(found - D(expected)) <= D(tolerance)


def test_a_position_that_no_price_can_liquidate_shows_zero() -> None:
    assert liquidation_price([one(D(1), D(100))], D(101), brackets(), D(100)) == 0


def test_two_equal_sides_of_a_hedge_have_only_maintenance_to_fear() -> None:
    sides = [one(D(1), D(10_000)), one(D(-1), D(10_000))]
    found = liquidation_price(sides, D(1_000), brackets(), D(10_000))
    assert found > 50_000
    assert _surplus(sides, D(1_000), found) == pytest.approx(0, abs=1e-9)


def _maintenance(notional: Decimal) -> Decimal:
    """Independent: the integral of the marginal rates, without amounts."""
    total = D(0)
    for floor, cap, rate, _, _ in BRACKET_ROWS:
        total += max(D(0), min(notional, D(cap)) - D(floor)) * D(rate)
    return total


def _surplus(sides: list[PositionState], base: Decimal, price: Decimal) -> Decimal:
    equity = base + sum((side.quantity * price - side.cost for side in sides), D(0))
    return equity - sum((_maintenance(abs(side.quantity) * price) for side in sides), D(0))


def _bisect(side: PositionState, base: Decimal, mark: Decimal) -> Decimal:
    """Slow reference: the price nearest to mark, on the losing side, where equity meets maintenance."""
    alive, dead = mark, D(0) if side.quantity > 0 else mark * 1000
    if _surplus([side], base, dead) > 0:
        return D(0)
    for _ in range(200):
        middle = (alive + dead) / 2
        if _surplus([side], base, middle) > 0:
            alive = middle
        else:
            dead = middle
    return dead


@given(
    direction=st.sampled_from((1, -1)),
    lots=st.integers(1, 900_000),
    leverage=st.integers(1, 15),
    moved=st.integers(-5, 5),
)
def test_it_is_where_bisection_finds_it_across_brackets(
    direction: int, lots: int, leverage: int, moved: int
) -> None:
    entry = D(10_000)
    side = one(direction * D(lots) / 1000, entry)
    base = abs(side.cost) / leverage
    mark = entry * (100 + moved) / 100
    if _surplus([side], base, mark) <= 0:
        return
    found = liquidation_price([side], base, brackets(), mark)
    expected = _bisect(side, base, mark)
    assert abs(found - expected) < D("1E-8") * max(D(1), expected)


@settings(deadline=None, max_examples=50)
@given(
    direction=st.sampled_from(("BUY", "SELL")),
    lots=st.integers(100, 60_000),
    leverage=st.integers(2, 18),
    margin_type=st.sampled_from(MarginType),
    hedge=st.booleans(),
)
def test_the_engine_liquidates_exactly_there(
    direction: str, lots: int, leverage: int, margin_type: MarginType, hedge: bool
) -> None:
    listed = contract(taker_fee_rate=D(0))
    quantity = D(lots) / 1000
    exchange = open_exchange(listed, accounts={"a": int(10_000 * quantity / leverage) + 1})
    exchange.set_position_mode("a", hedge_mode=True)
    exchange.set_leverage("a", "BTCUSDT", leverage)
    if margin_type is MarginType.ISOLATED:
        exchange.set_margin_type("a", "BTCUSDT", margin_type)
    main = PositionSide.LONG if direction == "BUY" else PositionSide.SHORT
    other = PositionSide.SHORT if direction == "BUY" else PositionSide.LONG
    share = quantity / 2 if not hedge else quantity * 2 / 3
    exchange.place("a", market(direction, str(share.quantize(D("0.001"))), position_side=main))
    if hedge:
        against = "SELL" if direction == "BUY" else "BUY"
        exchange.place("a", market(against, str((quantity / 10).quantize(D("0.001"))), position_side=other))
    found = position(exchange, side=main)
    assert found is not None
    price = found.liquidation_price
    if price == 0:
        return
    nudge = price * D("1E-12")
    safe, deadly = (price + nudge, price - nudge) if direction == "BUY" else (price - nudge, price + nudge)
    assert not _liquidations(step(exchange, quote(safe)))
    assert _liquidations(step(exchange, quote(deadly)))


def _liquidations(events: tuple[object, ...]) -> list[Liquidated]:
    return [event for event in events if isinstance(event, Liquidated)]
