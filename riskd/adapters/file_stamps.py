"""Tells whether files may have changed, without reading them and without help of the operating system's notices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class FileStamp:
    """What changes when a file is written or replaced.

    Attributes:
        modified_ns: Of the file's clock; -1, with size and inode, for a file that is not there.
    """

    path: str
    inode: int
    size: int
    modified_ns: int


Stamps: TypeAlias = tuple[FileStamp, ...]


def stamps_of(paths: Iterable[Path], *, suffixes: frozenset[str]) -> Stamps:
    """The stamps of files, and of every file with one of the suffixes in directories, in order of their paths."""
    return tuple(sorted(_stamp(file) for path in paths for file in _files(path, suffixes)))


def _files(path: Path, suffixes: frozenset[str]) -> list[Path]:
    try:
        if path.is_dir():
            return [file for file in path.iterdir() if file.suffix in suffixes]
    except OSError:  # it cannot be listed now; whoever reads it will say so
        return [path]
    return [path]


def _stamp(path: Path) -> FileStamp:
    try:
        found = path.stat()
    except OSError:
        return FileStamp(str(path), -1, -1, -1)
    return FileStamp(str(path), found.st_ino, found.st_size, found.st_mtime_ns)
