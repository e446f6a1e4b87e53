"""A plan that people look at stays the plan while it would do the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.likeness import is_like
from riskd.model.order import Cancellation, OrderList, Plan, StopPlacement
from tests.builders import BTC, ETH
from tests.record.builder import a_plan

_STOP = StopPlacement(
    account="main",
    symbol=BTC,
    position_side="BOTH",
    held=Decimal("0.5"),
    quantity=Decimal("0.3"),
    trigger_price=Decimal(58_000),
    mark_price=Decimal(60_000),
)
_ORDER = Cancellation(
    account="main",
    symbol=BTC,
    position_side="BOTH",
    order_id="17",
    client_order_id="",
    kept_in=OrderList.ORDINARY,
    what="buy 0.5",
)


def sized(quantity: str) -> Plan:
    [step] = a_plan().reductions
    return replace(a_plan(), reductions=(replace(step, quantity=Decimal(quantity)),))


@pytest.mark.parametrize(
    ("quantity", "like"), [("0.200", True), ("0.219", True), ("0.182", True), ("0.24", False)]
)
def test_a_step_of_nearly_the_same_size_is_the_same(quantity: str, like: bool) -> None:
    assert is_like(a_plan(), sized(quantity)) is like
    assert is_like(sized(quantity), a_plan()) is like


def test_the_price_of_the_moment_does_not_make_it_another_plan() -> None:
    [step] = a_plan().reductions
    moved = replace(a_plan(), id="pln-2", reductions=(replace(step, mark_price=Decimal(50_000)),))
    assert is_like(a_plan(), moved)


@pytest.mark.parametrize(
    "change",
    [
        {"reductions": ()},
        {"stops": (_STOP,)},
        {"cancellations": (_ORDER,)},
        {"breaks_hedges": ("carry",)},
        {"reductions": (replace(a_plan().reductions[0], symbol=ETH),)},
        {"reductions": (replace(a_plan().reductions[0], position_side="LONG"),)},
    ],
)
def test_another_step_makes_it_another_plan(change: dict[str, object]) -> None:
    assert not is_like(a_plan(), replace(a_plan(), **change))  # type: ignore[arg-type]  # one field each


def test_cancelling_another_order_is_another_plan() -> None:
    one = replace(a_plan(), cancellations=(_ORDER,))
    assert not is_like(one, replace(one, cancellations=(replace(_ORDER, order_id="18"),)))
