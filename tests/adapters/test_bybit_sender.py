"""What is particular to Bybit: an acknowledgement is no outcome, and too large an order would become several."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from riskd.adapters.bybit_sender import BybitSender
from riskd.adapters.bybit_words import order_body
from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueCall
from tests.adapters.test_binance_sender import ID, an_intent
from tests.contracts.conformance.binance_bench import CONTRACT
from tests.fakes.clock import NOON, ManualClock
from tests.fakes.transport import Reply, ScriptedTransport, replied

CREATE = "/v5/order/create"
Script = Callable[[VenueCall], Reply]


def told(result: Any = None, code: int = 0) -> Reply:
    return replied({"retCode": code, "retMsg": "OK", "result": result or {}, "retExtInfo": {}, "time": 1})


def taken(order_link_id: str = ID) -> Reply:
    return told({"orderId": "9a1", "orderLinkId": order_link_id})


def listed(*rows: dict[str, Any]) -> Reply:
    return told({"category": "linear", "list": list(rows), "nextPageCursor": ""})


def a_row(**changes: Any) -> dict[str, Any]:
    """The venue's words about the order of ``an_intent``, filled."""
    row = {
        "orderId": "9a1",
        "orderLinkId": ID,
        "symbol": "BTCUSDT",
        "side": "Sell",
        "qty": "0.200",
        "positionIdx": 0,
        "orderStatus": "Filled",
        "rejectReason": "EC_NoError",
        "avgPrice": "59990.1",
        "cumExecQty": "0.200",
        "triggerPrice": "",
        "reduceOnly": True,
    }
    return row | changes


def a_sender(script: Script) -> tuple[BybitSender, ScriptedTransport]:
    transport = ScriptedTransport(script)
    sender = BybitSender(
        transport, account="main", clock=ManualClock(NOON), listing=lambda: {"BTCUSDT": CONTRACT}
    )
    return sender, transport


def sent(intent: Intent, *, create: Reply | None = None, rows: tuple[dict[str, Any], ...] = ()) -> Receipt:
    def answers(call: VenueCall) -> Reply:
        return (create or taken()) if call.path == CREATE else listed(*rows)

    return asyncio.run(a_sender(answers)[0].send(intent))


def found(*answers: Reply) -> Receipt | None:
    waiting = list(answers)
    return asyncio.run(a_sender(lambda _: waiting.pop(0))[0].find(an_intent()))


def test_an_acknowledgement_is_asked_about_right_away() -> None:
    receipt = sent(an_intent(), rows=(a_row(),))

    assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.200"))
    assert receipt.average_price == Decimal("59990.1")


def test_an_acknowledgement_of_which_nothing_is_known_yet_stays_one() -> None:
    receipt = sent(an_intent())

    assert (receipt.status, receipt.venue_order_id) == (OrderStatus.ACKNOWLEDGED, "9a1")


def test_an_acknowledgement_that_cannot_be_asked_about_stays_one() -> None:
    sender, _ = a_sender(lambda call: taken() if call.path == CREATE else "reset")

    assert asyncio.run(sender.send(an_intent())).status is OrderStatus.ACKNOWLEDGED


def test_the_rest_of_an_immediate_order_that_was_cancelled_is_a_partial_fill() -> None:
    receipt = sent(an_intent(), rows=(a_row(orderStatus="Cancelled", cumExecQty="0.150"),))

    assert (receipt.status, receipt.filled) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.150"))


def test_an_order_that_the_engine_rejects_later_ends_with_the_engines_reason() -> None:
    receipt = sent(
        an_intent(),
        rows=(
            a_row(
                orderStatus="Rejected", cumExecQty="0", avgPrice="0", rejectReason="EC_NoImmediateQtyToFill"
            ),
        ),
    )

    assert (receipt.status, receipt.code) == (OrderStatus.CANCELLED, "EC_NoImmediateQtyToFill")


@pytest.mark.parametrize("limit", [None, Decimal("59000.00")])
def test_an_order_that_the_venue_would_split_does_not_leave(limit: Decimal | None) -> None:
    sender, transport = a_sender(lambda _: taken())
    intent = an_intent(held=Decimal(5000), quantity=Decimal(1500), limit_price=limit)

    receipt = asyncio.run(sender.send(intent))

    assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "above_maximum")
    assert transport.asked == []


def test_an_order_of_an_unknown_contract_does_not_leave() -> None:
    sender, transport = a_sender(lambda _: taken())

    receipt = asyncio.run(sender.send(an_intent(venue_symbol="ETHUSDT")))

    assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "unknown_contract")
    assert transport.asked == []


@pytest.mark.parametrize(
    ("position_side", "held", "index", "side"),
    [
        ("BOTH", "0.5", 0, "Sell"),
        ("BOTH", "-0.5", 0, "Buy"),
        ("LONG", "0.5", 1, "Sell"),
        ("SHORT", "-0.5", 2, "Buy"),
    ],
)
def test_an_order_names_the_side_that_it_closes_and_is_reduce_only(
    position_side: str, held: str, index: int, side: str
) -> None:
    intent = an_intent(position_side=position_side, held=Decimal(held), **closing(held))

    body = json.loads(order_body(intent))

    assert (body["positionIdx"], body["side"], body["reduceOnly"]) == (index, side, True)
    assert (body["orderType"], body["timeInForce"], body["orderLinkId"]) == ("Market", "IOC", ID)


@pytest.mark.parametrize(("held", "direction"), [("0.5", 2), ("-0.5", 1)])
def test_a_stop_falls_for_a_long_and_rises_for_a_short_by_the_mark_price(held: str, direction: int) -> None:
    intent = an_intent(
        held=Decimal(held), execution=Execution.STOP, trigger_price=Decimal("58000.0"), **closing(held)
    )

    body = json.loads(order_body(intent))

    assert (body["triggerPrice"], body["triggerDirection"]) == ("58000.0", direction)
    assert (body["triggerBy"], body["reduceOnly"]) == ("MarkPrice", True)
    assert "closeOnTrigger" not in body  # it would cancel other orders


def closing(held: str) -> dict[str, Any]:
    return {"direction": Direction.SELL if Decimal(held) > 0 else Direction.BUY}


def test_an_order_is_looked_for_in_three_places_before_it_is_unknown_to_the_venue() -> None:
    assert found(listed(), listed(), listed()) is None
    later = found(listed(), listed(a_row()))
    assert later is not None
    assert later.status is OrderStatus.FILLED


def test_fills_of_an_order_that_the_venue_does_not_list_are_no_answer() -> None:
    with pytest.raises(VenueUnavailable, match="does not know"):
        found(listed(), listed(), listed({"orderLinkId": ID, "execQty": "0.2"}))


@pytest.mark.parametrize(
    "row",
    [
        a_row(orderLinkId="f" * 32),
        a_row(symbol="ETHUSDT"),
        a_row(side="Buy"),
        a_row(positionIdx=1),
        a_row(qty="0.300"),
        a_row(cumExecQty="0.300"),
        a_row(orderStatus="Perhaps"),
        a_row(orderStatus="Filled", cumExecQty="0"),
        a_row(triggerPrice="58000"),
    ],
    ids=lambda row: "",
)
def test_a_row_about_another_order_is_no_answer(row: dict[str, Any]) -> None:
    with pytest.raises(VenueUnavailable):
        found(listed(row))


def test_two_orders_under_one_id_are_no_answer() -> None:
    with pytest.raises(VenueUnavailable, match="2 orders were given"):
        found(listed(a_row(), a_row(orderId="9a2")))


def test_an_answer_without_its_list_does_not_say_that_there_is_no_such_order() -> None:
    with pytest.raises(VenueUnavailable):
        found(told({"category": "linear"}))


def test_a_position_that_the_venue_reduced_by_less_says_so() -> None:
    receipt = sent(an_intent(), rows=(a_row(reduceOnly=False),))

    assert "reduceOnly: false" in receipt.detail


def test_a_cancellation_is_over_only_when_the_order_is() -> None:
    def script(status: str) -> Script:
        return lambda call: told({"orderId": "9a1"}) if call.method == "POST" else listed(row(status))

    def row(status: str) -> dict[str, Any]:
        return a_row(orderStatus=status, orderLinkId="", cumExecQty="0")

    asyncio.run(a_sender(script("Cancelled"))[0].cancel("BTCUSDT", "9a1"))
    with pytest.raises(VenueUnavailable, match="still rests"):
        asyncio.run(a_sender(script("New"))[0].cancel("BTCUSDT", "9a1"))
