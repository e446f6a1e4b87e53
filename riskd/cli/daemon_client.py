"""How commands talk to the running daemon: one line out, one line back, and nothing imported that is not needed for it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from riskd.cli.not_done import NotDone
from riskd.cli.state_options import state_options
from riskd.daemon.places import Places, places_named
from riskd.errors import RiskdError

P = ParamSpec("P")
T = TypeVar("T")

Value = Any
"""What the daemon answered: JSON."""

_VERSION = 1
_SECONDS = 10.0
_ANSWER_BYTES_MAX = 8_388_608
_CONFIG_BYTES_MAX = 1_048_576

daemon_options = state_options
"""``--config`` and ``--state``, by which commands find the daemon."""


class Unreachable(RiskdError):
    """The daemon did not answer."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon of an installation, whether or not it runs."""

    places: Places

    def read(self, verb: str, arguments: Mapping[str, Value] | None = None) -> Value:
        """Ask how things stand.

        Raises:
            Unreachable: Nobody answers.
            NotDone: It is not told, with the reason.
        """
        return _ask(self.places.read_socket, verb, arguments or {})

    def control(self, verb: str, arguments: Mapping[str, Value] | None = None) -> Value:
        """Ask for something to be done, in the name of the user who runs this.

        Raises:
            Unreachable: Nobody answers.
            NotDone: It is not done, with the reason.
        """
        return _ask(self.places.control_socket, verb, arguments or {})


def daemon_of(config: Path, state: Path | None) -> Daemon:
    """The daemon that the options name.

    Of the configuration only the two directories are looked at: one that is being edited keeps nobody from looking.

    Raises:
        click.UsageError: It cannot be read.
    """
    if state is not None:
        return Daemon(Places(state))
    named = _directories(config)
    return Daemon(
        places_named(named.get("state"), named.get("runtime"), config=config, environment=os.environ)
    )


def seconds_of(text: str, option: str) -> int:
    """A time such as ``30m`` or ``2h`` in seconds.

    Raises:
        click.UsageError: It is none, or no whole number of seconds.
    """
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or not number.isascii() or len(number) > 6:
        raise click.UsageError(f"{option}: expected a time such as 30m or 2h, found {text!r}")
    return int(number) * units[unit]


def print_json(value: Value) -> None:
    """Print what the daemon answered, for programs."""
    click.echo(json.dumps(value, indent=2))


def with_json(command: Callable[P, T]) -> Callable[P, T]:
    """Add the options of commands that only ask."""
    from riskd.cli.options import json_option

    return daemon_options(json_option(command))


def _directories(config: Path) -> dict[str, str]:
    import yaml

    try:
        if config.stat().st_size > _CONFIG_BYTES_MAX:
            raise click.UsageError(f"{config}: more than a megabyte is no configuration")
        read = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise click.UsageError(
            f"{config}: cannot be read ({error}); name the configuration with --config, or the state directory with --state"
        ) from error
    if not isinstance(read, dict):
        return {}
    return {key: read[key] for key in ("state", "runtime") if isinstance(read.get(key), str)}


def _ask(path: Path, verb: str, arguments: Mapping[str, Value]) -> Value:
    request = {"version": _VERSION, "verb": verb, "arguments": dict(arguments)}
    try:
        answered = json.loads(_converse(path, json.dumps(request).encode("ascii") + b"\n"))
    except PermissionError as error:
        raise Unreachable(
            f"{path}: you may not speak to the daemon ({error}); join the group of the socket, or be its user"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise Unreachable(f"{path}: no daemon answers ({error}); is `riskd run` running?") from error
    if not isinstance(answered, dict):
        raise Unreachable(f"{path}: what answers there is no riskd")
    if answered.get("ok") is True:
        return answered.get("value")
    error_value = answered.get("error")
    told = error_value if isinstance(error_value, dict) else {}
    raise NotDone(str(told.get("code", "failed")), str(told.get("text", "no reason was given")))


def _converse(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(os.fspath(path))
        connection.sendall(request)
        parts, size = [], 0
        while part := connection.recv(65_536):
            parts.append(part)
            size += len(part)
            if part.endswith(b"\n"):
                return b"".join(parts)
            if size > _ANSWER_BYTES_MAX:
                raise OSError("the answer does not end")
    raise OSError("the connection was closed in the middle of the answer")
