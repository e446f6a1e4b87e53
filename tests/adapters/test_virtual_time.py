"""Virtual time jumps over waiting, stands still for sockets and threads, and finds deadlocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.virtual_time import Deadlock, VirtualClock, VirtualLoop
from riskd.model.report import Surface
from riskd.paper.server import PaperServer
from tests.fakes.clock import NOON
from tests.support_paper import START_MS, paper_venue


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(patience_seconds=0.05)
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_day_of_sleeping_takes_no_time(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, started_at=NOON)

    async def a_day() -> None:
        for _ in range(24):
            await clock.sleep_until(clock.monotonic() + 3600)

    loop.run_until_complete(a_day())

    assert clock.now() == NOON + timedelta(days=1)
    assert clock.monotonic() == pytest.approx(86400.0)


def test_sleepers_wake_in_the_order_of_their_timers(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, started_at=NOON)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, until: float) -> None:
        await clock.sleep_until(until)
        woken.append((name, clock.monotonic()))

    async def both() -> None:
        await asyncio.gather(sleeper("late", 50.0), sleeper("early", 20.0))

    loop.run_until_complete(both())

    assert woken == [("early", 20.0), ("late", 50.0)]


def test_a_time_out_fires_in_virtual_time(loop: VirtualLoop) -> None:
    async def never() -> None:
        await asyncio.wait_for(asyncio.Event().wait(), timeout=600)

    with pytest.raises(TimeoutError):
        loop.run_until_complete(never())

    assert loop.time() == pytest.approx(600.0)


def test_a_conversation_over_sockets_takes_no_virtual_time(loop: VirtualLoop) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def converse() -> bytes:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        answer = await asyncio.wait_for(reader.readline(), timeout=10)
        writer.close()
        server.close()
        return answer

    assert loop.run_until_complete(converse()) == b"hello\n"
    assert loop.time() == 0.0


def test_time_stands_still_while_a_thread_works(loop: VirtualLoop) -> None:
    def work() -> str:
        time.sleep(0.02)  # noqa: TID251 - a real thread, to be waited for in real time
        return "done"

    async def wait() -> str:
        return await asyncio.wait_for(loop.run_in_executor(None, work), timeout=5)

    assert loop.run_until_complete(wait()) == "done"
    assert loop.time() == 0.0


def test_waiting_for_nothing_is_a_deadlock(loop: VirtualLoop) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        loop.run_until_complete(forever())
    _cancel_all(loop)


def test_a_silent_socket_is_a_deadlock_when_nothing_is_scheduled(loop: VirtualLoop) -> None:
    async def wait_for_nobody() -> None:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        async with server:
            await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        loop.run_until_complete(wait_for_nobody())
    _cancel_all(loop)


def test_the_real_client_reads_the_paper_venue_over_http_without_time_passing(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, started_at=datetime.fromtimestamp(START_MS / 1000, UTC))
    venue = paper_venue()
    read_at: list[float] = []

    def time_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    async def read() -> list[str]:
        server = PaperServer(venue, time_ms=time_ms, clock=clock)
        await server.start()
        transport = open_transport(
            Access(venue="binanceusdm", base_url=server.url), clock=clock, budget=RequestBudget(clock)
        )
        reader = BinanceReader(transport, account="", clock=clock)
        try:
            return [report.failure for report in await reader.read([Surface.MARKS, Surface.INSTRUMENTS])]
        finally:
            await reader.close()
            read_at.append(loop.time())
            await server.stop()

    assert loop.run_until_complete(read()) == ["", ""]
    assert read_at[0] < 0.1


def _cancel_all(loop: VirtualLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
