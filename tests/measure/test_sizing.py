"""The size of a trade before it exists."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.sizing import floored_to_lot, liquidation_price, size_for_risk
from riskd.model.instrument import Bracket

FLAT = (
    Bracket(
        notional_floor=Decimal(0),
        notional_cap=Decimal("1e9"),
        maintenance_margin_rate=Decimal("0.005"),
        maintenance_amount=Decimal(0),
        leverage_max=Decimal(100),
    ),
)
PRICES = st.floats(0.01, 1e5)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    equity=st.floats(10, 1e9), risk=st.floats(1e-4, 0.1), entry=PRICES, stop=PRICES, fee=st.floats(0, 0.01)
)
def test_the_stop_loses_exactly_the_risk(
    equity: float, risk: float, entry: float, stop: float, fee: float
) -> None:
    if abs(entry - stop) < 1e-6 * entry:
        return
    size = size_for_risk(equity=equity, risk=risk, entry=entry, stop=stop, fee_rate=fee)
    lost = size.quantity * (abs(entry - stop) + fee * entry + fee * stop)
    assert lost == pytest.approx(equity * risk, rel=1e-9)
    assert size.leverage == pytest.approx(size.quantity * entry / equity)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"equity": 0.0}, "equity"),
        ({"equity": float("nan")}, "equity"),
        ({"risk": -0.01}, "risk"),
        ({"stop": 0.0}, "stop"),
        ({"stop": 100.0}, "distance"),
        ({"fee_rate": -1.0}, "fee_rate"),
        ({"slippage": float("inf")}, "slippage"),
    ],
)
def test_senseless_arguments_are_refused_by_name(changes: dict[str, float], named: str) -> None:
    arguments = {"equity": 1_000.0, "risk": 0.01, "entry": 100.0, "stop": 98.0, **changes}
    with pytest.raises(ValueError, match=named):
        size_for_risk(**arguments)


def test_a_size_is_never_rounded_up() -> None:
    assert floored_to_lot(1.2399999, Decimal("0.001")) == Decimal("1.239")
    assert floored_to_lot(0.0009, Decimal("0.001")) == 0


def test_liquidation_price_of_one_position() -> None:
    long = liquidation_price(quantity=1.0, entry=20_000.0, wallet=2_000.0, brackets=FLAT)
    short = liquidation_price(quantity=-1.0, entry=20_000.0, wallet=2_000.0, brackets=FLAT)
    assert long == pytest.approx(18_090.45, abs=0.01)
    assert short == pytest.approx(21_890.55, abs=0.01)
    assert liquidation_price(quantity=1.0, entry=100.0, wallet=100.0, brackets=FLAT) is None
    assert liquidation_price(quantity=1.0, entry=100.0, wallet=0.1, brackets=FLAT) == 100.0
