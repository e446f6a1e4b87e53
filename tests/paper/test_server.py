"""The server on a real socket: what faults do to the wire, manual time, control endpoints, stopping."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientTimeout

from riskd.adapters.system_clock import SystemClock
from riskd.paper.dialect.auth import KEY_HEADER
from riskd.paper.dialect.http import HttpRequest
from riskd.paper.faults import (
    CutBody,
    Delay,
    Effect,
    Fault,
    LateBooking,
    Moment,
    Reset,
    TruncatedBody,
    html_page,
    too_many_requests,
)
from riskd.paper.server import BODY_MAX_BYTES, PaperServer
from riskd.paper.server_time import ManualTime, clock_time
from riskd.paper.venue import Venue
from tests.fakes.clock import ManualClock
from tests.support_paper import START_MS, RunningTime, key_of, paper_server, paper_venue, signed_request

ALPHA = key_of("alpha")
ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
JSON = {"Content-Type": "application/json"}


class Wire:
    """A plain HTTP client of one server."""

    def __init__(self, server: PaperServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def ask(
        self, method: str, path: str, *, now_ms: int = START_MS, **parameters: Any
    ) -> tuple[int, str]:
        return await self.send(signed_request(ALPHA, method, path, now_ms=now_ms, **parameters))

    async def send(self, request: HttpRequest) -> tuple[int, str]:
        url = f"{self.server.url}{request.path}?{request.query}"
        async with self.session.request(
            request.method, url, data=request.body, headers=dict(request.headers)
        ) as response:
            return response.status, await response.text()

    async def control(self, method: str, action: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        url = f"{self.server.url}/paper/{action}"
        async with self.session.request(method, url, data=data, headers={**JSON, **headers}) as response:
            return response.status, await response.json()


@asynccontextmanager
async def wired(venue: Venue, time_ms: Callable[[], int] | None = None) -> AsyncIterator[Wire]:
    timeout = ClientTimeout(total=5)
    async with (
        paper_server(venue, time_ms=time_ms or ManualTime(START_MS)) as server,
        aiohttp.ClientSession(timeout=timeout) as session,
    ):
        yield Wire(server, session)


def run(test: Callable[[Wire], Awaitable[None]], *effects: Effect, path: str = "/fapi/*") -> Venue:
    """Run a test against a server whose first calls meet the effects, one after the other."""
    venue = paper_venue(faults=[Fault(effect=effect, path=path) for effect in effects])

    async def main() -> None:
        async with wired(venue) as wire:
            await test(wire)

    asyncio.run(main())
    return venue


async def until(condition: Callable[[], bool]) -> None:
    """Let the server work until something has become true."""
    clock = SystemClock()
    for _ in range(500):
        if condition():
            return
        await clock.sleep_until(clock.monotonic() + 0.01)
    raise AssertionError("it did not become true within five seconds")


def held(venue: Venue) -> Decimal:
    return sum((p.quantity for p in venue.exchange.positions("alpha")), Decimal(0))


def test_an_order_travels_over_a_real_socket() -> None:
    async def test(wire: Wire) -> None:
        status, body = await wire.ask("POST", "/fapi/v1/order", newOrderRespType="RESULT", **ORDER)
        assert (status, json.loads(body)["status"]) == (200, "FILLED")

    assert held(run(test)) == Decimal("0.01")


def test_answers_carry_the_weight_and_binances_content_type() -> None:
    async def test(wire: Wire) -> None:
        async with wire.session.get(f"{wire.server.url}/fapi/v1/time") as response:
            assert response.headers["X-MBX-USED-WEIGHT-1M"] == "1"
            assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
            assert await response.json() == {"serverTime": START_MS}

    run(test)


@pytest.mark.parametrize(("moment", "booked"), [(Moment.BEFORE, "0"), (Moment.AFTER, "0.01")])
def test_a_reset_cuts_the_connection(moment: Moment, booked: str) -> None:
    async def test(wire: Wire) -> None:
        with pytest.raises((aiohttp.ServerDisconnectedError, ConnectionResetError, aiohttp.ClientOSError)):
            await wire.ask("POST", "/fapi/v1/order", **ORDER)

    assert held(run(test, Reset(moment=moment))) == Decimal(booked)


def test_a_cut_answer_breaks_off_in_the_middle_of_what_was_announced() -> None:
    async def test(wire: Wire) -> None:
        with pytest.raises(aiohttp.ClientPayloadError):
            await wire.ask("POST", "/fapi/v1/order", **ORDER)

    assert held(run(test, CutBody(keep=20))) == Decimal("0.01")


def test_a_truncated_answer_arrives_whole_and_is_no_json() -> None:
    async def test(wire: Wire) -> None:
        status, body = await wire.ask("POST", "/fapi/v1/order", **ORDER)
        assert (status, len(body)) == (200, 20)

    run(test, TruncatedBody(keep=20))


def test_html_and_throttling_arrive_as_they_are() -> None:
    async def test(wire: Wire) -> None:
        status, body = await wire.ask("GET", "/fapi/v3/positionRisk")
        assert (status, body[:15]) == (200, "<!doctype html>")
        async with wire.session.get(f"{wire.server.url}/fapi/v1/time") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "60")

    run(test, html_page(), too_many_requests())


def test_a_delayed_answer_makes_the_client_wait_while_the_order_is_booked() -> None:
    async def test(wire: Wire) -> None:
        asked = asyncio.create_task(wire.ask("POST", "/fapi/v1/order", **ORDER))
        await until(lambda: held(wire.server.venue) == Decimal("0.01"))
        assert not asked.done()
        assert (await asked)[0] == 200

    run(test, Delay(delay_ms=1_000))


def test_a_client_that_gives_up_does_not_stop_an_order_that_is_on_its_way() -> None:
    venue = paper_venue(faults=[Fault(effect=LateBooking(delay_ms=4_000))])
    time_ms = ManualTime(START_MS)

    async def main() -> None:
        async with wired(venue, time_ms) as wire:
            asked = asyncio.create_task(wire.ask("POST", "/fapi/v1/order", **ORDER))
            await until(lambda: not venue.faults.armed())
            asked.cancel()
            assert held(venue) == 0
            time_ms.advance_to(START_MS + 4_000)
            await wire.control("GET", "state")
            assert held(venue) == Decimal("0.01")

    asyncio.run(main())


def test_a_client_that_waits_is_told_the_outcome_of_a_late_order() -> None:
    venue = paper_venue(faults=[Fault(effect=LateBooking(delay_ms=2_000))])
    time_ms = ManualTime(START_MS)

    async def main() -> None:
        async with wired(venue, time_ms) as wire:
            asked = asyncio.create_task(wire.ask("POST", "/fapi/v1/order", **ORDER))
            await until(lambda: not venue.faults.armed())
            time_ms.advance_to(START_MS + 2_500)
            status, body = await asked
            assert (status, json.loads(body)["executedQty"]) == (200, "0.000")

    asyncio.run(main())
    assert held(venue) == Decimal("0.01")


def test_time_passes_while_nobody_asks() -> None:
    venue = paper_venue()

    async def main() -> None:
        time_ms = RunningTime(START_MS)
        async with paper_server(venue, time_ms=time_ms):
            time_ms.jump(10_000)
            await until(lambda: venue.now_ms >= START_MS + 10_000)

    asyncio.run(main())


def test_manual_time_moves_over_http() -> None:
    async def test(wire: Wire) -> None:
        assert await wire.control("POST", "advance", {"by_ms": 5_000}) == (200, {"now_ms": START_MS + 5_000})
        assert wire.server.venue.now_ms == START_MS + 5_000
        status, refused = await wire.control("POST", "advance", {"to_ms": START_MS})
        assert status == 400
        assert "time does not go back" in refused["error"]

    run(test)


def test_time_that_runs_by_itself_is_not_moved() -> None:
    async def main() -> None:
        async with wired(paper_venue(), RunningTime(START_MS)) as wire:
            status, refused = await wire.control("POST", "advance", {"by_ms": 5_000})
            assert status == 400
            assert "runs by itself" in refused["error"]

    asyncio.run(main())


def test_faults_are_armed_listed_and_cleared_over_http() -> None:
    async def test(wire: Wire) -> None:
        fault = {"kind": "maintenance", "path": "/fapi/v1/time"}
        status, listed = await wire.control("POST", "faults", {"faults": [fault]})
        assert (status, len(listed)) == (200, 1)
        async with wire.session.get(f"{wire.server.url}/fapi/v1/time") as response:
            assert (response.status, (await response.json())["code"]) == (503, -1016)
        assert await wire.control("GET", "faults") == (200, [])
        await wire.control("POST", "faults", {"faults": [fault]})
        assert await wire.control("DELETE", "faults") == (200, [])
        assert (await wire.control("GET", "state"))[1]["faults"] == []

    run(test)


def test_control_refuses_other_names_other_types_and_what_it_does_not_know() -> None:
    async def test(wire: Wire) -> None:
        status, refused = await wire.control("GET", "state", None, Host="venue.example.com")
        assert (status, "this machine only" in refused["error"]) == (403, True)
        status, refused = await wire.control(
            "POST", "faults", {"faults": []}, **{"Content-Type": "text/plain"}
        )
        assert (status, "application/json" in refused["error"]) == (415, True)
        status, refused = await wire.control("GET", "nothing")
        assert (status, "GET /paper/nothing" in refused["error"]) == (400, True)
        status, refused = await wire.control("POST", "faults", {"faults": [{"kind": "flood"}]})
        assert (status, "flood" in refused["error"]) == (400, True)

    run(test)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"a" * (BODY_MAX_BYTES + 1)])
def test_a_body_that_is_no_text_or_too_long_is_refused_as_json(body: bytes) -> None:
    async def test(wire: Wire) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        async with wire.session.post(
            f"{wire.server.url}/fapi/v1/order", data=body, headers=headers
        ) as response:
            assert response.status == 413
            assert (await response.json())["code"] == -1101

    run(test)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/fapi/v1/order?%",
        "/fapi/v1/klines?symbol=%00",
        "/%2e%2e/x",
        "/fapi/v1/order?" + "a=1&" * 200,
        "/paper/",
    ],
)
def test_odd_targets_are_refused_as_json(target: str) -> None:
    async def main() -> None:
        async with paper_server(paper_venue(), time_ms=ManualTime(START_MS)) as server:
            host, port = server.url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"Host: localhost:{port}\r\n{KEY_HEADER}: {ALPHA.key}\r\nConnection: close\r\n\r\n"
            writer.write(f"GET {target} HTTP/1.1\r\n{head}".encode("latin-1"))
            answered, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            await writer.wait_closed()
            assert 400 <= int(answered.split()[1]) < 500
            assert json.loads(body)

    asyncio.run(main())


def test_many_clients_at_once_are_all_answered() -> None:
    async def test(wire: Wire) -> None:
        answers = await asyncio.gather(*(wire.ask("GET", "/fapi/v3/account") for _ in range(50)))
        assert {status for status, _ in answers} == {200}

    run(test)


def test_a_stopped_server_frees_its_port_and_can_start_again() -> None:
    async def main() -> None:
        server = PaperServer(paper_venue(), time_ms=RunningTime(START_MS), clock=SystemClock())
        with pytest.raises(RuntimeError, match="start"):
            _ = server.url
        for _ in range(2):
            await server.start()
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{server.url}/fapi/v1/ping") as response,
            ):
                assert response.status == 200
            await server.stop()
        await server.stop()

    asyncio.run(main())


def test_a_server_whose_clock_is_far_ahead_of_its_venue_does_not_start() -> None:
    server = PaperServer(
        paper_venue(), time_ms=ManualTime(START_MS + 10 * 365 * 86_400_000), clock=SystemClock()
    )
    with pytest.raises(ValueError, match="steps of 1000 ms to live through first"):
        asyncio.run(server.start())


def test_a_clock_can_be_the_venues_time() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    time_ms = clock_time(clock)
    assert time_ms() == START_MS
    clock.advance(1.5)
    assert time_ms() == START_MS + 1_500


def test_stopping_does_not_wait_for_an_answer_that_is_withheld() -> None:
    venue = paper_venue(faults=[Fault(effect=LateBooking(delay_ms=3_600_000))])

    async def main() -> float:
        clock = SystemClock()
        async with wired(venue) as wire:
            asked = asyncio.create_task(wire.ask("POST", "/fapi/v1/order", **ORDER))
            await until(lambda: not venue.faults.armed())
            began = clock.monotonic()
            await wire.server.stop()
            took = clock.monotonic() - began
            with pytest.raises(aiohttp.ClientError):
                await asked
        return took

    assert asyncio.run(main()) < 60, "the answer was withheld for an hour"
