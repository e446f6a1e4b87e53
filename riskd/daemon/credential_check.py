"""Whether the credential files that a configuration names can be trusted, without opening an account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from riskd.adapters.credentials import CredentialStore
from riskd.daemon.settings import Settings
from riskd.errors import CredentialError, Problem
from riskd.model.desk import Mode
from riskd.policy.problems import Problems
from riskd.policy.yaml_text import MappingNode, ScalarNode, read_yaml

_CODE = "C002"
_VENUE_FIELDS = ("api_key", "secret")
_SLACK_FIELDS = ("token",)


@dataclass(frozen=True, slots=True)
class _Named:
    """A credential by its name, and where the configuration names it."""

    node: ScalarNode
    required: tuple[str, ...]


def credentials_of(config: Path) -> CredentialStore:
    """Where credential files are: what systemd hands over, else `credentials/` beside the configuration."""
    given = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if given:
        return CredentialStore.of_systemd(Path(given))
    return CredentialStore.of_user(config.parent / "credentials")


def credential_problems(config: Path, settings: Settings, store: CredentialStore) -> tuple[Problem, ...]:
    """Every credential that the daemon would open and could not, at the place where the configuration names it.

    Args:
        config: The configuration file, of which ``settings`` were made.
        store: Where the files are. They are read, and nothing of what they hold is kept or said.
    """
    file, text = str(config), config.read_text(encoding="utf-8")
    root = read_yaml(text, Problems(file=file, text=text))
    assert isinstance(root, MappingNode), "settings were made of this text"
    problems = (_problem(file, text, named, store) for named in _named(root, settings))
    return tuple(problem for problem in problems if problem is not None)


def _named(root: MappingNode, settings: Settings) -> Iterator[_Named]:
    ceiling = settings.ceiling
    armed = {p.id for p in settings.desk().accounts if min(p.mode, ceiling) is Mode.ENFORCE}
    for node in root.items("accounts"):
        if isinstance(node, MappingNode):
            # A trading key that nothing may use yet need not be there yet.
            wanted = ("credential", "trading_credential") if node.text("id") in armed else ("credential",)
            yield from (_Named(key, _VENUE_FIELDS) for name in wanted if (key := node.scalar(name)))
    slack = notify.mapping("slack") if (notify := root.mapping("notify")) else None
    if slack is not None and (key := slack.scalar("credential")):
        yield _Named(key, _SLACK_FIELDS)


def _problem(file: str, text: str, named: _Named, store: CredentialStore) -> Problem | None:
    try:
        store.fields(named.node.text, required=named.required)
    except CredentialError as error:
        mark = named.node.mark
        return Problem(
            file=file,
            line=mark.line,
            column=mark.column,
            code=_CODE,
            what=f"credential {named.node.text}: {error}",
            source_line=text.splitlines()[mark.line - 1],
        )
    return None
