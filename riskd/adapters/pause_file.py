"""A file for each account in which nothing new may be opened: there while it is so, and open for every bot to read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from riskd.errors import RiskdError

_SUFFIX = ".json"
_FILE_MODE, _DIRECTORY_MODE = 0o644, 0o755  # others read them by intent, whatever the umask says


class PauseFileError(RiskdError):
    """A pause could not be told by file, or its file not taken away. The message says what to do by hand."""


class PauseFiles:
    """The directory of pause files. A file appears whole or not at all, and survives riskd.

    Args:
        directory: Made when it is missing, so that a bot can tell "nobody is paused" from "riskd was never here".
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self) -> Mapping[str, bytes]:
        """What every file holds, by account.

        Raises:
            PauseFileError: The directory cannot be made or looked at.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.directory.chmod(_DIRECTORY_MODE)
            files = sorted(path for path in self.directory.iterdir() if path.suffix == _SUFFIX)
            return {path.stem: path.read_bytes() for path in files}
        except OSError as error:
            raise PauseFileError(
                f"{self.directory}: cannot be looked at ({error}); bots that look there see what it held last"
            ) from error

    def write(self, account: str, content: bytes) -> None:
        """Tell bots that an account is paused, or why otherwise than before.

        Raises:
            PauseFileError: It could not be made durable.
        """
        path = self._path(account)
        fresh = path.with_name(f".{path.name}.new")
        try:
            descriptor = os.open(
                fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE
            )
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), _FILE_MODE)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            self._sync()
        except OSError as error:
            raise PauseFileError(
                f"{path}: cannot be written ({error}); bots are not told that {account} is paused: stop them by hand"
            ) from error

    def remove(self, account: str) -> None:
        """Tell bots that an account is paused no more. One that was not is left as it is.

        Raises:
            PauseFileError: The file is still there.
        """
        path = self._path(account)
        try:
            path.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise PauseFileError(
                f"{path}: {account} is no longer paused, and the file cannot be removed ({error}); remove it by hand"
            ) from error

    def _path(self, account: str) -> Path:
        return self.directory / f"{account}{_SUFFIX}"

    def _sync(self) -> None:
        """Make the names in the directory durable."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
