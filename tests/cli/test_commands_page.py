"""docs/commands.md says what the commands say of themselves."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from riskd.cli.main import COMMANDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def commands(name: str) -> Iterator[tuple[str, click.Command]]:
    """What can be run under a name of the table: itself, or its sub-commands by their whole names."""
    module, attribute, _ = COMMANDS[name]
    command = getattr(importlib.import_module(module), attribute)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            each = command.get_command(context, inner)
            assert each is not None
            yield f"{name} {inner}", each
    else:
        yield name, command


def sections() -> dict[str, str]:
    parts = re.split(r"^## riskd (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def long_options(command: click.Command) -> set[str]:
    options = (each for each in command.params if isinstance(each, click.Option))
    return {name for each in options for name in each.opts if name.startswith("--")}


def test_no_section_is_of_a_command_that_does_not_exist() -> None:
    assert {title.split()[0] for title in sections()} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_options(name: str) -> None:
    for title, command in commands(name):
        listed = set(re.findall(r"^\| `(--[a-z-]+)` \|", sections()[title], flags=re.MULTILINE))
        assert listed == long_options(command)


@pytest.mark.parametrize("name", list(sections()))
def test_every_section_has_its_use_and_its_exit_codes(name: str) -> None:
    text = sections()[name]
    assert f"\n    riskd {name}" in text
    assert re.search(r"^Exit codes: 0 \S", text, flags=re.MULTILINE)
