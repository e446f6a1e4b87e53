"""What is not certain is UNKNOWN, and only the venue resolves it: an order is booked once or never."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.errors import VenueUnavailable
from riskd.model.order import Execution, OrderStatus
from tests.contracts.conformance.bench import Bench, Place, an_intent, better, run, worse
from tests.contracts.conformance.venues import places
from tests.fakes.wire_faults import WireFault

BOOKED = [fault for fault in WireFault if fault.is_booked]
REFUSALS = {
    WireFault.KEY_REFUSED: "key",
    WireFault.CLOCK: "clock",
    WireFault.RATE_LIMITED: "rate",
}
# An answer to a question cannot be refused for its missing id where the question names none.
SPOILT_ANSWERS = [f for f in BOOKED if f is not WireFault.NO_ORDER_ID] + [
    WireFault.FIREWALL,
    WireFault.RATE_LIMITED,
    WireFault.KEY_REFUSED,
]


@places
@pytest.mark.parametrize("fault", BOOKED, ids=lambda fault: fault.value)
def test_an_order_that_was_booked_is_unknown_and_then_found(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.strike(fault)

        receipt = await bench.sender.send(intent)
        found = await bench.sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN, receipt
        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.2"))
        assert bench.held() == Decimal("0.3")

    run(place, case)


@places
def test_an_answer_about_somebody_elses_order_raises_the_alarm(place: Place) -> None:
    async def case(bench: Bench) -> None:
        bench.strike(WireFault.FOREIGN_ID)

        receipt = await bench.sender.send(an_intent(bench))

        assert receipt.status is OrderStatus.UNKNOWN
        assert "alarm" in receipt.detail

    run(place, case)


@places
@pytest.mark.parametrize("fault", [WireFault.RESET_BEFORE, WireFault.FIREWALL], ids=lambda fault: fault.value)
def test_an_order_that_may_have_been_booked_is_unknown_and_not_found(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.strike(fault)

        receipt = await bench.sender.send(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert await bench.sender.find(intent) is None
        assert bench.held() == Decimal("0.5")

    run(place, case)


@places
@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: fault.value)
def test_a_refusal_before_the_engine_is_a_rejection(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.strike(fault)

        receipt = await bench.sender.send(intent)

        assert receipt.status is OrderStatus.REJECTED
        assert receipt.code in getattr(bench.codes, REFUSALS[fault])
        assert bench.held() == Decimal("0.5")

    run(place, case)


@places
def test_a_rate_limit_tells_how_long_to_be_silent(place: Place) -> None:
    async def case(bench: Bench) -> None:
        bench.strike(WireFault.RATE_LIMITED)

        receipt = await bench.sender.send(an_intent(bench))

        assert receipt.retry_after_seconds == 17

    run(place, case)


@places
def test_an_order_on_its_way_is_not_found_yet_and_found_once_it_arrives(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.hold(2)

        receipt = await bench.sender.send(intent)
        before = await bench.sender.find(intent)
        bench.clock.advance(2)
        bench.deliver()
        after = await bench.sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert before is None  # and proves nothing: the intent has not expired
        assert after is not None
        assert after.status is OrderStatus.FILLED
        assert bench.held() == Decimal("0.3")

    run(place, case)


@places
def test_an_order_that_arrives_after_its_expiry_is_never_booked(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.hold(6)

        await bench.sender.send(intent)
        bench.clock.advance(6)
        bench.deliver()

        assert bench.clock.now() > intent.expires_at
        assert await bench.sender.find(intent) is None
        assert bench.held() == Decimal("0.5")

    run(place, case)


@places
def test_what_was_never_sent_is_not_found(place: Place) -> None:
    async def case(bench: Bench) -> None:
        await bench.sender.send(an_intent(bench))

        assert await bench.sender.find(an_intent(bench, number=7)) is None
        unsent_stop = an_intent(bench, number=8, trigger=worse(bench, "3000"), execution=Execution.STOP)
        assert await bench.sender.find(unsent_stop) is None

    run(place, case)


@places
def test_a_client_id_that_rests_already_is_reconciled_and_not_rejected(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench, limit=better(bench, "900"), execution=Execution.POST_ONLY)
        first = await bench.sender.send(intent)

        second = await bench.sender.send(intent)
        found = await bench.sender.find(intent)

        assert first.status is OrderStatus.ACKNOWLEDGED
        assert second.status is OrderStatus.UNKNOWN
        assert second.code in bench.codes.duplicate
        assert found is not None
        assert found.venue_order_id == first.venue_order_id
        assert bench.resting() == [intent.client_order_id]

    run(place, case)


@places
@pytest.mark.parametrize("fault", SPOILT_ANSWERS, ids=lambda fault: fault.value)
def test_a_spoilt_answer_to_a_question_is_no_answer(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.strike(WireFault.RESET_AFTER)
        await bench.sender.send(intent)
        bench.strike_question(fault)

        if fault is WireFault.RESET_AFTER:
            found = await bench.sender.find(intent)  # the client asks once more: reading twice harms nobody
            assert found is not None
            return
        with pytest.raises(VenueUnavailable):
            await bench.sender.find(intent)

    run(place, case)


@places
@pytest.mark.parametrize(
    "fault",
    [f for f in SPOILT_ANSWERS if f not in (WireFault.RESET_AFTER, WireFault.FOREIGN_ID)],
    ids=lambda fault: fault.value,
)
def test_a_spoilt_answer_never_says_that_there_is_no_such_order(place: Place, fault: WireFault) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)
        bench.hold(2)
        await bench.sender.send(intent)
        bench.strike_question(fault)

        with pytest.raises(VenueUnavailable):
            await bench.sender.find(intent)

    run(place, case)
