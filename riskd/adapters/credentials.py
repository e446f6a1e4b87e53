"""Secrets from files: found by name, refused when anybody else could read them, never shown."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from riskd.errors import CredentialError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SIZE_MAX = 16 * 1024
_ROOT = 0


class Secret:
    """A text that no repr, str, format or pickle shows. Only ``reveal`` hands it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. Call it where the secret is used, and keep no copy."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled or copied")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueKey:
    """An API key of a venue.

    Attributes:
        name: Name of the credential file; not secret.
        passphrase: The third part of a key, at venues that give one (OKX); None elsewhere.
    """

    name: str
    api_key: Secret
    secret: Secret
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialStore:
    """A directory of credential files, and who may own and read them.

    Make one with ``of_user`` or ``of_systemd``.

    Attributes:
        owners: User ids a file may belong to.
        forbidden_mode: Permission bits that no file may carry.
    """

    directory: Path
    owners: frozenset[int]
    forbidden_mode: int

    @classmethod
    def of_user(cls, directory: Path) -> CredentialStore:
        """Files that a person keeps: owned by the user riskd runs as, readable by nobody else."""
        return cls(directory=directory, owners=frozenset({os.getuid()}), forbidden_mode=0o077)

    @classmethod
    def of_systemd(cls, directory: Path) -> CredentialStore:
        """Files that systemd put into ``$CREDENTIALS_DIRECTORY``.

        systemd leaves them to root and lets the service read them by an access control list, whose mask shows as
        group permission; the directory itself is closed to all others.
        """
        return cls(directory=directory, owners=frozenset({_ROOT, os.getuid()}), forbidden_mode=0o027)

    def venue_key(self, name: str) -> VenueKey:
        """The key in the file ``name``, which holds ``api_key`` and ``secret``, and may hold a ``passphrase``.

        Raises:
            CredentialError: The file cannot be trusted or read, or a field is missing; never says what it holds.
        """
        fields = self.fields(name, required=("api_key", "secret"))
        return VenueKey(
            name=name,
            api_key=fields["api_key"],
            secret=fields["secret"],
            passphrase=fields.get("passphrase"),
        )

    def fields(self, name: str, *, required: tuple[str, ...]) -> Mapping[str, Secret]:
        """The named secrets of the file ``name``: a JSON object of texts, or lines ``field=text``.

        Raises:
            CredentialError: As for ``venue_key``.
        """
        if not _NAME.fullmatch(name):
            raise CredentialError(
                f"credential name {name[:64]!r}: use letters, digits, '_', '.' and '-' only"
            )
        path = self.directory / name
        fields = _parse(path, self._read(path))
        for field in required:
            if not fields.get(field):
                raise CredentialError(
                    f'{path}: no {field}; expected JSON {{"{required[0]}": ...}} or lines like {required[0]}=...'
                )
        return {field: Secret(value) for field, value in fields.items()}

    def _read(self, path: Path) -> str:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise CredentialError(f"{path}: cannot be opened: {error.strerror}") from None
        with os.fdopen(descriptor, "rb") as file:
            self._trust(path, os.fstat(file.fileno()))
            data = file.read(_SIZE_MAX + 1)
        if len(data) > _SIZE_MAX:
            raise CredentialError(f"{path}: larger than {_SIZE_MAX} bytes; that is no credential")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise CredentialError(f"{path}: not UTF-8 text") from None

    def _trust(self, path: Path, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise CredentialError(f"{path}: not a regular file")
        if status.st_uid not in self.owners:
            raise CredentialError(
                f"{path}: belongs to user {status.st_uid}, riskd runs as {os.getuid()}; chown it to riskd's user"
            )
        if status.st_mode & self.forbidden_mode:
            mode = stat.S_IMODE(status.st_mode)
            raise CredentialError(f"{path}: mode {mode:04o} lets others read or write it; chmod 0600 {path}")


def store_for(environment: Mapping[str, str], given: Path | None) -> CredentialStore:
    """The store to use: the directory that the user gave, else the one that systemd prepared.

    Args:
        environment: The process environment.
        given: A directory named in the configuration or on the command line.

    Raises:
        CredentialError: Neither is there.
    """
    if given is not None:
        return CredentialStore.of_user(given)
    prepared = environment.get("CREDENTIALS_DIRECTORY")
    if not prepared:
        raise CredentialError(
            "no directory of credentials: name one in the configuration, or run under systemd with LoadCredential="
        )
    return CredentialStore.of_systemd(Path(prepared))


def _parse(path: Path, text: str) -> dict[str, str]:
    if not text.strip():
        raise CredentialError(f"{path}: is empty")
    if text.lstrip().startswith("{"):
        return _parse_json(path, text)
    return _parse_lines(path, text)


def _parse_json(path: Path, text: str) -> dict[str, str]:
    try:
        value = json.loads(text)
    except ValueError:
        # The parser's own message would quote the text, and with it the secret.
        raise CredentialError(f"{path}: starts like JSON but is not") from None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise CredentialError(f"{path}: expected a JSON object whose values are all texts")
    return {str(field): item.strip() for field, item in value.items()}


def _parse_lines(path: Path, text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        field, separator, value = line.partition("=")
        if not separator:
            raise CredentialError(f"{path}:{number}: expected field=text")
        if field.strip() in fields:
            raise CredentialError(f"{path}:{number}: {field.strip()[:32]!r} is given twice")
        fields[field.strip()] = value.strip()
    return fields
