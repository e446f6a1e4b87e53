"""Files that somebody names, with the policies of the configuration that their rules refine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riskd.cli.policy_options import DEFAULT_CONFIG
from riskd.errors import PolicyError, SettingsError

if TYPE_CHECKING:
    from riskd.policy.bundle import Bundle, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What is to be loaded.

    Attributes:
        names: Files, directories or packs that are meant; empty: the shipped packs.
        parents: Files that are only there because rules of those refine theirs.
        config: That names the parents; None when there are none.
    """

    names: tuple[str, ...]
    parents: tuple[str, ...] = ()
    config: Path | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """All of them together."""
        return (*self.names, *self.parents)

    def is_parent(self, file: str) -> bool:
        """Whether a file is only there for others."""
        return file in self.parents

    def policies(self, bundle: Bundle) -> tuple[Policy, ...]:
        """The policies that are meant."""
        return tuple(policy for policy in bundle.policies if not self.is_parent(policy.file))

    def notes(self, bundle: Bundle) -> Iterator[str]:
        """One line for each parent."""
        for policy in bundle.policies:
            if self.is_parent(policy.file):
                yield f"{policy.name} is loaded as a parent, from {self.config}; its own tests are not run"


def with_parents(files: tuple[str, ...], config: Path | None) -> Named:
    """Named files, with the parents of their rules where the configuration has them.

    Nothing is looked for without a configuration, and what is not found is an error of the file that refines it.

    Args:
        files: What was named; not empty.
        config: The named configuration; None: `riskd.yaml` of this directory, when it is there and valid.
    """
    from riskd.daemon.policy_files import read_policy_files, seen_from
    from riskd.daemon.settings_file import read_settings
    from riskd.policy.compile.parents import parents_among

    chosen = config or DEFAULT_CONFIG
    if not chosen.exists():
        return Named(names=files)
    try:
        texts = read_policy_files(files)
        configured = read_policy_files(seen_from(chosen.parent, read_settings(chosen).policy_files))
    except (PolicyError, SettingsError):
        return Named(names=files)  # said where they are loaded, or, of files that nobody named, not at all
    return Named(names=files, parents=parents_among(texts, configured), config=chosen)
