"""Slack's Socket Mode: what people press and type comes in over connections that this side opens.

Slack closes each connection about once an hour and says so ten seconds before; two are kept, so that one always listens.
An envelope is acknowledged before anything is done about it, because Slack waits three seconds and shows people an error
then. One that could not be acknowledged is not acted upon: to its sender it has failed.

Our own, and not the library's client: that one reads the wall clock and sleeps by itself, tries again for ever without a
growing pause, closes the old connection before it opens the new one, and logs envelopes whole.

Source: docs.slack.dev/apis/events-api/using-socket-mode (hello, disconnect, envelope_id; at most 10 connections an app).
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import structlog

from riskd.adapters.slack_api import Failure, SlackApi
from riskd.model.report import JsonValue
from riskd.ports import Clock

LINES = 2
PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 60.0

_GREETING_SECONDS = 10.0
_ACK_SECONDS = 2.0
_HEARTBEAT_SECONDS = 10.0
_BYTES_MAX = 1_048_576
_CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)  # the end of the daemon does not wait for Slack's farewell
_REMEMBERED = 2_000
_LASTING_SECONDS = 30.0
_ROUTINE = frozenset({"warning", "refresh_requested"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Something that Slack hands over, acknowledged already.

    Attributes:
        kind: ``interactive``, ``slash_commands`` or another word.
        payload: As Slack made it; all text in it is hostile.
    """

    id: str
    kind: str
    payload: dict[str, JsonValue]


class _Lost(Exception):
    """A connection ended, or there was none. The text is for the log."""

    def __init__(self, why: str, retry_after_seconds: float = 0.0) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(why)


class SlackSocket:
    """Listens until it is closed. Nothing here ever stops the watch: a failure is logged, and tried again.

    Args:
        api: With the token of the app (scope ``connections:write``).
        hear: Called once for each envelope, after it was acknowledged. It must be quick; what it raises is logged.
        lines: Connections.
    """

    def __init__(
        self, *, api: SlackApi, clock: Clock, hear: Callable[[Envelope], None], lines: int = LINES
    ) -> None:
        self._api = api
        self._clock = clock
        self._hear = hear
        self._count = lines
        self._tasks: list[asyncio.Task[None]] = []
        self._open: set[int] = set()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._log = structlog.get_logger("riskd")
        self.last_error = ""

    @property
    def listening(self) -> int:
        """Connections over which Slack has greeted us."""
        return len(self._open)

    def start(self) -> None:
        """Begin to listen, beside everything else."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._keep(line), name=f"slack line {line}") for line in range(self._count)
        ]

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _keep(self, line: int) -> None:
        """Keep one line open, with a pause that grows while connections do not last."""
        pause = PAUSE_SECONDS_MIN
        while True:
            begun = self._clock.monotonic()
            try:
                rest = await self._converse(line)
            finally:
                self._open.discard(line)
            lasted = self._clock.monotonic() - begun >= _LASTING_SECONDS
            pause = PAUSE_SECONDS_MIN if lasted else pause
            await self._clock.sleep_until(self._clock.monotonic() + max(pause, rest))
            pause = min(2 * pause, PAUSE_SECONDS_MAX)

    async def _converse(self, line: int) -> float:
        """One connection from its opening to its end; the seconds for which Slack wants to be left alone."""
        try:
            async with aiohttp.ClientSession(trust_env=True) as session:
                await self._listen(session, line)
        except _Lost as lost:
            self._complain(line, str(lost))
            return lost.retry_after_seconds
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The error's own words may hold the address, whose query is a ticket.
            self._complain(line, f"no connection ({type(error).__name__})")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not make us deaf for good; it is said and tried again
            self._complain(line, f"internal error ({type(error).__name__})")
        return 0.0

    async def _listen(self, session: aiohttp.ClientSession, line: int) -> None:
        """Greet, then take envelopes until Slack asks for another connection."""
        address = await self._address()
        async with asyncio.timeout(_GREETING_SECONDS):
            socket = await session.ws_connect(
                address, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_BYTES_MAX, timeout=_CLOSING
            )
        async with socket:
            async with asyncio.timeout(_GREETING_SECONDS):
                first = _object(await socket.receive())
            if first.get("type") != "hello":
                raise _Lost("Slack did not greet")
            self._open.add(line)
            self.last_error = ""
            self._log.info("slack_listening", line=line)
            async for message in socket:
                given = _object(message)
                if given.get("type") == "disconnect":
                    self._sent_away(given)
                    return
                await self._take(socket, given)
        raise _Lost("the connection broke")

    async def _address(self) -> str:
        answer = await self._api.call("apps.connections.open", {})
        if isinstance(answer, Failure):
            raise _Lost(f"Slack opens no connection: {answer.error}", answer.retry_after_seconds or 0.0)
        address = answer.get("url")
        if not isinstance(address, str) or not address.startswith(("wss://", "ws://127.0.0.1")):
            raise _Lost("Slack named no address to connect to")
        return address

    def _sent_away(self, given: dict[str, JsonValue]) -> None:
        reason = ascii(given.get("reason", ""))[:40]
        if reason.strip("'") not in _ROUTINE:
            raise _Lost(f"Slack ends the connection: {reason}", PAUSE_SECONDS_MAX)
        self._log.info("slack_reconnects", reason=reason)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, given: dict[str, JsonValue]) -> None:
        """Acknowledge an envelope, then hand it on, once however often it comes."""
        name, kind, payload = given.get("envelope_id"), given.get("type"), given.get("payload")
        if not isinstance(name, str) or not isinstance(kind, str):
            return
        async with asyncio.timeout(_ACK_SECONDS):
            await socket.send_str(json.dumps({"envelope_id": name}))
        if name in self._seen or not isinstance(payload, dict):
            return
        self._seen[name] = None
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        try:
            self._hear(Envelope(id=name, kind=kind, payload=payload))
        except Exception:  # noqa: BLE001 - a fault of ours with one envelope must not make us deaf; it is logged whole
            self._log.exception("slack_envelope_failed", kind=ascii(kind)[:40])

    def _complain(self, line: int, what: str) -> None:
        self.last_error = what
        self._log.warning("slack_not_listening", line=line, fault=what)


def _object(message: aiohttp.WSMessage) -> dict[str, JsonValue]:
    """The JSON object of a text message; empty for anything else."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    with suppress(ValueError, RecursionError):
        value = json.loads(message.data)
        if isinstance(value, dict):
            return value
    return {}
