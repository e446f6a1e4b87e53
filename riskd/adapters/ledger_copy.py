"""A private copy of the ledger for a reader, taken while the daemon writes.

Never call this in the daemon's process: closing a descriptor of the file there would silently drop DuckDB's lock on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from riskd.errors import LedgerError

# DuckDB's file begins with three 4 KiB headers; a checkpoint ends by writing one of the latter two.
_HEADER_BYTES = 3 * 4096
_ATTEMPTS = 20
_Opened = TypeVar("_Opened")


def open_copy(ledger: Path, directory: Path, opener: Callable[[Path], _Opened]) -> _Opened:
    """Copy the ledger and its log into ``directory`` and open the copy.

    A copy that a checkpoint of the daemon went through is thrown away and taken again.

    Args:
        ledger: The live file.
        directory: Private to the caller, who removes it.
        opener: Opens a database file; may raise ``duckdb.Error`` when the copy is torn.

    Raises:
        LedgerError: There is no ledger, or no good copy could be had.
    """
    copy = directory / "copy.duckdb"
    fault = "a checkpoint went through it"
    for _ in range(_ATTEMPTS):
        try:
            if _copied_at_rest(ledger, copy):
                return opener(copy)
        except duckdb.Error as error:
            fault = str(error)
        except OSError as error:
            raise LedgerError(f"ledger {ledger} cannot be copied: {error.strerror}") from error
    raise LedgerError(f"no good copy of {ledger} in {_ATTEMPTS} attempts: {fault}")


def _copied_at_rest(ledger: Path, copy: Path) -> bool:
    """True when no checkpoint ended while both files were copied.

    The log may have grown meanwhile: a half record at its end is no record, so the copy ends with a whole commit.
    """
    before = _header(ledger)
    shutil.copyfile(ledger, copy)
    log, log_copy = (file.with_name(file.name + ".wal") for file in (ledger, copy))
    log_copy.unlink(missing_ok=True)
    try:
        shutil.copyfile(log, log_copy)
    except FileNotFoundError:
        log_copy.unlink(missing_ok=True)  # everything is in the file itself
    return _header(ledger) == before


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)
