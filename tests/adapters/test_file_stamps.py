"""A stamp changes whenever a file may have changed."""

from __future__ import annotations

import os
from pathlib import Path

from riskd.adapters.file_stamps import stamps_of

YAML = frozenset({".yaml"})


def test_an_untouched_file_keeps_its_stamp(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("x")
    assert stamps_of([file], suffixes=YAML) == stamps_of([file], suffixes=YAML)


def test_writing_replacing_and_removing_change_it(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("x")
    seen = [stamps_of([file], suffixes=YAML)]
    file.write_text("xy")
    seen.append(stamps_of([file], suffixes=YAML))
    times = file.stat()
    other = tmp_path / "b"
    other.write_text("xz")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file)  # the same size at the same time, as another file
    seen.append(stamps_of([file], suffixes=YAML))
    file.unlink()
    seen.append(stamps_of([file], suffixes=YAML))
    assert len(set(seen)) == 4


def test_files_of_a_directory_come_and_go(tmp_path: Path) -> None:
    before = stamps_of([tmp_path], suffixes=YAML)
    (tmp_path / "notes.txt").write_text("x")
    assert stamps_of([tmp_path], suffixes=YAML) == before
    (tmp_path / "a.yaml").write_text("x")
    assert stamps_of([tmp_path], suffixes=YAML) != before
