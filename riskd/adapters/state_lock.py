"""One process at a time: a lock file that names who holds it.

``flock`` is used because it dies with its holder: after a crash nothing is left to clean up. The text in the file is
only for people.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Self

from riskd.errors import StateLocked

STATE_LOCK_NAME = "riskd.lock"


class StateLock:
    """A held lock. Close it, or end the process, to let the next one in."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self.path = path

    @classmethod
    def acquire(cls, path: Path, *, holder: str) -> Self:
        """Take the lock at once or not at all.

        Args:
            path: The lock file; created when absent, never removed (removing it would let two processes hold two
                files of one name).
            holder: Who we are, for whoever is refused, such as ``riskd run --config riskd.yaml``.

        Raises:
            StateLocked: Another process holds it; says which.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            current = os.pread(descriptor, 1000, 0).decode("utf-8", "replace").strip()
            os.close(descriptor)
            raise StateLocked(
                f"{path} is held by {current or 'another process'}; stop it first, or use another state directory"
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        _write_holder(descriptor, f"process {os.getpid()}: {holder}\n")
        return cls(descriptor, path)

    def close(self) -> None:
        """Release the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _write_holder(descriptor: int, text: str) -> None:
    """On a full disk the lock still counts and the watch must still start; only its text is then missing."""
    data = text.encode("utf-8")
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))
