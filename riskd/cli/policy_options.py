"""How commands are told which policies are meant."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_CONFIG = Path("riskd.yaml")

policy_files_argument = click.argument("files", nargs=-1)

policy_config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The configuration whose policies are meant.  [default: riskd.yaml, when it is there]",
)


def chosen_config(files: tuple[str, ...], config: Path | None) -> Path | None:
    """The configuration to read: the named one, else `riskd.yaml` of this directory unless files are named."""
    if config is None and not files and DEFAULT_CONFIG.exists():
        return DEFAULT_CONFIG
    return config
