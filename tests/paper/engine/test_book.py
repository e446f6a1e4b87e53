from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskd.paper.engine.book import (
    IMPACT_CAP,
    buyable,
    buying_cost,
    depth_levels,
    impact_rate,
    sellable,
    selling_proceeds,
)
from tests.paper.engine.builders import D, quote

BOOK = quote("100", spread_rate=D("0.002"), depth_usd=D("1000000"))


def test_bid_and_ask_stand_half_a_spread_around_last_not_mark() -> None:
    apart = quote("100", mark=D(120), spread_rate=D("0.002"))
    assert (apart.bid, apart.ask) == (D("99.9"), D("100.1"))


def test_the_stated_depth_moves_the_price_by_one_percent() -> None:
    assert impact_rate(BOOK, D(1_000_000)) == D("0.01")


def test_buying_costs_the_touch_plus_half_the_impact() -> None:
    notional = D(500) * D("100.1")
    impact = notional / D(1_000_000) * D("0.01")
    assert buying_cost(BOOK, D(500)) == notional * (1 + impact / 2)


def test_selling_yields_the_touch_less_half_the_impact() -> None:
    notional = D(500) * D("99.9")
    impact = notional / D(1_000_000) * D("0.01")
    assert selling_proceeds(BOOK, D(500)) == notional * (1 - impact / 2)


@pytest.mark.parametrize(("limit", "expected"), [("100.1", 0), ("90", 0), ("101.101", 10_000)])
def test_a_buyer_gets_what_lies_inside_the_limit_and_nothing_at_the_touch(limit: str, expected: int) -> None:
    assert buyable(BOOK, D(limit)) * BOOK.ask == pytest.approx(D(expected) * 100)


def test_a_seller_gets_what_lies_inside_the_limit() -> None:
    assert sellable(BOOK, D("98.901")) * BOOK.bid == pytest.approx(D(1_000_000))
    assert sellable(BOOK, D("99.9")) == 0


def test_a_price_stays_positive_however_much_is_sold() -> None:
    huge = D(10) ** 9
    worst = (selling_proceeds(BOOK, huge + 1) - selling_proceeds(BOOK, huge)) / BOOK.bid
    assert worst == pytest.approx(1 - IMPACT_CAP)
    assert selling_proceeds(BOOK, huge) > 0


@given(st.integers(1, 40))
def test_taking_whole_levels_costs_what_the_formula_says(count: int) -> None:
    depth = depth_levels(BOOK, count)
    bought = sum((quantity for _, quantity in depth.asks), D(0))
    paid = sum((price * quantity for price, quantity in depth.asks), D(0))
    sold = sum((quantity for _, quantity in depth.bids), D(0))
    received = sum((price * quantity for price, quantity in depth.bids), D(0))
    assert abs(paid - buying_cost(BOOK, bought)) < D("1E-15")
    assert abs(received - selling_proceeds(BOOK, sold)) < D("1E-15")


@given(st.decimals("100.2", "120", places=2))
def test_what_can_be_bought_within_a_limit_has_that_limit_as_its_worst_price(limit: Decimal) -> None:
    quantity = buyable(BOOK, limit)
    worst = BOOK.ask * (1 + impact_rate(BOOK, quantity * BOOK.ask))
    assert abs(worst - limit) < D("1E-20")
