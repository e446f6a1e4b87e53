"""Where an installation keeps its things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from riskd.daemon.settings import Settings


@dataclass(frozen=True, slots=True)
class Places:
    """The state directory and what is in it.

    Attributes:
        state: Writable by the daemon alone.
    """

    state: Path

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
    def identity(self) -> Path:
        """The key that authenticates our client order ids."""
        return self.state / "identity"


def places_of(settings: Settings, *, config: Path, environment: Mapping[str, str] | None = None) -> Places:
    """The places of an installation.

    ``state`` of the configuration, else ``$STATE_DIRECTORY`` as systemd gives it, else ``riskd-state`` beside the
    configuration file.
    """
    surroundings = os.environ if environment is None else environment
    if settings.state is not None:
        return Places((config.parent / settings.state).resolve())
    given = surroundings.get("STATE_DIRECTORY", "").split(":")[0]
    return Places(Path(given) if given else (config.parent / "riskd-state").resolve())
