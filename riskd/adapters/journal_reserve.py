"""Disk space set aside so that the journal can still write its last words when the disk is full."""

from __future__ import annotations

import errno
from pathlib import Path

from riskd.adapters.file_ops import FileOps

# Given back in steps, so that another process that is filling the disk does not take all of it at once.
_STEP_BYTES = 64 * 1024


class JournalReserve:
    """A file of real blocks beside the journal. Shrinking it makes room for the journal's next lines."""

    def __init__(self, path: Path, size: int, ops: FileOps) -> None:
        """Open the file and fill it as far as the disk allows.

        Raises:
            OSError: The file cannot be opened.
        """
        self._size = size
        self._ops = ops
        self._descriptor = ops.open(path)
        self._left = ops.size_of(self._descriptor)
        self.refill()

    @property
    def left(self) -> int:
        """Bytes that can still be given back."""
        return self._left

    @property
    def is_full(self) -> bool:
        """False once any of it had to be given back, until it could be refilled."""
        return self._left >= self._size

    def give_back(self, wanted: int) -> bool:
        """Free space for at least ``wanted`` bytes; False when nothing is left to give.

        Raises:
            OSError: The file could not be shrunk.
        """
        if self._left == 0:
            return False
        left = max(0, self._left - max(wanted, _STEP_BYTES))
        self._ops.truncate(self._descriptor, left)
        self._left = left
        return True

    def refill(self) -> bool:
        """Take the space again if the disk has it; True when the reserve is whole.

        Raises:
            OSError: For another reason than a full disk.
        """
        if self.is_full:
            return True
        try:
            self._ops.allocate(self._descriptor, self._size)
        except OSError as error:
            if not is_full_disk(error):
                raise
            self._ops.truncate(self._descriptor, self._left)  # what a failed attempt had already taken
            return False
        self._left = self._size
        return True

    def close(self) -> None:
        """Close the file; the space stays set aside."""
        self._ops.close(self._descriptor)


def is_full_disk(error: OSError) -> bool:
    """True when space, not the device, is the trouble."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
