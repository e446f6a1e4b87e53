"""Two sockets: one that tells, one that also takes orders. Neither ever holds up the watch, whoever is at the other end.

Everything is bounded: who may connect at once, how long a request and an answer may be, how long they may take, how many
come on one connection, and how many a second altogether. A request is answered from memory, between two steps of the watch.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from riskd.daemon.control.peer import Peer, peer_of
from riskd.daemon.control.protocol import REQUEST_BYTES_MAX, Fault, Refused, refusal, request_of
from riskd.daemon.control.protocol import Request as Request
from riskd.daemon.control.protocol import answer as answer_line
from riskd.errors import RiskdError
from riskd.model.report import JsonValue
from riskd.ports import Clock

Handle = Callable[[Request, Peer], JsonValue]
"""Does what a request asks and gives back what is to be answered; raises ``Refused`` otherwise."""

_MODE = 0o660
# The kernel's own bound on the path of a socket is 108 bytes with the zero at its end.
_PATH_BYTES_MAX = 107


class ControlError(RiskdError):
    """A socket could not be opened. Watching goes on; people cannot talk to the daemon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is borne from clients.

    Attributes:
        clients: Connections at once, on each socket.
        idle_seconds: A connection without a whole request for so long is closed.
        write_seconds: So is one that does not take its answer.
        requests: On one connection.
        requests_per_second: On all connections of a socket together.
    """

    clients: int = 16
    idle_seconds: float = 10.0
    write_seconds: float = 10.0
    requests: int = 100
    requests_per_second: int = 50


class ControlServer:
    """One socket.

    Args:
        path: Where it is.
        handle: Does what is asked.
        clock: Counts requests by the second.
    """

    def __init__(self, path: Path, handle: Handle, clock: Clock, *, bounds: Bounds | None = None) -> None:
        self.path = path
        self._handle = handle
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._second, self._asked = 0, 0
        self._log = structlog.get_logger("riskd")

    async def start(self) -> None:
        """Listen. What an earlier daemon left there is removed; the lock of the state directory says that it is gone.

        Raises:
            ControlError: That is not possible, with the reason.
        """
        try:
            listening = _bound(self.path)
        except OSError as error:
            raise ControlError(f"{self.path}: cannot listen ({error})") from error
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listening, limit=REQUEST_BYTES_MAX
        )

    async def close(self) -> None:
        """Stop listening and let go of everybody."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.current_task()
        assert client is not None, "asyncio calls this in a task"
        self._clients.add(client)
        try:
            if len(self._clients) > self._bounds.clients:
                await self._send(writer, refusal(Refused(Fault.BUSY, "too many connections; try again")))
            else:
                await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # they are gone, too slow, or we are ending
        finally:
            self._clients.discard(client)
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()  # nobody takes the rest
            else:
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer.get_extra_info("socket"))
        for _ in range(self._bounds.requests):
            try:
                line = await asyncio.wait_for(reader.readline(), self._bounds.idle_seconds)
            except ValueError:
                too_long = Refused(Fault.MALFORMED, f"a request has at most {REQUEST_BYTES_MAX} bytes")
                await self._send(writer, refusal(too_long))
                return
            if not line.endswith(b"\n"):
                return  # they hung up, perhaps in the middle of a request
            await self._send(writer, self._answered(line, peer))

    def _answered(self, line: bytes, peer: Peer) -> bytes:
        try:
            self._count()
            return answer_line(self._handle(request_of(line), peer))
        except Refused as refused:
            return refusal(refused)
        except Exception:  # noqa: BLE001 - logged and answered; a request must never end the watch
            self._log.exception("request_failed", socket=self.path.name, uid=peer.uid)
            return refusal(Refused(Fault.FAILED, "riskd failed on this request; its log says how"))

    def _count(self) -> None:
        """Count a request; too many in one second are not looked at."""
        second = int(self._clock.monotonic())
        if second != self._second:
            self._second, self._asked = second, 0
        self._asked += 1
        if self._asked > self._bounds.requests_per_second:
            raise Refused(Fault.BUSY, "too many requests in this second; try again")

    async def _send(self, writer: asyncio.StreamWriter, line: bytes) -> None:
        writer.write(line)
        await asyncio.wait_for(writer.drain(), self._bounds.write_seconds)


def _bound(path: Path) -> socket.socket:
    """A socket at a path, of which nobody else than its owner and group can ever have been a client."""
    if len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise OSError(
            f"the path has more than {_PATH_BYTES_MAX} bytes; name a shorter directory with `runtime` in riskd.yaml"
        )
    path.parent.mkdir(mode=0o750, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise OSError("something else than a socket is there")
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        # The mode is taken from the umask when the file is made: a later chmod would leave a moment for others.
        before = os.umask(0o777 & ~_MODE)
        try:
            made.bind(os.fspath(path))
        finally:
            os.umask(before)
        path.chmod(_MODE)
    except BaseException:
        made.close()
        raise
    return made
