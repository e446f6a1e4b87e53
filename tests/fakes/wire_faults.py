"""What goes wrong between a venue and us: one fault for one request, over a real socket.

Each fault says whether the venue has carried the request out when it strikes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HTML = "<html><body>are you a robot?</body></html>"


class WireFault(Enum):
    """One misfortune."""

    # the request is carried out, and the answer is lost or spoilt
    RESET_AFTER = "the connection breaks before the answer"
    HANG_AFTER = "no answer ever"
    TRUNCATED = "the answer ends in the middle of its JSON"
    CUT = "the connection breaks in the middle of the answer"
    HTML_AFTER = "a page of HTML under HTTP 200"
    EMPTY_AFTER = "an empty body under HTTP 200"
    NOTHING_AFTER = "an empty object under HTTP 200"
    HTTP_500 = "HTTP 500"
    HTTP_502 = "HTTP 502 with a page"
    HTTP_503 = "HTTP 503"
    QUOTED = "HTTP 500 that quotes a refusal"
    HOLLOW = "a success that holds nothing of what was asked"
    NO_ORDER_ID = "the venue's id is missing"
    FOREIGN_ID = "the answer is about somebody else's order"
    # the request is not carried out
    RESET_BEFORE = "the connection breaks before the request is looked at"
    FIREWALL = "HTTP 403 with a page"
    RATE_LIMITED = "too many requests"
    KEY_REFUSED = "the key is refused"
    CLOCK = "the time stamp is refused"

    @property
    def is_booked(self) -> bool:
        """Whether the venue carried the request out."""
        return self not in _NOT_BOOKED


_NOT_BOOKED = frozenset(
    {
        WireFault.RESET_BEFORE,
        WireFault.FIREWALL,
        WireFault.RATE_LIMITED,
        WireFault.KEY_REFUSED,
        WireFault.CLOCK,
    }
)

_PAGES = {
    WireFault.HTML_AFTER: (200, HTML),
    WireFault.EMPTY_AFTER: (200, ""),
    WireFault.NOTHING_AFTER: (200, "{}"),
    WireFault.HTTP_500: (500, "oops"),
    WireFault.HTTP_502: (502, HTML),
    WireFault.HTTP_503: (503, "busy"),
    WireFault.FIREWALL: (403, HTML),
}
_CUT_AFTER = 40


@dataclass
class WireFaults:
    """Faults that wait for requests whose path they name.

    Attributes:
        refusals: What the venue would say in its own form: status and body, by fault.
        own_id: Names under which the venue repeats the client's id.
        venue_id: Names of the venue's own.
    """

    refusals: dict[WireFault, tuple[int, dict[str, Any]]]
    own_id: frozenset[str]
    venue_id: frozenset[str]
    waiting: list[tuple[str, WireFault]] = field(default_factory=list)

    def arm(self, path: str, fault: WireFault) -> None:
        """The next request for ``path`` (method and path, ``POST /v5/order/create``) meets the fault."""
        self.waiting.append((path, fault))

    @property
    def middleware(self) -> Any:
        """For the server."""

        @web.middleware
        async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
            named = f"{request.method} {request.path}"
            for entry in self.waiting:
                if entry[0] == named:
                    self.waiting.remove(entry)
                    return await self._strike(entry[1], request, handler)
            return await handler(request)

        return strike

    async def _strike(self, fault: WireFault, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request) if fault.is_booked else None
        if fault in (WireFault.RESET_AFTER, WireFault.RESET_BEFORE):
            return _reset(request)
        if fault is WireFault.HANG_AFTER:
            await asyncio.Event().wait()
        if fault in _PAGES:
            status, body = _PAGES[fault]
            return web.Response(status=status, text=body)
        if fault in self.refusals:
            status, told = self.refusals[fault]
            headers = {"Retry-After": "17"} if fault is WireFault.RATE_LIMITED else {}
            return web.json_response(told, status=status, headers=headers)
        assert isinstance(answer, web.Response)
        assert answer.text is not None
        return await self._spoilt(fault, request, answer.text)

    async def _spoilt(self, fault: WireFault, request: web.Request, text: str) -> web.StreamResponse:
        match fault:
            case WireFault.TRUNCATED:
                return web.Response(text=text[:_CUT_AFTER], content_type="application/json")
            case WireFault.NO_ORDER_ID:
                return web.json_response(_changed(json.loads(text), dict.fromkeys(self.venue_id, "")))
            case WireFault.FOREIGN_ID:
                return web.json_response(_changed(json.loads(text), dict.fromkeys(self.own_id, "f" * 32)))
            case _:
                response = web.StreamResponse(headers={"Content-Length": str(len(text) + 100)})
                await response.prepare(request)
                await response.write(text[:_CUT_AFTER].encode())
                return _reset(request)


def _reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _changed(value: Any, changes: dict[str, str]) -> Any:
    """The JSON with some fields set, wherever they are."""
    if isinstance(value, dict):
        return {
            name: changes[name] if name in changes else _changed(item, changes)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_changed(item, changes) for item in value]
    return value
