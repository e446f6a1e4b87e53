"""Socket Mode over real websockets: acknowledged first, heard once, and connected again however a connection ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from riskd.adapters.credentials import Secret
from riskd.adapters.slack_api import SlackApi
from riskd.adapters.slack_socket import PAUSE_SECONDS_MAX, Envelope, SlackSocket
from tests.fakes.clock import ManualClock
from tests.fakes.slack_server import SlackServer, slack_server

APP_TOKEN = "xapp-canary-77aa"


class Resting(ManualClock):
    """A clock on which waiting takes its time at once, and says how long it was."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float] = []

    async def sleep_until(self, monotonic_seconds: float) -> None:
        self.rests.append(round(monotonic_seconds - self.monotonic(), 3))
        await super().sleep_until(monotonic_seconds)


@dataclass
class Story:
    server: SlackServer
    socket: SlackSocket
    clock: Resting
    heard: list[Envelope] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [envelope.id for envelope in self.heard]


def listen(
    tell: Callable[[Story], Awaitable[None]],
    *,
    token: str = APP_TOKEN,
    lines: int = 2,
    before: Callable[[SlackServer], None] = lambda server: None,
    fails: bool = False,
) -> Story:
    """Run a story against a fresh server with the lines open."""

    async def main() -> Story:
        async with slack_server(app_token=APP_TOKEN) as server:
            before(server)
            clock = Resting()

            def hear(envelope: Envelope) -> None:
                story.heard.append(envelope)
                if fails:
                    raise RuntimeError("a fault of ours")

            api = SlackApi(Secret(token), base_url=server.url, timeout_seconds=2)
            socket = SlackSocket(api=api, clock=clock, hear=hear, lines=lines)
            story = Story(server, socket, clock)
            socket.start()
            try:
                await tell(story)
            finally:
                await socket.close()
            return story

    return asyncio.run(main())


async def listening(story: Story, lines: int) -> None:
    async with asyncio.timeout(5):
        while story.socket.listening != lines:
            await _breath()


async def _breath() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.005, future.set_result, None)
    await future


def test_two_lines_listen_and_each_envelope_is_acknowledged_and_heard() -> None:
    async def tell(story: Story) -> None:
        await story.server.sockets.listening(2)
        for line in (0, 1):
            assert await story.server.sockets.send("interactive", {"n": line}, line=line) < 0.5

    story = listen(tell)
    assert [envelope.payload for envelope in story.heard] == [{"n": 0}, {"n": 1}]
    assert [set(said) for said in story.server.sockets.heard] == [{"envelope_id"}] * 2


def test_an_envelope_is_acknowledged_before_anything_is_done_about_it() -> None:
    """What is done fails, and Slack had its acknowledgement all the same; the next one is heard."""

    async def tell(story: Story) -> None:
        await story.server.sockets.listening(2)
        await story.server.sockets.send("interactive", {})
        await story.server.sockets.send("interactive", {})

    with capture_logs() as logs:
        story = listen(tell, fails=True)
    assert len(story.heard) == 2
    assert [entry["event"] for entry in logs].count("slack_envelope_failed") == 2


def test_the_same_envelope_is_heard_once_on_whatever_line_it_comes_again() -> None:
    async def tell(story: Story) -> None:
        sockets = story.server.sockets
        await sockets.listening(2)
        for line in (0, 0, 1):
            await sockets.send("interactive", {"p": 1}, line=line, name="envelope-7")

    story = listen(tell)
    assert story.names == ["envelope-7"]
    assert len(story.server.sockets.heard) == 3, "each of them is acknowledged"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_line_that_slack_sends_away_is_opened_again_while_the_other_listens(reason: str) -> None:
    async def tell(story: Story) -> None:
        sockets = story.server.sockets
        await sockets.listening(2)
        await listening(story, 2)
        await sockets.disconnect(reason)
        async with asyncio.timeout(5):
            while sockets.tickets < 3 or story.socket.listening < 2:
                await _breath()
        for line in range(2):
            await sockets.send("interactive", {}, line=line)

    story = listen(tell)
    assert len(story.heard) == 2
    assert story.clock.rests == [1.0]


def test_a_line_that_breaks_without_a_word_is_opened_again() -> None:
    async def tell(story: Story) -> None:
        sockets = story.server.sockets
        await sockets.listening(1)
        await sockets.hang_up()
        async with asyncio.timeout(5):
            while sockets.tickets < 2 or story.socket.listening < 1:
                await _breath()
        await sockets.send("interactive", {})

    assert len(listen(tell, lines=1).heard) == 1


def no(error: str, times: int) -> Callable[[SlackServer], None]:
    def refuse(server: SlackServer) -> None:
        server.sockets.refusals = [{"ok": False, "error": error} for _ in range(times)]

    return refuse


def test_the_pause_grows_while_slack_gives_no_connection_and_has_an_upper_bound() -> None:
    async def tell(story: Story) -> None:
        await listening(story, 1)
        await story.server.sockets.send("interactive", {})

    story = listen(tell, lines=1, before=no("internal_error", 8))
    assert story.clock.rests == [1, 2, 4, 8, 16, 32, PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX]
    assert len(story.heard) == 1
    assert story.socket.last_error == ""


def test_a_token_that_is_not_accepted_is_said_in_slacks_word_and_never_shown() -> None:
    async def tell(story: Story) -> None:
        async with asyncio.timeout(5):
            while not story.socket.last_error:
                await _breath()

    with capture_logs() as logs:
        story = listen(tell, token="xapp-wrong", lines=1)
    assert story.socket.last_error == "Slack opens no connection: invalid_auth"
    told = repr(logs) + repr(vars(story.socket))
    assert "xapp" not in told
    assert "ticket" not in told


def test_socket_mode_that_is_switched_off_is_asked_for_again_in_a_minute() -> None:
    async def tell(story: Story) -> None:
        await listening(story, 1)
        await story.server.sockets.disconnect("link_disabled")
        async with asyncio.timeout(5):
            while not story.clock.rests:
                await _breath()

    story = listen(tell, lines=1)
    assert story.clock.rests[0] == PAUSE_SECONDS_MAX


def test_a_server_that_does_not_greet_is_no_slack() -> None:
    async def tell(story: Story) -> None:
        await story.server.sockets.listening(1)
        await story.server.sockets.send_raw('{"type": "interactive", "envelope_id": "1", "payload": {}}')
        async with asyncio.timeout(5):
            while not story.socket.last_error:
                await _breath()

    def silent(server: SlackServer) -> None:
        server.sockets.greets = False

    story = listen(tell, lines=1, before=silent)
    assert story.heard == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '"hello"',
        "{}",
        '{"type": "interactive"}',
        '{"envelope_id": 7, "type": "interactive", "payload": {}}',
        '{"envelope_id": "x", "type": "interactive", "payload": "text"}',
        '{"envelope_id": "x", "type": "interactive"}',
        "[" * 5_000,
        json.dumps({"type": "hello"}),
    ],
)
def test_what_is_no_envelope_is_forgotten_and_the_line_goes_on(text: str) -> None:
    async def tell(story: Story) -> None:
        await listening(story, 1)
        await story.server.sockets.send_raw(text)
        await story.server.sockets.send("interactive", {}, name="good")

    assert listen(tell, lines=1).names == ["good"]


def test_nothing_is_left_open_at_the_end() -> None:
    async def tell(story: Story) -> None:
        await listening(story, 2)
        await story.socket.close()
        async with asyncio.timeout(5):
            while story.server.sockets.lines:
                await _breath()
        assert story.socket.listening == 0

    listen(tell)


def test_the_end_does_not_wait_for_a_slack_that_has_fallen_silent() -> None:
    async def tell(story: Story) -> None:
        await listening(story, 1)
        begun = asyncio.get_running_loop().time()
        await story.socket.close()
        assert asyncio.get_running_loop().time() - begun < 2.0

    def silent(server: SlackServer) -> None:
        server.sockets.says_farewell = False

    listen(tell, lines=1, before=silent)
