"""Exit codes of every command; they are part of the contract with scripts and with systemd."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command found."""

    FINE = 0
    FINDINGS = 1
    WRONG_USE = 2
    FAILURE = 3
