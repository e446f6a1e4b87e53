"""A receiver is told the newest word on each account, at least once, however it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from riskd.adapters.credentials import Secret
from riskd.adapters.webhook import Webhook
from riskd.daemon.webhook_queue import PAUSE_SECONDS_MAX, WebhookQueue
from riskd.errors import NotifierError
from tests.fakes.clock import ManualClock
from tests.fakes.hook_server import Fault, HookServer, hook_server

SECRET = "0123456789abcdef0123456789abcdef"


def with_server(story: Callable[[HookServer, WebhookQueue, ManualClock], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = ManualClock()
        async with hook_server(SECRET) as server:
            hook = Webhook(server.url, Secret(SECRET), now=clock.now, timeout_seconds=0.2)
            await story(server, WebhookQueue(hook, clock), clock)

    asyncio.run(run())


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_what_was_not_accepted_is_posted_again_with_the_same_key_and_body(fault: Fault) -> None:
    async def story(server: HookServer, queue: WebhookQueue, clock: ManualClock) -> None:
        server.faults = [fault]
        queue.put("main", b'{"account": "main"}')
        await queue.deliver_due()
        assert queue.waiting == 1
        assert queue.last_error
        await queue.deliver_due()
        assert server.requests == 1, "it rests"
        clock.advance(PAUSE_SECONDS_MAX)
        await queue.deliver_due()
        assert (queue.waiting, queue.last_error) == (0, "")
        assert {delivery.body["account"] for delivery in server.taken} == {"main"}
        assert len({delivery.key for delivery in server.taken}) == 1
        assert len(server.taken) == (2 if fault in (Fault.LOST, Fault.HANG) else 1)

    with_server(story)


def test_each_attempt_is_signed_with_its_own_time() -> None:
    async def story(server: HookServer, queue: WebhookQueue, clock: ManualClock) -> None:
        server.faults = [Fault.LOST]
        queue.put("main", b"{}")
        await queue.deliver_due()
        clock.advance(30)
        await queue.deliver_due()
        first, second = (delivery.timestamp for delivery in server.taken)
        assert second == first + 30

    with_server(story)


def test_a_newer_word_on_an_account_takes_the_place_of_one_that_waits() -> None:
    async def story(server: HookServer, queue: WebhookQueue, clock: ManualClock) -> None:
        server.faults = [Fault.OUTAGE]
        queue.put("main", b'{"n": 1}')
        queue.put("side", b'{"n": 2}')
        await queue.deliver_due()
        queue.put("main", b'{"n": 3}')
        clock.advance(60)
        await queue.deliver_due()
        assert [delivery.body["n"] for delivery in server.taken] == [2, 3]

    with_server(story)


def test_the_rest_doubles_and_the_receiver_may_ask_for_more() -> None:
    class Refusing:
        name = "bots"
        attempts = 0
        asks: float | None = None

        async def post(self, body: bytes, *, key: str) -> None:
            self.attempts += 1
            raise NotifierError("no", retry_after_seconds=self.asks)

    async def story() -> list[float]:
        clock, hook = ManualClock(), Refusing()
        queue = WebhookQueue(hook, clock)
        queue.put("main", b"{}")
        rests = []
        for asks in (None, None, None, 90.0):
            hook.asks = asks
            before, attempts = clock.monotonic(), hook.attempts
            while hook.attempts == attempts:
                await queue.deliver_due()
                clock.advance(0.5)
            rests.append(clock.monotonic() - before)
        return rests

    first, second, third, fourth = asyncio.run(story())
    assert first < second < third < fourth


def test_a_word_that_comes_while_its_elder_is_on_the_wire_is_posted_too() -> None:
    posted: list[bytes] = []

    class Slow:
        name = "bots"

        async def post(self, body: bytes, *, key: str) -> None:
            posted.append(body)
            if len(posted) == 1:
                queue.put("main", b"newer")

    queue = WebhookQueue(Slow(), ManualClock())
    queue.put("main", b"elder")
    asyncio.run(queue.deliver_due())
    assert posted == [b"elder", b"newer"]
    assert queue.waiting == 0


def test_closing_tries_once_more_and_gives_up_in_time() -> None:
    async def story(server: HookServer, queue: WebhookQueue, clock: ManualClock) -> None:
        server.faults = [Fault.HANG]
        queue.put("main", b"{}")
        await queue.close(patience_seconds=1.0)
        assert queue.waiting == 1
        queue.deliver()
        await queue.abandon()

    with_server(story)
