"""The key that authenticates our client order ids: made once for an installation, kept in its state directory."""

from __future__ import annotations

import os
from pathlib import Path

from riskd.act.identity import Identity
from riskd.errors import CredentialError

_KEY_BYTES = 32
_INSTANCE_BYTES = 2


def load_or_create_identity(path: Path) -> Identity:
    """The identity in a file; a new one when there is no file yet.

    The file holds 34 random bytes: two for the instance's number, so that two daemons on the same account can tell
    their orders apart, and the key.

    Raises:
        CredentialError: The file has another length, cannot be read or made, or others may read it.
    """
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise CredentialError(f"{path}: others may read it; run `chmod 600 {path}`")
        data = path.read_bytes()
    except OSError as error:
        raise CredentialError(f"{path}: cannot be used ({error})") from error
    if len(data) != _KEY_BYTES + _INSTANCE_BYTES:
        raise CredentialError(
            f"{path}: expected {_KEY_BYTES + _INSTANCE_BYTES} bytes, found {len(data)}; move it aside and restart, "
            "then orders made before will count as another daemon's"
        )
    return Identity(key=data[_INSTANCE_BYTES:], instance=int.from_bytes(data[:_INSTANCE_BYTES]))


def _create(path: Path) -> None:
    # Written whole beside the name and then moved there: a crash in between leaves no half key.
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        key = os.urandom(_KEY_BYTES + _INSTANCE_BYTES)  # noqa: TID251 - nobody may guess a key; made once, then read
        os.write(descriptor, key)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
