"""The policies that a command is about, and the desk that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskd.daemon.settings import Settings
    from riskd.model.desk import Desk
    from riskd.policy.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a command is about.

    Attributes:
        settings: The configuration; None when none is meant, and nothing is known of accounts then.
        config: Its file.
    """

    bundle: Bundle
    settings: Settings | None
    config: Path | None

    @property
    def desk(self) -> Desk | None:
        """The configured accounts, hedges and grids."""
        return self.settings.desk() if self.settings is not None else None


def chosen_policies(files: tuple[str, ...], config: Path | None) -> Chosen:
    """Load the named files, else those of the configuration with its waivers, else the shipped packs.

    Args:
        files: Files, directories or names of packs.
        config: The configuration; None: none.

    Raises:
        SettingsError: The configuration is not valid.
        PolicyError: A policy is not.
    """
    from riskd.daemon.policy_files import load_policy_files, seen_from
    from riskd.daemon.settings_file import read_settings

    if config is None:
        return Chosen(bundle=load_policy_files(files), settings=None, config=None)
    settings = read_settings(config)
    names = files or seen_from(config.parent, settings.policy_files)
    return Chosen(bundle=load_policy_files(names), settings=settings, config=config)
