"""Requests to the paper venue without a socket: the same signed text, the same faults, virtual time.

What the venue does with a request does not depend on whether the asker still lives: a request that has left is
delivered by the event loop itself, so a daemon that is killed while it waits has sent its order all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.dialect.auth import KEY_HEADER, sign
from riskd.paper.dialect.http import ApiKey, HttpRequest, HttpResponse
from riskd.paper.venue import Outcome, Pending, Venue
from riskd.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How long the way is.

    Attributes:
        latency_seconds: One way; called for each leg, so that a simulation may vary it.
        timeout_seconds: The asker gives up after this.
        recv_window_ms: Sent with each signed request that does not bring its own.
    """

    latency_seconds: Callable[[], float] = lambda: 0.0
    timeout_seconds: float = 10.0
    recv_window_ms: int = 5000


class InProcessTransport:
    """VenueTransport to a venue in the same process.

    Args:
        venue: The venue; whoever runs the clock advances it, and so does each request when it arrives.
        clock: The venue's time and the asker's.
        key: Signs; None for public requests only.
        may_write: Called with each request that is not a GET; raises to refuse it. Monitor mode passes a refusal.
        wire: Latency and time-out.
    """

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        *,
        key: ApiKey | None = None,
        may_write: Callable[[VenueCall], None] | None = None,
        wire: Wire | None = None,
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._key = key
        self._may_write = may_write or refuse_to_write
        self._wire = wire or Wire()

    async def call(self, call: VenueCall) -> VenueAnswer:
        """Send one request once.

        Raises:
            VenueUnavailable: No whole answer arrived in time, or this transport does not write.
        """
        if call.method != "GET":
            self._may_write(call)
        request = self._request(call)
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[HttpResponse | str] = loop.create_future()
        loop.call_later(self._wire.latency_seconds(), self._arrive, request, arrived)
        patience = loop.call_later(self._wire.timeout_seconds, _tell, arrived, "timeout")
        try:
            answer = await arrived
        finally:
            patience.cancel()
        if isinstance(answer, str):
            raise VenueUnavailable(f"{call}: no whole answer ({answer})", reason=answer)
        headers = tuple((name.lower(), value) for name, value in answer.headers.items())
        return VenueAnswer(status=answer.status, headers=headers, text=answer.body)

    async def close(self) -> None:
        """Nothing is held."""

    def _request(self, call: VenueCall) -> HttpRequest:
        params = list(call.params)
        headers: dict[str, str] = {}
        if call.signed:
            if self._key is None:
                raise VenueUnavailable(f"{call}: needs a key", reason="unsent:no_key")
            params.append(("timestamp", str(self._now_ms())))
            if all(name != "recvWindow" for name, _ in params):
                params.append(("recvWindow", str(self._wire.recv_window_ms)))
            params.append(("signature", sign(self._key.secret, urlencode(params))))
            headers[KEY_HEADER] = self._key.key
        text = urlencode(params)
        in_body = call.method in ("POST", "PUT")
        return HttpRequest(
            method=call.method,
            path=call.path,
            query="" if in_body else text,
            body=text if in_body else "",
            headers=headers,
        )

    def _arrive(self, request: HttpRequest, arrived: asyncio.Future[HttpResponse | str]) -> None:
        now_ms = self._now_ms()
        self._venue.advance_to(now_ms)
        delivery = self._venue.handle(request, now_ms=now_ms)
        if isinstance(delivery, Pending):
            wait = max(0.0, (delivery.due_ms - now_ms) / 1000)
            asyncio.get_running_loop().call_later(wait, self._collect, delivery, arrived)
        else:
            self._send_back(delivery, arrived)

    def _collect(self, pending: Pending, arrived: asyncio.Future[HttpResponse | str]) -> None:
        self._venue.advance_to(max(self._now_ms(), pending.due_ms))
        self._send_back(self._venue.collect(pending), arrived)

    def _send_back(self, outcome: Outcome, arrived: asyncio.Future[HttpResponse | str]) -> None:
        told: HttpResponse | str = "reset"
        if outcome.response is not None and outcome.cut_after is None:
            told = outcome.response
        wait = self._wire.latency_seconds() + outcome.delay_ms / 1000
        asyncio.get_running_loop().call_later(wait, _tell, arrived, told)

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)


def refuse_to_write(call: VenueCall) -> None:
    """What a transport in monitor mode says to anything but a GET.

    Raises:
        VenueUnavailable: Always.
    """
    raise VenueUnavailable(f"{call} is refused: this transport only reads", reason="unsent:read_only")


def allow_to_write(_call: VenueCall) -> None:
    """For the transport of an order sender."""


def _tell(arrived: asyncio.Future[HttpResponse | str], told: HttpResponse | str) -> None:
    if not arrived.done():
        arrived.set_result(told)
