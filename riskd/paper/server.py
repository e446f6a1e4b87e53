"""The paper venue on a socket: HTTP around ``Venue``, where delays, resets and cut answers really happen.

Before each request the venue is advanced to the present, and a task advances it meanwhile, so that stops trigger and
funding settles while nobody asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from aiohttp import web

from riskd.model.report import JsonValue
from riskd.paper.control import ControlError, arm_faults, faults_row, parse_advance, state_row
from riskd.paper.dialect.http import JSON_CONTENT_TYPE, HttpRequest, HttpResponse
from riskd.paper.server_time import ManualTime
from riskd.paper.venue import Outcome, Pending, Venue
from riskd.ports import Clock

BODY_MAX_BYTES = 64 * 1024
STEPS_BEHIND_MAX = 200_000
_WAIT_SECONDS = 0.01
_SHUTDOWN_SECONDS = 0.5  # aiohttp waits it twice: for handlers to end, and for cancelled ones to notice
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class PaperServer:
    """One venue behind one port.

    Args:
        venue: What answers.
        time_ms: The venue's time, in milliseconds since the epoch: real, scaled or moved by hand.
        clock: For waiting: delays of faults pass on this clock.
        host: Address to listen on.
        port: 0 picks a free one; ``url`` tells which.
        tick_seconds: How often the venue moves while nobody asks, on ``clock``; None for once a step.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        time_ms: Callable[[], int],
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        tick_seconds: float | None = None,
    ) -> None:
        self._venue = venue
        self._time_ms = time_ms
        self._clock = clock
        self._host = host
        self._port = port
        self._tick_seconds = venue.step_ms / 1000 if tick_seconds is None else tick_seconds
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def venue(self) -> Venue:
        """What answers."""
        return self._venue

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end.

        Raises:
            RuntimeError: It is not started.
        """
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the paper server has no address yet; await start() first")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen, and let time pass.

        Raises:
            ValueError: The venue would first have to live through more than ``STEPS_BEHIND_MAX`` steps.
        """
        self._refuse_long_catch_up()
        app = web.Application(client_max_size=BODY_MAX_BYTES)
        app.router.add_route("*", "/paper/{action}", self._control)
        app.router.add_route("*", "/{path:.*}", self._exchange)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self._runner = runner
        self._ticking = asyncio.create_task(self._tick(), name="paper-venue")

    async def stop(self) -> None:
        """Stop time, finish the requests that are being answered, close the port."""
        ticking, runner = self._ticking, self._runner
        self._ticking = self._runner = None
        try:
            if ticking is not None:
                ticking.cancel()
                with suppress(asyncio.CancelledError):
                    await ticking
        finally:
            if runner is not None:
                await runner.cleanup()

    def _refuse_long_catch_up(self) -> None:
        behind = (self._time_ms() - self._venue.now_ms) // self._venue.step_ms
        if behind > STEPS_BEHIND_MAX:
            raise ValueError(
                f"the venue stands at {self._venue.now_ms} and its clock at {self._time_ms()}: {behind} steps of"
                f" {self._venue.step_ms} ms to live through first, at most {STEPS_BEHIND_MAX} are allowed; let the"
                " clock begin where the venue stands, or the market where the clock does"
            )

    async def _tick(self) -> None:
        while True:
            self._venue.advance_to(self._time_ms())
            await self._clock.sleep_until(self._clock.monotonic() + self._tick_seconds)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.text()
        except (web.HTTPRequestEntityTooLarge, UnicodeDecodeError, LookupError):
            return _json(
                {"code": -1101, "msg": f"The body must be text of at most {BODY_MAX_BYTES} bytes."}, 413
            )
        now_ms = self._time_ms()
        self._venue.advance_to(now_ms)
        delivery = self._venue.handle(_translated(request, body), now_ms=now_ms)
        outcome = await self._booked(delivery) if isinstance(delivery, Pending) else delivery
        if outcome.delay_ms:
            await self._clock.sleep_until(self._clock.monotonic() + outcome.delay_ms / 1000)
        return await _sent(request, outcome)

    async def _booked(self, pending: Pending) -> Outcome:
        while (now_ms := self._time_ms()) < pending.due_ms:
            await self._clock.sleep_until(self._clock.monotonic() + _WAIT_SECONDS)
        self._venue.advance_to(now_ms)
        return self._venue.collect(pending)

    async def _control(self, request: web.Request) -> web.StreamResponse:
        if not _from_here(request):
            return _json({"error": "control endpoints answer to this machine only"}, 403)
        if request.method == "POST" and request.content_type != "application/json":
            return _json(
                {"error": f"expected Content-Type application/json, found {request.content_type}"}, 415
            )
        try:
            return _json(await self._controlled(request))
        except ControlError as error:
            return _json({"error": str(error)}, 400)

    async def _controlled(self, request: web.Request) -> JsonValue:
        match (request.method, request.match_info["action"]):
            case ("GET", "state"):
                self._venue.advance_to(self._time_ms())
                return state_row(self._venue)
            case ("GET", "faults"):
                return faults_row(self._venue)
            case ("POST", "faults"):
                return arm_faults(self._venue, await request.text())
            case ("DELETE", "faults"):
                self._venue.faults.clear()
                return []
            case ("POST", "advance"):
                return self._advance(await request.text())
            case (method, action):
                raise ControlError(
                    "expected GET /paper/state, GET, POST or DELETE /paper/faults, or POST /paper/advance; found"
                    f" {method} /paper/{action}"
                )

    def _advance(self, body: str) -> JsonValue:
        if not isinstance(self._time_ms, ManualTime):
            raise ControlError(
                "the time of this venue runs by itself; start it with a manual clock to move it"
            )
        self._time_ms.advance_to(parse_advance(body, now_ms=self._time_ms()))
        self._venue.advance_to(self._time_ms())
        return {"now_ms": self._time_ms()}


def _translated(request: web.Request, body: str) -> HttpRequest:
    path, _, query = request.raw_path.partition("?")
    return HttpRequest(
        method=request.method,
        path=path,
        query=query,
        body=body,
        headers=dict(request.headers),
        remote=request.remote or "",
    )


async def _sent(request: web.Request, outcome: Outcome) -> web.StreamResponse:
    if outcome.response is None:
        _hang_up(request)
        return web.Response()
    if outcome.cut_after is None:
        return _whole(outcome.response)
    return await _cut(request, outcome.response, outcome.cut_after)


def _whole(response: HttpResponse) -> web.Response:
    return web.Response(status=response.status, headers=dict(response.headers), body=response.body.encode())


async def _cut(request: web.Request, response: HttpResponse, keep: int) -> web.StreamResponse:
    body = response.body.encode()
    stream = web.StreamResponse(status=response.status, headers=dict(response.headers))
    stream.content_length = len(body)
    await stream.prepare(request)
    await stream.write(body[:keep])
    if request.transport is not None:
        request.transport.close()  # sends what is written, then ends: the client waits for the rest in vain
    return stream


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _from_here(request: web.Request) -> bool:
    """Whether the request comes from this machine and was meant for it: a web page elsewhere must not steer a venue."""
    name = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    local = (name or request.host).strip("[]") in _LOCAL_NAMES
    return local and request.remote is not None and ip_address(request.remote).is_loopback


def _json(value: JsonValue, status: int = 200) -> web.Response:
    return web.Response(
        status=status, headers={"Content-Type": JSON_CONTENT_TYPE}, body=json.dumps(value).encode()
    )
