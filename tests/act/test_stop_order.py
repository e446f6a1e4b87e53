"""A stop is never for more than is held, never wider than meant, and none is placed that the mark has passed already."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.clamp import Fresh
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.stop_order import stop_intent_for
from riskd.model.order import Direction, Execution, Intent, StopPlacement
from tests.act.test_clamp import STAMP, an_instrument


def a_stop(held: str, quantity: str, trigger: str) -> StopPlacement:
    return StopPlacement(
        account="main",
        symbol="BTC/USDT:USDT",
        position_side="BOTH",
        held=Decimal(held),
        quantity=Decimal(quantity),
        trigger_price=Decimal(trigger),
        mark_price=Decimal(60_000),
    )


def placed(stop: StopPlacement, held: str, mark: str = "60000") -> Intent | Refusal:
    fresh = Fresh(held=Decimal(held), mark_price=Decimal(mark))
    return stop_intent_for(stop, fresh, an_instrument(), stamp=STAMP)


def reason(made: Intent | Refusal) -> RefusalReason:
    assert isinstance(made, Refusal)
    return made.reason


@pytest.mark.parametrize(
    ("held", "trigger", "direction", "on_tick"),
    [("1", "57000.04", Direction.SELL, "57000.1"), ("-1", "63000.06", Direction.BUY, "63000.0")],
)
def test_a_trigger_between_two_ticks_goes_to_the_one_nearer_to_mark(
    held: str, trigger: str, direction: Direction, on_tick: str
) -> None:
    made = placed(a_stop(held, "1", trigger), held)
    assert isinstance(made, Intent)
    assert (made.execution, made.direction, made.limit_price) == (Execution.STOP, direction, None)
    assert made.trigger_price == Decimal(on_tick)


def test_it_covers_what_is_held_now_and_no_more() -> None:
    made = placed(a_stop("1", "1", "57000"), "0.255")
    assert isinstance(made, Intent)
    assert made.quantity == Decimal("0.25")  # market lots of 0.01


@pytest.mark.parametrize(
    ("held", "mark", "why"),
    [
        ("0", "60000", RefusalReason.ALREADY_CLOSED),
        ("-1", "60000", RefusalReason.POSITION_FLIPPED),
        ("1", "57000", RefusalReason.BEYOND_STOP),
        ("1", "56000", RefusalReason.BEYOND_STOP),
        ("0.001", "60000", RefusalReason.BELOW_LOT),
        ("NaN", "60000", RefusalReason.NOT_A_NUMBER),
        ("1", "NaN", RefusalReason.NOT_A_NUMBER),
        ("1", "0", RefusalReason.NOT_A_NUMBER),
    ],
)
def test_what_needs_no_stop_or_cannot_have_one_is_refused_with_its_reason(
    held: str, mark: str, why: RefusalReason
) -> None:
    assert reason(placed(a_stop("1", "1", "57000"), held, mark)) is why


def test_a_contract_that_does_not_trade_takes_no_stop() -> None:
    fresh = Fresh(held=Decimal(1), mark_price=Decimal(60_000))
    made = stop_intent_for(a_stop("1", "1", "57000"), fresh, an_instrument(tradable=False), stamp=STAMP)
    assert reason(made) is RefusalReason.NOT_TRADABLE


@settings(max_examples=100, derandomize=True)
@given(
    planned=st.decimals("-50", "50", places=3).filter(bool),
    held=st.decimals("-50", "50", places=3),
    quantity=st.decimals("0.001", "60", places=3),
    trigger=st.decimals("1", "120000", places=4),
    mark=st.decimals("1", "120000", places=2),
)
def test_whatever_is_asked_a_stop_only_reduces_and_waits_on_the_losing_side(
    planned: Decimal, held: Decimal, quantity: Decimal, trigger: Decimal, mark: Decimal
) -> None:
    stop = replace(a_stop("1", "1", "1"), held=planned, quantity=quantity, trigger_price=trigger)
    made = stop_intent_for(stop, Fresh(held=held, mark_price=mark), an_instrument(), stamp=STAMP)
    if isinstance(made, Refusal):
        return
    assert made.trigger_price is not None
    assert made.quantity <= min(abs(held), quantity)
    assert made.trigger_price % Decimal("0.1") == 0
    if held > 0:
        assert trigger <= made.trigger_price < mark
    else:
        assert mark < made.trigger_price <= trigger
