"""Disks that fail: at the k-th call, from the k-th call on, by dying there, or by being full."""

from __future__ import annotations

import errno
from enum import Enum
from pathlib import Path

from riskd.adapters.file_ops import SystemFileOps
from tests.fakes.journal import Crash


class Fault(Enum):
    """What happens at the chosen call."""

    EIO = "eio"  # the call fails, once
    EIO_FOR_GOOD = "eio_for_good"  # the call and every later one fail
    TORN_EIO = "torn_eio"  # half of a write is done, then it fails
    TORN_EIO_TWICE = "torn_eio_twice"  # the same, and the next call, which would repair it, fails too
    SHORT = "short"  # a write takes half of what it was given and says so
    DEATH = "death"  # the process dies before the call
    TORN_DEATH = "torn_death"  # half of a write is done, then the process dies


class FaultyFileOps(SystemFileOps):
    """Real files; call number ``at`` (counted from 1, over all calls that change something) meets ``fault``."""

    def __init__(self, fault: Fault, at: int) -> None:
        self._fault = fault
        self._at = at
        self.calls = 0

    @property
    def met(self) -> bool:
        """True once the fault has happened."""
        return self.calls >= self._at

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        half = data[: len(data) // 2]
        if self._is_now():
            if self._fault is Fault.SHORT:
                return super().write(descriptor, half, offset)
            if self._fault in {Fault.TORN_EIO, Fault.TORN_EIO_TWICE, Fault.TORN_DEATH}:
                super().write(descriptor, half, offset)
            self._fail()
        self._fail_if_still_broken()
        return super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        self._count()
        super().sync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        self._count()
        super().truncate(descriptor, size)

    def allocate(self, descriptor: int, size: int) -> None:
        self._count()
        super().allocate(descriptor, size)

    def sync_directory(self, path: Path) -> None:
        self._count()
        super().sync_directory(path)

    def _count(self) -> None:
        if self._is_now() and self._fault is not Fault.SHORT:
            self._fail()
        self._fail_if_still_broken()

    def _is_now(self) -> bool:
        self.calls += 1
        return self.calls == self._at

    def _fail(self) -> None:
        if self._fault in {Fault.DEATH, Fault.TORN_DEATH}:
            raise Crash
        raise OSError(errno.EIO, "Input/output error")

    def _fail_if_still_broken(self) -> None:
        for_good = self._fault is Fault.EIO_FOR_GOOD and self.met
        again = self._fault is Fault.TORN_EIO_TWICE and self.calls == self._at + 1
        if for_good or again:
            raise OSError(errno.EIO, "Input/output error")


class SmallDisk(SystemFileOps):
    """Real files on a disk of a few bytes: a write takes what fits and then fails, as a real one does."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._used: dict[int, int] = {}

    @property
    def free(self) -> int:
        return self.size - sum(self._used.values())

    def open(self, path: Path) -> int:
        descriptor = super().open(path)
        self._used[descriptor] = super().size_of(descriptor)
        return descriptor

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        room = self._used[descriptor] + self.free - offset
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(descriptor, data[:room], offset)
        self._used[descriptor] = max(self._used[descriptor], offset + taken)
        return taken

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self._used[descriptor] = size

    def allocate(self, descriptor: int, size: int) -> None:
        if size - self._used[descriptor] > self.free:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().allocate(descriptor, size)
        self._used[descriptor] = max(self._used[descriptor], size)


class RecordingFileOps(SystemFileOps):
    """Real files, and the names of the calls that make something durable, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        self.calls.append("write")
        return super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        self.calls.append("sync")
        super().sync(descriptor)

    def sync_directory(self, path: Path) -> None:
        self.calls.append("sync_directory")
        super().sync_directory(path)
