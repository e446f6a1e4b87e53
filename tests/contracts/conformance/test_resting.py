"""Post-only orders and stops: they rest or they are refused, they are found, they are cancelled, and they only reduce."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.errors import VenueUnavailable
from riskd.model.order import Execution, Intent, OrderList, OrderStatus
from tests.contracts.conformance.bench import Bench, Place, Setting, an_intent, better, run, worse
from tests.contracts.conformance.venues import places, settings
from tests.fakes.wire_faults import WireFault

NOBODYS = {"binanceusdm": "987654321", "bybit": "fd4300ae-7847-404e-b947-000000000999", "okx": "987654321"}


def post_only(bench: Bench, *, number: int = 1, limit: str | None = None) -> Intent:
    return an_intent(bench, number=number, limit=limit or better(bench, "900"), execution=Execution.POST_ONLY)


def a_stop(bench: Bench, *, number: int = 1, trigger: str | None = None) -> Intent:
    return an_intent(bench, number=number, trigger=trigger or worse(bench, "1000"), execution=Execution.STOP)


@places
@settings
def test_a_post_only_order_rests_and_fills_where_it_rests(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        intent = post_only(bench)

        receipt = await bench.sender.send(intent)
        assert (receipt.status, receipt.filled) == (OrderStatus.ACKNOWLEDGED, Decimal(0)), receipt
        assert bench.resting() == [intent.client_order_id]

        bench.move(Decimal(better(bench, "1000")))
        found = await bench.sender.find(intent)
        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.2"))
        assert abs(bench.held()) == Decimal("0.3")

    run(place, case, setting)


@places
@settings
def test_a_post_only_order_that_would_take_leaves_nothing(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        receipt = await bench.sender.send(post_only(bench, limit=worse(bench, "300")))

        assert receipt.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED)
        assert receipt.code in bench.codes.would_take
        assert receipt.filled == 0
        assert bench.resting() == []
        assert abs(bench.held()) == Decimal("0.5")

    run(place, case, setting)


@places
@settings
def test_a_stop_rests_and_is_found_resting(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        intent = a_stop(bench)

        receipt = await bench.sender.send(intent)
        found = await bench.sender.find(intent)

        assert receipt.status is OrderStatus.RESTING, receipt
        assert found is not None
        assert (found.status, found.venue_order_id) == (OrderStatus.RESTING, receipt.venue_order_id)
        assert bench.resting() == [intent.client_order_id]
        assert abs(bench.held()) == Decimal("0.5")

    run(place, case, setting)


@places
@settings
def test_a_stop_closes_what_it_is_for_once_the_price_reaches_it(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        intent = a_stop(bench)
        await bench.sender.send(intent)

        bench.move(Decimal(worse(bench, "1200")))
        found = await bench.sender.find(intent)

        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.2"))
        assert abs(bench.held()) == Decimal("0.3")
        assert bench.held() * setting.held > 0
        assert bench.resting() == []

    run(place, case, setting)


@places
def test_a_stop_larger_than_what_is_left_never_turns_the_position(place: Place) -> None:
    async def case(bench: Bench) -> None:
        await bench.sender.send(a_stop(bench))
        bench.close_elsewhere(Decimal("0.4"))

        bench.move(Decimal(worse(bench, "1200")))

        assert bench.held() >= 0

    run(place, case)


@places
@settings
def test_a_stop_that_would_trigger_at_once_is_rejected(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        receipt = await bench.sender.send(a_stop(bench, trigger=better(bench, "500")))

        assert receipt.status is OrderStatus.REJECTED, receipt
        assert receipt.code in bench.codes.would_trigger
        assert bench.resting() == []
        assert abs(bench.held()) == Decimal("0.5")

    run(place, case, setting)


@places
@pytest.mark.parametrize(
    "fault",
    [WireFault.RESET_AFTER, WireFault.HTML_AFTER, WireFault.EMPTY_AFTER, WireFault.HTTP_502],
    ids=lambda fault: fault.value,
)
def test_a_stop_whose_answer_is_lost_is_unknown_and_then_found(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = a_stop(bench)
        bench.strike_stop(fault)

        receipt = await bench.sender.send(intent)
        found = await bench.sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert found is not None
        assert found.status is OrderStatus.RESTING

    run(place, case)


@places
def test_a_stop_that_arrives_before_its_expiry_rests(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = a_stop(bench)
        bench.hold_stop(2)

        receipt = await bench.sender.send(intent)
        bench.clock.advance(2)
        bench.deliver()
        found = await bench.sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert found is not None
        assert found.status is OrderStatus.RESTING

    run(place, case)


@places
def test_a_stop_that_arrives_after_its_expiry_never_rests(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = a_stop(bench)
        bench.hold_stop(6)

        await bench.sender.send(intent)
        bench.clock.advance(6)
        bench.deliver()

        assert await bench.sender.find(intent) is None
        assert bench.resting() == []

    run(place, case)


@places
def test_cancelled_orders_of_either_list_rest_no_more_and_twice_is_once(place: Place) -> None:
    async def case(bench: Bench) -> None:
        order = await bench.sender.send(post_only(bench))
        stop = await bench.sender.send(a_stop(bench, number=2))
        symbol = bench.contract.venue_symbol

        for _ in range(2):
            await bench.sender.cancel(symbol, order.venue_order_id)
            await bench.sender.cancel(symbol, stop.venue_order_id, OrderList.CONDITIONAL)

        assert bench.resting() == []
        found = await bench.sender.find(post_only(bench))
        assert found is not None
        assert found.status is OrderStatus.CANCELLED

    run(place, case)


@places
@pytest.mark.parametrize("kept_in", OrderList)
def test_what_the_venue_never_had_counts_as_cancelled(place: Place, kept_in: OrderList) -> None:
    async def case(bench: Bench) -> None:
        await bench.sender.cancel(bench.contract.venue_symbol, NOBODYS[bench.contract.venue], kept_in)

    run(place, case)


@places
@pytest.mark.parametrize(
    "fault",
    [
        WireFault.RESET_AFTER,
        WireFault.HTML_AFTER,
        WireFault.EMPTY_AFTER,
        WireFault.HTTP_500,
        WireFault.NO_ORDER_ID,
        WireFault.FIREWALL,
        WireFault.KEY_REFUSED,
    ],
    ids=lambda fault: fault.value,
)
def test_a_cancellation_whose_answer_is_spoilt_is_not_certain(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        order = await bench.sender.send(post_only(bench))
        bench.strike_cancel(fault)

        if fault is WireFault.RESET_AFTER and bench.contract.venue == "binanceusdm":
            # The client repeats a DELETE on a broken connection, and is told the truth: that it is gone.
            await bench.sender.cancel(bench.contract.venue_symbol, order.venue_order_id)
            assert bench.resting() == []
            return
        with pytest.raises(VenueUnavailable):
            await bench.sender.cancel(bench.contract.venue_symbol, order.venue_order_id)

    run(place, case)
