"""Average cost and realised profit, against a slow reference in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from riskd.paper.engine.accounting import change_position
from tests.paper.engine.builders import D

FILLS = st.lists(
    st.tuples(
        st.integers(-2000, 2000).filter(bool).map(lambda lots: D(lots) / 1000),
        st.integers(1, 10**7).map(lambda ticks: D(ticks) / 100),
    ),
    min_size=1,
    max_size=25,
)


class Reference:
    """The average-cost method in exact fractions, one unit of logic at a time."""

    def __init__(self) -> None:
        self.quantity = Fraction(0)
        self.entry = Fraction(0)
        self.realized = Fraction(0)

    def fill(self, filled: Fraction, price: Fraction) -> None:
        if self.quantity * filled >= 0:
            total = abs(self.quantity) + abs(filled)
            self.entry = (self.entry * abs(self.quantity) + price * abs(filled)) / total
            self.quantity += filled
            return
        closed = min(abs(filled), abs(self.quantity))
        direction = 1 if self.quantity > 0 else -1
        self.realized += direction * closed * (price - self.entry)
        remainder = abs(filled) - closed
        self.quantity += filled
        if remainder > 0:
            self.entry = price


@given(FILLS)
def test_entry_and_realized_profit_agree_with_the_reference(fills: list[tuple[Decimal, Decimal]]) -> None:
    reference, quantity, cost, realized = Reference(), D(0), D(0), D(0)
    for filled, price in fills:
        change = change_position(
            quantity=quantity, cost=cost, filled=filled, quote=(abs(filled) * price).quantize(D("1E-8"))
        )
        quantity, cost, realized = change.quantity, change.cost, realized + change.realized_pnl
        reference.fill(Fraction(filled), Fraction(price))
        assert quantity == reference.quantity
        assert abs(Fraction(cost) - reference.quantity * reference.entry) < Fraction(1, 10**6)
        assert abs(Fraction(realized) - reference.realized) < Fraction(1, 10**6)


@given(FILLS)
def test_no_cash_is_lost_to_rounding(fills: list[tuple[Decimal, Decimal]]) -> None:
    quantity, cost, realized, paid = D(0), D(0), D(0), D(0)
    for filled, price in fills:
        quote = (abs(filled) * price).quantize(D("1E-8"))
        change = change_position(quantity=quantity, cost=cost, filled=filled, quote=quote)
        quantity, cost, realized = change.quantity, change.cost, realized + change.realized_pnl
        paid += quote if filled > 0 else -quote
        assert cost == paid + realized
        if not quantity:
            assert cost == 0


def test_a_flip_closes_all_and_opens_the_rest_at_the_fill() -> None:
    change = change_position(quantity=D(2), cost=D(200), filled=D(-5), quote=D(550))
    assert (change.closed_quantity, change.realized_pnl) == (D(2), D(20))
    assert (change.quantity, change.cost, change.opened_quote) == (D(-3), D(-330), D(330))
    assert change.flipped


def test_closing_a_short_below_its_entry_is_a_profit() -> None:
    change = change_position(quantity=D(-4), cost=D(-400), filled=D(1), quote=D(90))
    assert (change.realized_pnl, change.quantity, change.cost) == (D(10), D(-3), D(-300))
    assert not change.flipped
