"""A local receiver of webhooks over real HTTP, with its faults. It checks signatures by RFC 2104, and not by our code.

async with hook_server(secret="…") as bots:
    bots.faults = [Fault.OUTAGE]
    hook = Webhook(bots.url, Secret("…"), now=…)
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from aiohttp import web

_BLOCK = 64  # of SHA-256


class Fault(Enum):
    """What goes wrong with one request."""

    OUTAGE = auto()
    BUSY = auto()
    REDIRECT = auto()
    RESET = auto()  # not taken
    LOST = auto()  # taken, and the connection breaks before the answer
    HANG = auto()  # taken, and no answer comes


@dataclass
class Delivery:
    """A request that was taken."""

    key: str
    timestamp: int
    body: dict[str, Any]


@dataclass
class HookServer:
    """The receiver's books. ``faults`` are used up one a request."""

    secret: str
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)
    forged: int = 0
    requests: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One post."""
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.OUTAGE:
            return web.Response(status=500, text="down")
        if fault is Fault.BUSY:
            return web.Response(status=429, headers={"Retry-After": "7"})
        if fault is Fault.REDIRECT:
            return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})
        if fault is Fault.RESET:
            return _hang_up(request)
        body = await request.read()
        timestamp = request.headers["Riskd-Timestamp"]
        if request.headers["Riskd-Signature"] != f"v1={hmac_sha256(self.secret, timestamp, body)}":
            self.forged += 1
            return web.Response(status=401)
        self.taken.append(
            Delivery(key=request.headers["Idempotency-Key"], timestamp=int(timestamp), body=json.loads(body))
        )
        if fault is Fault.LOST:
            return _hang_up(request)
        if fault is Fault.HANG:
            await self.released.wait()
        return web.Response(status=204)


def hmac_sha256(secret: str, timestamp: str, body: bytes) -> str:
    """RFC 2104, written out."""
    key = secret.encode()
    key = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    key = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + f"{timestamp}.".encode() + body).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


@asynccontextmanager
async def hook_server(secret: str) -> AsyncIterator[HookServer]:
    """A running receiver on a free port of this machine."""
    server = HookServer(secret=secret)
    app = web.Application()
    app.router.add_post("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}/riskd"
    try:
        yield server
    finally:
        server.released.set()
        await runner.cleanup()


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()
