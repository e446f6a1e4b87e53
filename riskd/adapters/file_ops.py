"""The few calls by which the journal touches the disk, as an object, so that a test can make the k-th of them fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class FileOps(Protocol):
    """Calls of the operating system. Each raises ``OSError`` as ``os`` does."""

    def open(self, path: Path) -> int:
        """Open for reading and writing, created with mode 0600 when absent; the descriptor dies with the process."""
        ...

    def size_of(self, descriptor: int) -> int:
        """Bytes in the file."""
        ...

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        """Write at ``offset`` and say how many bytes were taken, which may be fewer than given."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return once the data is on the disk."""
        ...

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut or grow the file."""
        ...

    def allocate(self, descriptor: int, size: int) -> None:
        """Make the file ``size`` bytes long with blocks that are really there."""
        ...

    def sync_directory(self, path: Path) -> None:
        """Make the names in a directory durable."""
        ...

    def close(self, descriptor: int) -> None:
        """Close."""
        ...


class SystemFileOps:
    """The real calls."""

    def open(self, path: Path) -> int:
        """See :class:`FileOps`."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def size_of(self, descriptor: int) -> int:
        """See :class:`FileOps`."""
        return os.fstat(descriptor).st_size

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        """See :class:`FileOps`."""
        return os.pwrite(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        """See :class:`FileOps`."""
        os.fdatasync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        """See :class:`FileOps`."""
        os.ftruncate(descriptor, size)

    def allocate(self, descriptor: int, size: int) -> None:
        """See :class:`FileOps`."""
        os.posix_fallocate(descriptor, 0, size)

    def sync_directory(self, path: Path) -> None:
        """See :class:`FileOps`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        """See :class:`FileOps`."""
        os.close(descriptor)
