"""What is particular to OKX: contracts, the margin mode of the position, portfolio margin, and stops of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.okx_sender import OkxSender
from riskd.adapters.okx_words import base_units_of, contracts_of, order_body
from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueCall
from tests.adapters.test_binance_sender import ID
from tests.adapters.test_binance_sender import an_intent as an_order_intent
from tests.contracts.conformance.binance_bench import CONTRACT as COINS
from tests.fakes.clock import NOON, ManualClock
from tests.fakes.transport import Reply, ScriptedTransport, replied

SYMBOL = "BTC-USDT-SWAP"
CONTRACT = replace(
    COINS,
    venue="okx",
    venue_symbol=SYMBOL,
    contract_size=Decimal("0.01"),
    lot_size=Decimal("0.001"),
    market_lot_size=Decimal("0.001"),
)
ORDER = "/api/v5/trade/order"
Script = Callable[[VenueCall], Reply]


def an_intent(**changes: Any) -> Intent:
    return an_order_intent(**({"venue": "okx", "venue_symbol": SYMBOL} | changes))


def told(*rows: dict[str, Any], code: str = "0") -> Reply:
    return replied({"code": code, "msg": "", "data": list(rows)})


def taken(**changes: Any) -> Reply:
    return told({"clOrdId": ID, "ordId": "312269865356374016", "sCode": "0", "sMsg": ""} | changes)


def refused(s_code: str, **changes: Any) -> Reply:
    return told({"clOrdId": ID, "ordId": "", "sCode": s_code, "sMsg": "no"} | changes, code="1")


def a_position(**changes: Any) -> dict[str, Any]:
    return {"instId": SYMBOL, "posSide": "net", "pos": "50", "mgnMode": "cross"} | changes


def a_row(**changes: Any) -> dict[str, Any]:
    """The venue's words about the order of ``an_intent``, filled."""
    row = {
        "ordId": "312269865356374016",
        "clOrdId": ID,
        "instId": SYMBOL,
        "side": "sell",
        "posSide": "net",
        "state": "filled",
        "accFillSz": "20",
        "avgPx": "59990.1",
        "reduceOnly": "true",
        "cancelSource": "",
    }
    return row | changes


def a_stop_row(**changes: Any) -> dict[str, Any]:
    row = {
        "algoId": "681096944655273984",
        "algoClOrdId": ID,
        "instId": SYMBOL,
        "side": "sell",
        "posSide": "net",
        "state": "live",
        "slTriggerPx": "58000",
        "ordIdList": [],
        "reduceOnly": "true",
        "failCode": "",
    }
    return row | changes


def a_sender(script: Script) -> tuple[OkxSender, ScriptedTransport]:
    transport = ScriptedTransport(script)
    sender = OkxSender(transport, account="main", clock=ManualClock(NOON), listing=lambda: {SYMBOL: CONTRACT})
    return sender, transport


def at_venue(
    *,
    create: Reply | None = None,
    positions: tuple[dict[str, Any], ...] = (a_position(),),
    level: str = "2",
    order: Reply | None = None,
) -> Script:
    def script(call: VenueCall) -> Reply:
        if call.method == "POST":
            return create or taken()
        match call.path.rpartition("/")[2]:
            case "config":
                return told({"acctLv": level})
            case "positions":
                return told(*positions)
            case "order":
                return order or told(a_row())
            case _:
                return told()

    return script


def sent(intent: Intent, **venue: Any) -> tuple[Receipt, list[VenueCall]]:
    sender, transport = a_sender(at_venue(**venue))
    receipt = asyncio.run(sender.send(intent))
    return receipt, [call for call in transport.asked if call.method == "POST"]


# ---- contracts -----------------------------------------------------------------------------------------------------


@settings(max_examples=100, derandomize=True)
@given(
    lots=st.integers(1, 10**9),
    size=st.sampled_from(["0.01", "0.1", "1", "10", "100", "0.0001", "1000000"]),
    lots_a_contract=st.sampled_from([1, 10, 100]),
)
def test_contracts_and_base_units_are_the_same_quantity(lots: int, size: str, lots_a_contract: int) -> None:
    contract = replace(CONTRACT, contract_size=Decimal(size), lot_size=Decimal(size) / lots_a_contract)
    quantity = lots * contract.lot_size

    contracts = contracts_of(quantity, contract)

    assert contracts == Decimal(lots) / lots_a_contract
    assert base_units_of(contracts, contract) == quantity


@pytest.mark.parametrize("quantity", ["0.2005", "0.0001", "0.20000000000000000000001"])
def test_what_is_no_whole_number_of_lots_does_not_leave(quantity: str) -> None:
    assert contracts_of(Decimal(quantity), CONTRACT) is None

    receipt, orders = sent(an_intent(quantity=Decimal(quantity)))

    assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "off_lot")
    assert orders == []


def test_an_order_is_in_contracts_and_its_receipt_in_base_units() -> None:
    receipt, [order] = sent(an_intent())

    assert json.loads(order.body)["sz"] == "20"
    assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.20"))


def test_without_the_contract_nothing_leaves_and_nothing_is_known() -> None:
    intent = an_intent(venue_symbol="ETH-USDT-SWAP")

    receipt, orders = sent(intent)

    assert (receipt.code, orders) == ("unknown_contract", [])
    with pytest.raises(VenueUnavailable, match="not among the contracts"):
        asyncio.run(a_sender(at_venue())[0].find(intent))


# ---- how the position is held --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["cross", "isolated"])
def test_an_order_names_the_margin_mode_of_the_position(mode: str) -> None:
    _, [order] = sent(an_intent(), positions=(a_position(mgnMode=mode),))

    assert json.loads(order.body)["tdMode"] == mode


def test_a_position_held_in_both_margin_modes_is_left_alone() -> None:
    receipt, orders = sent(an_intent(), positions=(a_position(), a_position(mgnMode="isolated")))

    assert (receipt.status, receipt.code, orders) == (OrderStatus.REJECTED, "margin_mode", [])


@pytest.mark.parametrize(
    "positions",
    [
        (),
        (a_position(pos="-50"),),
        (a_position(posSide="long"),),
        (a_position(instId="ETH-USDT-SWAP"),),
        (a_position(pos="0"),),
    ],
    ids=["none", "turned", "other mode", "other contract", "closed"],
)
def test_a_position_that_is_not_there_gets_no_order(positions: tuple[dict[str, Any], ...]) -> None:
    receipt, orders = sent(an_intent(), positions=positions)

    assert (receipt.status, receipt.code, orders) == (OrderStatus.REJECTED, "no_position", [])


def test_a_short_in_long_short_mode_has_no_sign_at_the_venue() -> None:
    intent = an_intent(position_side="SHORT", held=Decimal("-0.5"), direction=Direction.BUY)
    row = a_row(posSide="short", side="buy", reduceOnly="false")

    receipt, [order] = sent(intent, positions=(a_position(posSide="short", pos="50"),), order=told(row))

    body = json.loads(order.body)
    assert (body["posSide"], body["side"]) == ("short", "buy")
    assert "reduceOnly" not in body  # it is not heeded there; the side alone reduces
    assert receipt.status is OrderStatus.FILLED


def test_in_portfolio_margin_nothing_is_sent_because_reduce_only_is_not_heeded() -> None:
    receipt, orders = sent(an_intent(), level="4")

    assert (receipt.status, receipt.code, orders) == (OrderStatus.REJECTED, "portfolio_margin", [])


@pytest.mark.parametrize("silent", ["config", "positions"])
def test_an_order_whose_terms_cannot_be_read_has_not_left(silent: str) -> None:
    script = at_venue()
    sender, transport = a_sender(lambda call: "timeout" if call.path.endswith(silent) else script(call))

    receipt = asyncio.run(sender.send(an_intent()))

    assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "unsent:timeout")
    assert not any(call.method == "POST" for call in transport.asked)


# ---- what answers prove --------------------------------------------------------------------------------------------


def test_a_row_that_failed_decides_and_not_the_frame() -> None:
    receipt, _ = sent(an_intent(), create=refused("51169"))

    assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "51169")


@pytest.mark.parametrize(
    "answer",
    [
        refused("51169", ordId="312269865356374016"),  # refused, and yet it has a number
        refused("51169", clOrdId="f" * 32),
        told({"sCode": "51169"}, {"sCode": "51169"}, code="1"),
    ],
    ids=["with a number", "of another", "two rows"],
)
def test_a_refusal_that_contradicts_itself_proves_nothing(answer: Reply) -> None:
    receipt, _ = sent(an_intent(), create=answer)

    assert receipt.status is OrderStatus.UNKNOWN
    assert "alarm" in receipt.detail


@pytest.mark.parametrize("s_code", ["51149", "50004", "50013", "59999"])
def test_a_code_that_leaves_it_open_is_unknown(s_code: str) -> None:
    assert sent(an_intent(), create=refused(s_code))[0].status is OrderStatus.UNKNOWN


def test_an_empty_list_does_not_say_that_there_is_no_such_order() -> None:
    sender, _ = a_sender(lambda _: told())

    with pytest.raises(VenueUnavailable, match="0 rows for one order"):
        asyncio.run(sender.find(an_intent()))


def test_an_order_that_rests_or_filled_though_it_does_not_exist_is_no_answer() -> None:
    for lying in ("orders-pending", "fills"):

        def script(call: VenueCall, lying: str = lying) -> Reply:
            if call.path == ORDER:
                return told(code="51603")
            return told({"clOrdId": ID}) if call.path.endswith(lying) else told()

        with pytest.raises(VenueUnavailable, match="lists an order"):
            asyncio.run(a_sender(script)[0].find(an_intent()))


@pytest.mark.parametrize(
    "row",
    [
        a_row(clOrdId="f" * 32),
        a_row(instId="ETH-USDT-SWAP"),
        a_row(side="buy"),
        a_row(posSide="long"),
        a_row(accFillSz="21"),
        a_row(state="perhaps"),
        a_row(accFillSz="0"),
    ],
    ids=lambda row: "",
)
def test_a_row_about_another_order_is_no_answer(row: dict[str, Any]) -> None:
    with pytest.raises(VenueUnavailable):
        asyncio.run(a_sender(lambda _: told(row))[0].find(an_intent()))


# ---- immediate orders and stops ------------------------------------------------------------------------------------


def test_an_immediate_order_leaves_nothing_whatever_the_book_holds() -> None:
    market = json.loads(order_body(an_intent(), Decimal(20), "cross"))
    limit = json.loads(order_body(an_intent(limit_price=Decimal("59700.0")), Decimal(20), "cross"))

    assert market["ordType"] == "optimal_limit_ioc"  # a market order of a swap may rest
    assert (limit["ordType"], limit["px"]) == ("ioc", "59700.0")


def a_stop() -> Intent:
    return an_intent(execution=Execution.STOP, trigger_price=Decimal(58000))


def found_stop(row: dict[str, Any], became: dict[str, Any] | None = None) -> Receipt | None:
    def script(call: VenueCall) -> Reply:
        return told(row) if call.path.endswith("order-algo") else told(became or a_row(clOrdId=""))

    return asyncio.run(a_sender(script)[0].find(a_stop()))


def test_a_stop_is_a_market_order_behind_the_mark_price() -> None:
    body = json.loads(order_body(a_stop(), Decimal(20), "cross"))

    assert (body["ordType"], body["slOrdPx"], body["slTriggerPxType"]) == ("conditional", "-1", "mark")
    assert (body["slTriggerPx"], body["algoClOrdId"], body["reduceOnly"]) == ("58000", ID, True)


def test_a_stop_that_has_triggered_is_the_order_that_it_became() -> None:
    receipt = found_stop(a_stop_row(state="effective", ordIdList=["312269865356374016"]))

    assert receipt is not None
    assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.20"))


@pytest.mark.parametrize("order_ids", [[], ["1", "2"]])
def test_a_stop_on_its_way_or_split_is_not_settled(order_ids: list[str]) -> None:
    receipt = found_stop(a_stop_row(state="effective", ordIdList=order_ids))

    assert receipt is not None
    assert receipt.status is OrderStatus.ACKNOWLEDGED


def test_a_stop_that_the_venue_failed_to_place_is_over_with_its_reason() -> None:
    receipt = found_stop(a_stop_row(state="order_failed", failCode="51008"))

    assert receipt is not None
    assert (receipt.status, receipt.code) == (OrderStatus.CANCELLED, "51008")


@pytest.mark.parametrize(
    "row",
    [a_stop_row(slTriggerPx="57000"), a_stop_row(algoClOrdId="f" * 32), a_stop_row(side="buy")],
    ids=lambda _: "",
)
def test_a_stop_other_than_ours_is_no_answer(row: dict[str, Any]) -> None:
    with pytest.raises(VenueUnavailable):
        found_stop(row)
