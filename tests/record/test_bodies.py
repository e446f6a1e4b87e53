"""Journal bodies: every value comes back as it was written, and what is not one is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.errors import JournalError
from riskd.model.message import Question
from riskd.model.order import Cancellation, OrderList, OrderStatus, RuleEffect, StopPlacement
from riskd.model.report import JsonValue
from riskd.record import nouns, plan_text
from riskd.record.bodies import (
    decision_body,
    event_body,
    intent_body,
    message_body,
    receipt_body,
)
from riskd.record.canonical import canonical_json
from riskd.record.fields import Fields, number_json
from riskd.record.plan_text import plan_body
from tests.builders import BTC
from tests.record.builder import (
    ALERT,
    a_decision,
    a_message,
    a_plan,
    a_receipt,
    a_state,
    an_event,
    an_intent,
)

Noun = TypeVar("Noun")


def through_the_file(body: dict[str, JsonValue], read: Callable[[Fields], Noun]) -> Noun:
    """What ``read`` makes of a body once it has been text."""
    return read(Fields(json.loads(canonical_json(body)), "here"))


def test_a_plan_comes_back_with_its_cancellations_stops_and_effects() -> None:
    full = replace(
        a_plan(),
        cancellations=(
            Cancellation(
                account="main",
                symbol=BTC,
                position_side="BOTH",
                order_id="17",
                client_order_id="grid-3",
                kept_in=OrderList.CONDITIONAL,
                what="buy 0.5 at 60,000",
            ),
        ),
        stops=(
            StopPlacement(
                account="main",
                symbol=BTC,
                position_side="BOTH",
                held=Decimal("0.5"),
                quantity=Decimal("0.3"),
                trigger_price=Decimal("58000.0"),
                mark_price=Decimal("60000.1"),
            ),
        ),
        effects=(
            RuleEffect(
                rule="test/leverage",
                subject="account main",
                measure="leverage",
                unit="multiple",
                before=7.0,
                after=4.4,
                target=4.5,
                mended=True,
            ),
        ),
        frees_margin_usd=1200.5,
        realizes_pnl_usd=-300.25,
        remains=("stop coverage of ETH",),
        advice=("add 500 USDT",),
        breaks_hedges=("btc-carry",),
    )
    assert through_the_file(plan_body(full), plan_text.plan) == full


def test_a_message_comes_back_with_what_it_asks_people() -> None:
    asking = replace(a_message(), question=Question("pln-1", "c41d", "Reduce BTC by 0.2?"))
    assert through_the_file(message_body(asking), nouns.message) == asking


def test_a_message_comes_back_with_its_table_and_one_of_an_older_riskd_has_none() -> None:
    told = replace(a_message(), table=(("#", "Step"), ("1", "sell BTC")))
    assert through_the_file(message_body(told), nouns.message) == told
    older = {name: value for name, value in message_body(told).items() if name != "table"}
    assert through_the_file(older, nouns.message) == a_message()


def test_a_plan_of_an_older_riskd_has_nothing_of_what_came_later() -> None:
    later = ("cancellations", "stops", "effects", "frees_margin_usd", "realizes_pnl_usd", "remains", "advice")
    body = {
        name: value for name, value in plan_body(a_plan()).items() if name not in (*later, "breaks_hedges")
    }
    assert through_the_file(body, plan_text.plan) == a_plan()


def test_every_noun_that_a_restart_needs_comes_back_equal() -> None:
    assert through_the_file(plan_body(a_plan()), plan_text.plan) == a_plan()
    assert through_the_file(intent_body(an_intent()), nouns.intent) == an_intent()
    assert through_the_file(receipt_body(a_receipt()), nouns.receipt) == a_receipt()
    assert through_the_file(message_body(a_message()), nouns.message) == a_message()
    assert through_the_file(decision_body(a_decision()), nouns.decision) == a_decision()
    assert through_the_file(event_body(an_event(), a_state()), nouns.alert_key) == ALERT


def test_what_is_absent_stays_absent() -> None:
    market = an_intent(limit_price=None)
    unknown = a_receipt(status=OrderStatus.UNKNOWN)
    lasting = replace(a_decision(), until=None)

    assert through_the_file(intent_body(market), nouns.intent) == market
    assert through_the_file(receipt_body(unknown), nouns.receipt) == unknown
    assert through_the_file(decision_body(lasting), nouns.decision) == lasting


@settings(derandomize=True, max_examples=100)
@given(st.decimals(min_value="0.000000000000000001", max_value="1e18", places=18))
def test_a_quantity_keeps_every_digit(quantity: Decimal) -> None:
    intent = replace(an_intent(), held=quantity, quantity=quantity)

    assert str(through_the_file(intent_body(intent), nouns.intent).quantity) == str(quantity)


@settings(derandomize=True, max_examples=100)
@given(st.none() | st.floats())
def test_a_measured_number_comes_back_and_nan_as_unknown(value: float | None) -> None:
    fields = Fields(json.loads(canonical_json({"value": number_json(value)})), "here")

    expected = None if value is None or value != value else value  # NaN is what differs from itself
    assert fields.number("value") == expected


def test_an_intent_that_would_open_a_position_cannot_come_out_of_a_journal_either() -> None:
    body = intent_body(an_intent()) | {"direction": "BUY"}

    with pytest.raises(JournalError, match="here: BUY does not reduce"):
        nouns.intent(Fields(body, "here"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"client_order_id": None}, "client_order_id: expected text, was None"),
        ({"quantity": 0.2}, "quantity: expected text, was 0.2"),
        ({"quantity": "many"}, "quantity: expected an exact number, was 'many'"),
        ({"quantity": "NaN"}, "quantity: expected a finite number, was 'NaN'"),
        ({"direction": "HOLD"}, "direction: expected one of BUY, SELL, was 'HOLD'"),
        ({"expires_at": "tomorrow"}, "expires_at: expected a UTC time, was 'tomorrow'"),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(change: dict[str, JsonValue], said: str) -> None:
    with pytest.raises(JournalError, match=f"here: {said}"):
        nouns.intent(Fields(intent_body(an_intent()) | change, "here"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alert_episode": True}, "alert_episode: expected a whole number, was True"),
        ({"target": "much"}, "target: expected a number or null, was 'much'"),
        ({"target": []}, r"target: expected a number or null, was \[\]"),
        ({"reductions": {}}, "reductions: expected a list, was {}"),
        ({"reductions": [1]}, r"reductions: expected objects, was \[1\]"),
        ({"untouched": [["a"]]}, "untouched: expected pairs of texts"),
        ({"untouched": [["a", 1]]}, "untouched: expected pairs of texts"),
    ],
)
def test_a_list_or_number_that_is_not_one_is_named(change: dict[str, JsonValue], said: str) -> None:
    with pytest.raises(JournalError, match=f"here: {said}"):
        plan_text.plan(Fields(plan_body(a_plan()) | change, "here"))


def test_a_missing_field_is_named() -> None:
    body = receipt_body(a_receipt())
    del body["status"]

    with pytest.raises(JournalError, match="here: status: expected text, was nothing"):
        nouns.receipt(Fields(body, "here"))


def test_a_level_that_does_not_exist_is_named() -> None:
    with pytest.raises(JournalError, match="level: expected one of ok, warn, breach, critical, was 'worse'"):
        nouns.message(Fields(message_body(a_message()) | {"level": "worse"}, "here"))
