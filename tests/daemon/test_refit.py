"""Stops are fitted only to lists that were read whole, and a position counts as closed only when our own order closed it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.clamp import Fresh
from riskd.act.remedies.resize import Refit
from riskd.daemon.refit import StopFitter
from riskd.errors import VenueUnavailable
from riskd.model.order import Reduction
from riskd.model.report import JsonValue, Report, Surface
from tests.daemon.test_unblock import STEP
from tests.execution.desk import a_plan
from tests.observe.rows import a_stop, an_order
from tests.observe.world import Watch, World, report, reports


class Account:
    """A venue with some stops."""

    venue, account = "binanceusdm", "main"

    def __init__(self, *stops: JsonValue, held: str | None = "0.300", failure: str = "") -> None:
        self.stops = list(stops)
        self.held = held
        self.failure = failure
        watch = Watch()
        watch.see(reports(World().answers()))
        self.listing = watch.known.venue("binanceusdm").instruments.value or {}

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        conditional = report(Surface.CONDITIONAL_ORDERS, self.stops)
        if self.failure:
            conditional = replace(conditional, failure=self.failure, payload=None)
        return report(Surface.ORDERS, [an_order()]), conditional

    async def close(self) -> None:
        return None

    async def fresh(self, reduction: Reduction) -> Fresh:
        if self.held is None:
            raise VenueUnavailable("absent", reason="position_absent")
        return Fresh(held=Decimal(self.held), mark_price=Decimal(60_000))

    def refits(self, left: str | None = None) -> tuple[Refit, ...]:
        fitter = StopFitter(self, self.fresh, listing=lambda: self.listing)
        return asyncio.run(fitter(a_plan(), STEP, None if left is None else Decimal(left)))


def stop(quantity: str, number: int = 1) -> JsonValue:
    return a_stop(algoId=number, quantity=quantity, closePosition=False, reduceOnly=True)


def test_a_stop_that_is_too_large_is_followed_by_one_that_fits() -> None:
    [refit] = Account(stop("0.500")).refits()
    assert refit.stop is not None
    assert (refit.stop.quantity, [old.order_id for old in refit.replaces]) == (Decimal("0.300"), ["1"])


def test_stops_that_fit_and_stops_that_close_everything_stay() -> None:
    assert Account(stop("0.300")).refits() == ()
    assert Account(a_stop()).refits() == ()
    assert Account().refits() == ()


def test_a_position_that_our_order_closed_whole_needs_its_stop_no_more() -> None:
    [refit] = Account(stop("0.500"), held=None).refits(left="0")
    assert (refit.stop, [old.order_id for old in refit.replaces]) == (None, ["1"])


@pytest.mark.parametrize("left", [None, "0.100"])
def test_a_position_that_is_merely_absent_keeps_its_stops(left: str | None) -> None:
    with pytest.raises(VenueUnavailable):
        Account(stop("0.500"), held=None).refits(left=left)


def test_a_list_that_was_not_read_whole_is_not_acted_on() -> None:
    with pytest.raises(VenueUnavailable, match="timeout"):
        Account(stop("0.500"), failure="timeout").refits()
    with pytest.raises(VenueUnavailable):
        Account(stop("0.500"), stop("NaN", 2)).refits()
