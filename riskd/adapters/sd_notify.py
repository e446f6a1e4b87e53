"""Tell systemd how we are: readiness, a status line, and a heartbeat for the watchdog."""

from __future__ import annotations

import socket
from collections.abc import Mapping


class ServiceManager:
    """The service manager that started us, or nobody.

    The watchdog is fed by completed cycles only: a process that hangs is not alive (docs/decisions/0004).

    Args:
        environment: The process environment; ``NOTIFY_SOCKET`` names the socket.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        watchdog = environment.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(watchdog) / 1e6 if watchdog.isdigit() else None

    @property
    def present(self) -> bool:
        """True when somebody listens."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """The first complete cycle is done."""
        self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def alive(self, status: str) -> None:
        """A cycle was completed."""
        self._send(f"WATCHDOG=1\nSTATUS={_one_line(status)}")

    def reloading(self, monotonic_microseconds: int) -> None:
        """Policies are being read again."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_microseconds}")

    def stopping(self) -> None:
        """The process is on its way out."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # An address that begins with @ is in Linux' abstract namespace, which starts with a NUL byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.connect(address)
            sock.sendall(text.encode())


def _one_line(status: str) -> str:
    return " ".join(status.split())
