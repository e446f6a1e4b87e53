"""Where an installation keeps its things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskd.daemon.settings import Settings


@dataclass(frozen=True, slots=True)
class Places:
    """The state directory and what is in it, and where the daemon is spoken to.

    Attributes:
        state: Writable by the daemon alone.
        runtime: Where its sockets are; None: in the state directory.
    """

    state: Path
    runtime: Path | None = None

    @property
    def journal(self) -> Path:
        """The root of the record."""
        return self.state / "journal.jsonl"

    @property
    def ledger(self) -> Path:
        """The DuckDB database of the open hours."""
        return self.state / "hot.duckdb"

    @property
    def kill_switch(self) -> Path:
        """Nothing is sent while this file exists."""
        return self.state / "halt"

    @property
    def account_switches(self) -> Path:
        """Nothing is sent for an account while a file of its name exists in this directory."""
        return self.state / "halt.d"

    @property
    def pauses(self) -> Path:
        """A file for each account in which nothing new may be opened, for bots to read."""
        return self.state / "pause"

    @property
    def read_socket(self) -> Path:
        """Where the daemon tells how things stand."""
        return (self.runtime or self.state) / "read.sock"

    @property
    def control_socket(self) -> Path:
        """Where it takes the word of people."""
        return (self.runtime or self.state) / "control.sock"

    @property
    def identity(self) -> Path:
        """The key that authenticates our client order ids."""
        return self.state / "identity"


def places_of(settings: Settings, *, config: Path, environment: Mapping[str, str] | None = None) -> Places:
    """The places of an installation.

    ``state`` of the configuration, else ``$STATE_DIRECTORY`` as systemd gives it, else ``riskd-state`` beside the
    configuration file; ``runtime`` of the configuration, else ``$RUNTIME_DIRECTORY``, else the state directory.
    """
    return places_named(
        settings.state,
        settings.runtime,
        config=config,
        environment=os.environ if environment is None else environment,
    )


def places_named(
    state: str | None, runtime: str | None, *, config: Path, environment: Mapping[str, str]
) -> Places:
    """The same, of what the configuration names: None where it names nothing."""

    def directory(named: str | None, variable: str) -> Path | None:
        if named is not None:
            return (config.parent / named).resolve()
        given = environment.get(variable, "").split(":")[0]
        return Path(given) if given else None

    return Places(
        state=directory(state, "STATE_DIRECTORY") or (config.parent / "riskd-state").resolve(),
        runtime=directory(runtime, "RUNTIME_DIRECTORY"),
    )
