"""Pause files appear whole, are open for others to read, and go when they should."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskd.adapters.pause_file import PauseFileError, PauseFiles


@pytest.fixture
def _a_narrow_umask() -> Iterator[None]:
    """As the service has it."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_a_narrow_umask")
def test_others_may_read_a_file_whatever_the_umask(tmp_path: Path) -> None:
    files = PauseFiles(tmp_path / "pause")
    assert files.read() == {}
    files.write("main", b"{}\n")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (files.directory, files.directory / "main.json")]
    assert modes == [0o755, 0o644]


def test_what_is_written_is_read_and_what_is_removed_is_gone(tmp_path: Path) -> None:
    files = PauseFiles(tmp_path / "pause")
    files.read()
    files.write("main", b"one")
    files.write("main", b"two")
    files.write("side", b"three")
    assert files.read() == {"main": b"two", "side": b"three"}
    files.remove("main")
    files.remove("main")
    assert files.read() == {"side": b"three"}
    assert [path.name for path in files.directory.iterdir()] == ["side.json"]


def test_a_file_is_replaced_and_never_written_in_place(tmp_path: Path) -> None:
    files = PauseFiles(tmp_path)
    files.write("main", b"old")
    with (tmp_path / "main.json").open("rb") as reader:
        files.write("main", b"a longer one")
        assert reader.read() == b"old"


def test_a_leftover_of_a_crash_is_no_pause_and_is_used_again(tmp_path: Path) -> None:
    (tmp_path / ".main.json.new").write_bytes(b"half a fi")
    files = PauseFiles(tmp_path)
    assert files.read() == {}
    files.write("main", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["main.json"]


def test_a_link_in_the_place_of_the_new_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "pause").mkdir()
    (tmp_path / "pause" / ".main.json.new").symlink_to(victim)
    with pytest.raises(PauseFileError, match="bots are not told that main is paused: stop them by hand"):
        PauseFiles(tmp_path / "pause").write("main", b"{}")
    assert victim.read_bytes() == b"mine"


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "pause").write_text("a file")
    files = PauseFiles(tmp_path / "pause")
    with pytest.raises(PauseFileError, match="cannot be looked at"):
        files.read()
    with pytest.raises(PauseFileError, match="cannot be written"):
        files.write("main", b"{}")
    with pytest.raises(PauseFileError, match="remove it by hand"):
        files.remove("main")
