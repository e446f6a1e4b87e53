"""A loopback server that answers with whatever bytes a test wants, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


RESET = b"reset"
HANG = b"hang"
Script = Callable[[Asked], bytes]


def http(body: str, *, status: str = "200 OK", headers: str = "Content-Type: application/json") -> bytes:
    """A complete HTTP answer."""
    data = body.encode()
    return (
        f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
        + data
    )


@dataclass
class Wire:
    """The running server."""

    script: Script
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            self.asked.append(asked)
            answer = self.script(asked)
            if answer == HANG:
                await reader.read()
            elif answer != RESET:
                writer.write(answer)
                await writer.drain()
        finally:
            writer.transport.abort() if self.asked and answer == RESET else writer.close()


@asynccontextmanager
async def wire(script: Script) -> AsyncIterator[Wire]:
    """Serve ``script`` on a free port of the loopback."""
    running = Wire(script=script)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
    url = urlsplit(target)
    return Asked(
        method=method,
        path=url.path,
        params=dict(parse_qsl("&".join(part for part in (url.query, body) if part))),
        headers=headers,
    )
