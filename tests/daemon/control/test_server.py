"""Real sockets: who connects is who the kernel says, everything is bounded, and nothing holds up the loop."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from riskd.daemon.control.peer import Peer, peer_of, uid_of
from riskd.daemon.control.protocol import REQUEST_BYTES_MAX, Fault, Refused, Request
from riskd.daemon.control.server import Bounds, ControlError, ControlServer, Handle
from riskd.model.report import JsonValue
from tests.fakes.clock import ManualClock

PING = b'{"version":1,"verb":"ping"}\n'
QUICK = Bounds(clients=3, idle_seconds=0.2, write_seconds=0.2, requests=5, requests_per_second=1000)


def who(request: Request, peer: Peer) -> JsonValue:
    """Answers with who asked."""
    return {"verb": request.verb, "uid": peer.uid, "pid": peer.pid}


@asynccontextmanager
async def served(path: Path, handle: Handle = who, bounds: Bounds = QUICK) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, handle, ManualClock(), bounds=bounds)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def answers(path: Path, *lines: bytes) -> list[Any]:
    """What comes back on one connection until it is closed or all was answered."""
    reader, writer = await asyncio.open_unix_connection(path, limit=10_000_000)
    got = []
    try:
        for line in lines:
            writer.write(line)
            await writer.drain()
            answered = await asyncio.wait_for(reader.readline(), 5)
            if not answered:
                break
            got.append(json.loads(answered))
    except ConnectionError:
        pass
    finally:
        writer.close()
    return got


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


def test_the_kernel_says_who_asks(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s"):
            [first, second] = await answers(tmp_path / "s", PING, PING)
            assert first == second
            assert first == {
                "version": 1,
                "ok": True,
                "value": {"verb": "ping", "uid": os.getuid(), "pid": os.getpid()},
            }

    run(story)


def test_a_socket_is_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    async def story(umask: int) -> None:
        before = os.umask(umask)
        try:
            async with served(tmp_path / "s"):
                assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
                assert os.umask(umask) == umask, "the umask is as it was"
        finally:
            os.umask(before)
        assert not (tmp_path / "s").exists()

    for umask in (0o000, 0o022, 0o077):
        asyncio.run(story(umask))


def test_what_a_killed_daemon_left_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "s"))
    left.close()

    async def story() -> None:
        async with served(tmp_path / "s"):
            assert len(await answers(tmp_path / "s", PING)) == 1
        (tmp_path / "f").write_text("precious")
        with pytest.raises(ControlError, match="something else than a socket"):
            async with served(tmp_path / "f"):
                pass
        assert (tmp_path / "f").read_text() == "precious"

    run(story)


def test_a_path_that_the_kernel_does_not_take_is_told_with_the_cure(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(ControlError, match="name a shorter directory with `runtime`"):
            async with served(tmp_path / ("x" * 120)):
                pass

    run(story)


def test_a_request_without_end_is_refused_and_hung_up_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s"):
            [told] = await answers(tmp_path / "s", b"x" * (REQUEST_BYTES_MAX + 10) + b"\n", PING)
            assert told["error"]["code"] == "malformed"

    run(story)


def test_one_who_says_nothing_is_let_go(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s"):
            for begun in (b"", PING[:-2]):
                reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
                writer.write(begun)
                assert await asyncio.wait_for(reader.read(), 5) == b""
                writer.close()

    run(story)


def test_one_who_does_not_listen_is_let_go(tmp_path: Path) -> None:
    def endless(_request: Request, _peer: Peer) -> JsonValue:
        return "x" * 3_000_000

    async def story() -> None:
        async with served(tmp_path / "s", endless, Bounds(clients=1, write_seconds=0.2)):
            with socket.socket(socket.AF_UNIX) as deaf:
                deaf.connect(str(tmp_path / "s"))
                deaf.sendall(PING)
                told: list[Any] = []
                for _ in range(100):
                    await _tick()
                    told = await answers(tmp_path / "s", PING)
                    if told[0]["ok"]:
                        break
                assert told[0]["ok"], "the place of the deaf one is free again"

    run(story)


async def _tick() -> None:
    """A moment of real time, as a socket needs it."""
    loop = asyncio.get_running_loop()
    waiting = loop.create_future()
    loop.call_later(0.02, waiting.set_result, None)
    await waiting


def test_too_many_at_once_are_told_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s"):
            open_ones = [await asyncio.open_unix_connection(tmp_path / "s") for _ in range(QUICK.clients)]
            await _tick()
            [told] = await answers(tmp_path / "s", PING)
            assert told["error"] == {"code": "busy", "text": "too many connections; try again"}
            for _, writer in open_ones:
                writer.close()
            await _tick()
            [told] = await answers(tmp_path / "s", PING)
            assert told["ok"]

    run(story)


def test_a_connection_has_an_end_and_a_second_has_one_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s"):
            assert len(await answers(tmp_path / "s", *[PING] * 9)) == QUICK.requests
        async with served(tmp_path / "s", bounds=Bounds(requests_per_second=3)):
            told = await answers(tmp_path / "s", *[PING] * 5)
            assert [each["ok"] for each in told] == [True, True, True, False, False]
            assert told[-1]["error"]["code"] == "busy"

    run(story)


def test_a_failure_of_ours_is_answered_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    def broken(request: Request, _peer: Peer) -> JsonValue:
        if request.verb == "ping":
            raise KeyError("api_key=SECRET")
        raise Refused(Fault.REFUSED, "no")

    async def story() -> None:
        async with served(tmp_path / "s", broken):
            told = await answers(tmp_path / "s", PING, PING.replace(b"ping", b"pong"))
            assert [each["error"]["code"] for each in told] == ["failed", "refused"]
            assert "SECRET" not in json.dumps(told)

    run(story)


def test_garbage_ends_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        noise = random.Random(7)
        async with served(tmp_path / "s", bounds=Bounds(requests=1000, requests_per_second=10_000)):
            for _ in range(60):
                lines = [bytes(noise.randrange(256) for _ in range(noise.randrange(40))) for _ in range(3)]
                await answers(tmp_path / "s", *(line.replace(b"\n", b" ") + b"\n" for line in lines))
                _, writer = await asyncio.open_unix_connection(tmp_path / "s")
                writer.write(noise.randbytes(noise.randrange(1, 30_000)))
                writer.transport.abort() if noise.random() < 0.5 else writer.close()
            [told] = await answers(tmp_path / "s", PING)
            assert told["ok"]

    run(story)


def test_closing_lets_go_of_those_who_are_still_there(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path / "s", bounds=Bounds(idle_seconds=60)):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
            await _tick()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    run(story)


def test_users_are_looked_up_by_name() -> None:
    assert uid_of("root") == 0
    assert uid_of("no-such-user-here") is None


def test_a_peer_is_whoever_connected() -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert peer_of(here) == Peer(pid=os.getpid(), uid=os.getuid(), gid=os.getgid())
