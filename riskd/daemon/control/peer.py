"""Who is at the other end of a Unix socket, by the kernel's word."""

from __future__ import annotations

import pwd
import socket
import struct
from dataclasses import dataclass

_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group


@dataclass(frozen=True, slots=True)
class Peer:
    """A process of this machine as it was when it connected. Nobody can pretend to be another one."""

    pid: int
    uid: int
    gid: int


def peer_of(connection: socket.socket) -> Peer:
    """Whoever connected.

    Raises:
        OSError: The kernel does not say.
    """
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return Peer(*_CREDENTIALS.unpack(told))


def uid_of(name: str) -> int | None:
    """Number of a user of this machine; None when there is none of that name. May ask a directory service and take long."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None
