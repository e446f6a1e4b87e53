"""The table of commands: quick to help, complete, honest about wrong use."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from riskd import __version__
from riskd.cli.main import COMMANDS
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after, run_process

HEAVY = {"ccxt", "duckdb", "slack_sdk", "rich", "numpy", "aiohttp", "pydantic", "yaml", "asyncio"}


def test_help_names_every_command_and_imports_none_of_them(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("--help")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.split("Commands:\n")[1].splitlines()] == list(COMMANDS)
    assert not modules_after("--help", directory=tmp_path) & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_light_too(name: str, tmp_path: Path) -> None:
    assert importlib.util.find_spec(COMMANDS[name][0]) is not None
    assert not modules_after(name, "--help", directory=tmp_path) & (HEAVY - {"asyncio"})


def test_the_version_is_told(riskd: Riskd) -> None:
    assert riskd("--version").out == f"riskd, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [("chek",), ("check", "--nope"), ("verify", "extra"), ("paper", "serve", "--port", "x")]
)
def test_wrong_use_is_two_and_no_traceback(riskd: Riskd, arguments: tuple[str, ...]) -> None:
    ran = riskd(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: ")


def test_the_installed_command_is_the_same(tmp_path: Path) -> None:
    ran = run_process("--version", directory=tmp_path)
    assert (ran.code, ran.out) == (0, f"riskd, version {__version__}\n")
