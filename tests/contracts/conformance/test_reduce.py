"""An order reduces, by exactly what its receipt says, and never does anything else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.model.order import Direction, OrderStatus
from tests.contracts.conformance.bench import (
    ONE_WAY,
    Bench,
    Place,
    Setting,
    an_intent,
    better,
    run,
    worse,
)
from tests.contracts.conformance.venues import places, settings


@places
@settings
def test_an_order_reduces_by_what_its_receipt_says(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)

        receipt = await bench.sender.send(intent)

        assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.2")), receipt
        assert receipt.client_order_id == intent.client_order_id
        assert receipt.venue_order_id
        assert receipt.average_price is not None
        assert abs(receipt.average_price / 60_000 - 1) < Decimal("0.001")
        assert abs(bench.held()) == Decimal("0.3")
        assert bench.held() * setting.held > 0

    run(place, case, setting)


@places
@settings
def test_the_whole_position_is_closed_exactly(place: Place, setting: Setting) -> None:
    async def case(bench: Bench) -> None:
        receipt = await bench.sender.send(an_intent(bench, "0.5"))

        assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.5"))
        assert bench.held() == 0

    run(place, case, setting)


@places
@settings
def test_an_order_larger_than_what_is_still_held_never_turns_the_position(
    place: Place, setting: Setting
) -> None:
    async def case(bench: Bench) -> None:
        bench.close_elsewhere(Decimal("0.4"))

        receipt = await bench.sender.send(an_intent(bench, "0.4"))

        left = Decimal("0.1") - receipt.filled
        assert receipt.status in (
            OrderStatus.FILLED,
            OrderStatus.PARTIALLY_FILLED,
            OrderStatus.REJECTED,  # some venues refuse the order whole
        )
        assert abs(bench.held()) == left
        assert left >= 0
        assert bench.resting() == []

    run(place, case, setting)


@places
@settings
def test_an_order_on_what_is_closed_already_is_rejected_with_the_venues_code(
    place: Place, setting: Setting
) -> None:
    async def case(bench: Bench) -> None:
        bench.close_elsewhere(Decimal("0.5"))

        receipt = await bench.sender.send(an_intent(bench))

        assert receipt.status is OrderStatus.REJECTED
        assert receipt.code in bench.codes.not_reducing
        assert bench.held() == 0

    run(place, case, setting)


@places
def test_an_order_for_the_other_position_mode_is_rejected(place: Place) -> None:
    async def case(bench: Bench) -> None:
        receipt = await bench.sender.send(replace(an_intent(bench), position_side="BOTH"))

        assert receipt.status is OrderStatus.REJECTED
        assert receipt.code in bench.codes.wrong_mode
        assert bench.held() == Decimal("0.5")

    run(place, case, Setting(side="LONG"))


@places
def test_an_order_for_a_side_is_rejected_in_one_way_mode(place: Place) -> None:
    async def case(bench: Bench) -> None:
        receipt = await bench.sender.send(replace(an_intent(bench), position_side="LONG"))

        assert receipt.status is OrderStatus.REJECTED
        assert receipt.code in bench.codes.wrong_mode
        assert bench.held() == Decimal("0.5")

    run(place, case, ONE_WAY)


@places
@settings
def test_a_limit_inside_the_market_fills_and_one_outside_leaves_nothing_resting(
    place: Place, setting: Setting
) -> None:
    async def case(bench: Bench) -> None:
        inside = await bench.sender.send(an_intent(bench, limit=worse(bench, "300")))
        outside = await bench.sender.send(an_intent(bench, number=2, limit=better(bench, "900")))

        assert inside.status is OrderStatus.FILLED
        assert (outside.status, outside.filled) == (OrderStatus.CANCELLED, Decimal(0))
        assert outside.average_price is None
        assert bench.resting() == []
        assert abs(bench.held()) == Decimal("0.3")

    run(place, case, setting)


@places
def test_an_expired_intent_does_not_leave(place: Place) -> None:
    async def case(bench: Bench) -> None:
        intent = an_intent(bench)

        receipt = await bench.sender.send(replace(intent, expires_at=intent.created_at))

        assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "expired")
        assert bench.held() == Decimal("0.5")

    run(place, case)


@places
def test_an_intent_that_would_open_cannot_even_be_written_down(place: Place) -> None:
    async def case(bench: Bench) -> None:
        with pytest.raises(ValueError, match="does not reduce"):
            replace(an_intent(bench), direction=Direction.BUY)

    run(place, case)
