"""Whether the credential files that a configuration names can be trusted, without opening an account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from riskd.adapters.credentials import CredentialStore
from riskd.errors import CredentialError, Problem
from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import MappingNode, ScalarNode, read_yaml

_CODE = "C002"
_VENUE_KEYS = ("credential", "trading_credential")
_VENUE_FIELDS = ("api_key", "secret")
_SLACK_KEYS = ("credential", "app_credential")
_SLACK_FIELDS = ("token",)
_WEBHOOK_FIELDS = ("secret",)


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


def credential_problems(config: Path, store: CredentialStore) -> tuple[Problem, ...]:
    """Every credential that is named and could not be opened, at the place where the configuration names it.

    A trading key is looked at although riskd may not use it yet: a key that lies open is a fault whoever reads it.

    Args:
        config: The configuration file, which is valid.
        store: Where the files are. They are read, and nothing of what they hold is kept or said.
    """
    file, text = str(config), config.read_text(encoding="utf-8")
    root = read_yaml(text, Problems(file=file, text=text))
    assert isinstance(root, MappingNode), "settings can be made of this text"
    problems = (_problem(file, text, named, store) for named in _named(root))
    return tuple(problem for problem in problems if problem is not None)


def _named(root: MappingNode) -> Iterator[_Named]:
    for node in root.items("accounts"):
        if isinstance(node, MappingNode):
            yield from (_Named(key, _VENUE_FIELDS) for name in _VENUE_KEYS if (key := node.scalar(name)))
    notify = root.mapping("notify")
    slack = notify.mapping("slack") if notify else None
    if slack is not None:
        yield from (_Named(key, _SLACK_FIELDS) for name in _SLACK_KEYS if (key := slack.scalar(name)))
    for node in notify.items("webhooks") if notify else ():
        if isinstance(node, MappingNode) and (key := node.scalar("credential")):
            yield _Named(key, _WEBHOOK_FIELDS)


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
