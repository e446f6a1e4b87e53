"""What every VenueReader promises, whatever is behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from decimal import Decimal

import pytest

from riskd.model.desk import AccountProfile
from riskd.model.desk import Desk as Book
from riskd.model.report import MARKET_SURFACES, ON_DEMAND_SURFACES, Report, Surface
from riskd.model.snapshot import Quality
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from tests.contracts.venues import ACCOUNT, Desk, Place, fake, paper_in_process, paper_over_http, recorded

BTC = "BTC/USDT:USDT"
OF_MARKET = tuple(surface for surface in Surface if surface in MARKET_SURFACES - ON_DEMAND_SURFACES)
OF_ACCOUNT = tuple(surface for surface in Surface if surface not in MARKET_SURFACES)

places = pytest.mark.parametrize("place", [fake, recorded, paper_over_http, paper_in_process])


def at(place: Place, test: Callable[[Desk], Awaitable[None]]) -> None:
    """Run a test at one venue."""

    async def run() -> None:
        async with place() as desk:
            await test(desk)

    asyncio.run(run())


async def everything(desk: Desk) -> tuple[Report, ...]:
    return await desk.market.read(OF_MARKET) + await desk.reader.read(OF_ACCOUNT, symbols=[BTC])


@places
def test_each_wanted_surface_has_one_report_in_the_order_asked(place: Place) -> None:
    async def test(desk: Desk) -> None:
        reports = await desk.reader.read([Surface.POSITIONS, Surface.BALANCES, Surface.ORDERS])

        assert [report.surface for report in reports] == [Surface.POSITIONS, Surface.BALANCES, Surface.ORDERS]
        assert {(report.venue, report.account) for report in reports} == {("binanceusdm", ACCOUNT)}
        assert await desk.reader.read([]) == ()

    at(place, test)


@places
def test_a_reader_says_whose_it_is(place: Place) -> None:
    async def test(desk: Desk) -> None:
        assert (desk.market.venue, desk.market.account) == ("binanceusdm", "")
        assert (desk.reader.venue, desk.reader.account) == ("binanceusdm", ACCOUNT)

    at(place, test)


@places
def test_reports_are_stamped_in_utc_before_and_after(place: Place) -> None:
    async def test(desk: Desk) -> None:
        for report in await everything(desk):
            assert report.requested_at.tzinfo is UTC
            assert report.requested_at <= report.received_at

    at(place, test)


@places
def test_everything_read_makes_a_snapshot_in_which_every_surface_is_ok(place: Place) -> None:
    async def test(desk: Desk) -> None:
        snapshot, _ = assemble(
            await everything(desk),
            previous=Known(),
            desk=Book(accounts=(AccountProfile(id=ACCOUNT, venue="binanceusdm"),)),
            now=desk.clock.now(),
            freshness=Freshness(),
            snapshot_id=1,
        )

        assert {
            state.surface: state.reason for state in snapshot.surfaces if state.quality is not Quality.OK
        } == {}
        assert snapshot.positions.quantity_exact == (Decimal("0.500"),)
        assert snapshot.orders.conditional.tolist() == [False, True]
        assert snapshot.orders.order_id[0] == desk.resting_id

    at(place, test)


@places
@pytest.mark.parametrize("surface", OF_ACCOUNT)
def test_a_failure_is_a_report_and_leaves_the_others_alone(place: Place, surface: Surface) -> None:
    async def test(desk: Desk) -> None:
        desk.spoil(surface)

        reports = {report.surface: report for report in await desk.reader.read(OF_ACCOUNT, symbols=[BTC])}

        assert reports[surface].failure
        assert reports[surface].payload is None
        assert [other for other, report in reports.items() if report.failure] == [surface]

    at(place, test)


@places
def test_an_empty_list_is_handed_on_for_observing_to_judge(place: Place) -> None:
    async def test(desk: Desk) -> None:
        desk.empty(Surface.POSITIONS)

        [report] = await desk.reader.read([Surface.POSITIONS])

        assert (report.payload, report.failure, report.complete) == ([], "", True)

    at(place, test)


@places
def test_trades_come_by_the_symbols_asked_for_and_say_how_far_back_they_reach(place: Place) -> None:
    async def test(desk: Desk) -> None:
        [report] = await desk.reader.read([Surface.TRADES], symbols=[BTC, "ETH/USDT:USDT"])

        assert isinstance(report.payload, dict)
        assert set(report.payload) == {"BTCUSDT", "ETHUSDT"}
        assert report.covers_from is not None
        assert report.covers_from < report.requested_at

    at(place, test)


@places
def test_income_says_how_far_back_it_reaches(place: Place) -> None:
    async def test(desk: Desk) -> None:
        [report] = await desk.reader.read([Surface.INCOME])

        assert isinstance(report.payload, list)
        assert report.complete
        assert report.covers_from is not None

    at(place, test)


@places
def test_closing_twice_does_no_harm(place: Place) -> None:
    async def test(desk: Desk) -> None:
        await desk.reader.close()
        await desk.reader.close()

    at(place, test)
