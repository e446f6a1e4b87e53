"""How commands are told which installation's records are meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from riskd.cli.options import config_option

if TYPE_CHECKING:
    from riskd.daemon.places import Places

P = ParamSpec("P")
T = TypeVar("T")


def state_options(command: Callable[P, T]) -> Callable[P, T]:
    """Add ``--config`` and ``--state``."""
    directory = click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        help="A state directory, instead of the one of the configuration.",
    )
    return config_option(directory(command))


def chosen_places(config: Path, state: Path | None) -> Places:
    """The places that the options name.

    Raises:
        SettingsError: The configuration is needed and not valid.
    """
    from riskd.daemon.places import Places, places_of
    from riskd.daemon.settings_file import read_settings

    if state is not None:
        return Places(state)
    return places_of(read_settings(config), config=config)
