"""Runs the real command line inside the test's process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import Ran, run_here

Riskd = Callable[..., Ran]


@pytest.fixture
def riskd(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Riskd:
    """`riskd` with arguments, in an empty directory without credentials of systemd."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    return lambda *arguments: run_here(arguments, capsys)
