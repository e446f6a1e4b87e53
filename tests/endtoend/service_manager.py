"""The service manager's end of sd_notify: a real datagram socket that keeps what it is told."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class Told:
    """What a daemon has told its service manager."""

    def __init__(self, address: str, sock: socket.socket) -> None:
        self.address = address
        self._socket = sock
        self._messages: list[str] = []

    @property
    def messages(self) -> list[str]:
        """Every message so far, in order."""
        while True:
            try:
                self._messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self._messages

    @property
    def words(self) -> list[str]:
        """The first line of each message, such as ``READY=1``."""
        return [message.splitlines()[0] for message in self.messages]


@contextmanager
def service_manager() -> Iterator[Told]:
    """A service manager that listens. Its path is short: AF_UNIX allows 108 bytes, and pytest's folders can be longer."""
    with TemporaryDirectory(prefix="sd") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        address = str(Path(folder) / "notify")
        sock.bind(address)
        sock.setblocking(False)
        yield Told(address, sock)
