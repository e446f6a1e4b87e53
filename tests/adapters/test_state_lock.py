"""One process at a time, and whoever is refused is told by whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from riskd.adapters.state_lock import STATE_LOCK_NAME, StateLock
from riskd.errors import StateLocked


def test_a_second_holder_is_refused_with_the_first_ones_words(tmp_path: Path) -> None:
    first = StateLock.acquire(tmp_path / STATE_LOCK_NAME, holder="riskd run --config desk.yaml")

    with pytest.raises(
        StateLocked, match=r"held by process \d+: riskd run --config desk.yaml; stop it first"
    ):
        StateLock.acquire(tmp_path / STATE_LOCK_NAME, holder="riskd run")

    first.close()


def test_a_released_lock_can_be_taken_and_names_its_new_holder_only(tmp_path: Path) -> None:
    StateLock.acquire(
        tmp_path / STATE_LOCK_NAME, holder="a very long name of somebody who came first"
    ).close()

    with StateLock.acquire(tmp_path / STATE_LOCK_NAME, holder="b"):
        assert (tmp_path / STATE_LOCK_NAME).read_text().endswith(": b\n")


def test_a_dead_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / STATE_LOCK_NAME
    killed = f"""
import os, signal
from pathlib import Path
from riskd.adapters.state_lock import StateLock
lock = StateLock.acquire(Path({str(path)!r}), holder="who dies")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert "who dies" in path.read_text()

    StateLock.acquire(path, holder="who lives").close()


def test_closing_twice_harms_nobody(tmp_path: Path) -> None:
    lock = StateLock.acquire(tmp_path / STATE_LOCK_NAME, holder="a")
    lock.close()
    lock.close()

    StateLock.acquire(tmp_path / STATE_LOCK_NAME, holder="b")
