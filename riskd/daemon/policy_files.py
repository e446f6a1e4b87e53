"""Finds policy files by what people write: a file, a directory, or the name of a pack that ships with riskd."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from riskd.adapters.file_stamps import Stamps, stamps_of
from riskd.adapters.package_files import policies_directory
from riskd.daemon.queries import expect_queries
from riskd.errors import PolicyError, Problem
from riskd.policy.bundle import Bundle
from riskd.policy.compile.queries import refuse_none
from riskd.policy.load import load
from riskd.policy.text.spelling import nearest
from riskd.policy.text.yaml_scan import SIZE_MAX
from riskd.ports import QueryRunner

_UNREADABLE = "P000"
_BYTES_MAX = 4 * SIZE_MAX  # no character takes more than four
_SUFFIXES = frozenset({".yaml", ".yml"})

Texts: TypeAlias = tuple[tuple[str, str], ...]
"""Name and text of each policy file."""


def load_policy_files(names: Sequence[str], queries: QueryRunner | None = None) -> Bundle:
    """Read and compile policies together.

    Args:
        names: As :func:`read_policy_files`.
        queries: Checks the queries of rules; None: they are taken as they are.

    Raises:
        PolicyError: As :func:`load_with_texts`.
    """
    return load_with_texts(names, queries)[0]


def load_with_texts(names: Sequence[str], queries: QueryRunner | None = None) -> tuple[Bundle, Texts]:
    """The same, with what the policies were made of.

    Raises:
        PolicyError: A file is missing or not valid, or a query may not be asked; lists every fault of every file, also
            of those that were found beside a missing one.
    """
    texts, missing = _read_all(names)
    if queries is not None:
        expect_queries(texts, queries)
    try:
        with _garbage_left_alone():
            bundle = load(texts, refuse=refuse_none if queries is None else queries.check)
    except PolicyError as error:
        raise PolicyError((*missing, *error.problems)) from None
    if missing:
        raise PolicyError(missing)
    return bundle, texts


def read_policy_files(names: Sequence[str]) -> Texts:
    """Name and text of each policy file.

    Args:
        names: Files, directories (every ``.yaml`` and ``.yml`` file in them, not below), or names of shipped packs such
            as ``grid-trading``. Empty: all shipped packs. A file that is named twice is read once.

    Raises:
        PolicyError: A name means nothing, or a file cannot be read; lists all of them.
    """
    texts, missing = _read_all(names)
    if missing:
        raise PolicyError(missing)
    return texts


def seen_from(base: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Names as a configuration in ``base`` gives them: what is not the name of a shipped pack is a path from there."""
    packs = {pack.stem for pack in shipped_packs()}
    return tuple(name if name in packs and not (base / name).exists() else str(base / name) for name in names)


def policy_stamps(names: Sequence[str]) -> Stamps:
    """What changes when any policy file of the names does, or when one comes or goes in a directory among them."""
    packs = {pack.stem: pack for pack in shipped_packs()}
    named = [Path(name) if Path(name).exists() else packs.get(name, Path(name)) for name in names]
    return stamps_of(named or packs.values(), suffixes=_SUFFIXES)


def shipped_packs() -> tuple[Path, ...]:
    """The policy files that ship with riskd, by name. The example of a waiver file beside them is none of them."""
    return tuple(file for file in _policies_in(policies_directory()) if file.stem != "waivers")


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """Loading makes a great many small things that stay: to look through them again and again takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_all(names: Sequence[str]) -> tuple[Texts, tuple[Problem, ...]]:
    texts: dict[Path, tuple[str, str]] = {}
    problems: list[Problem] = []
    for path in _paths(names, problems):
        if path.resolve() in texts:
            continue
        text = _read(path)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            texts[path.resolve()] = (str(path), text)
    return tuple(texts.values()), tuple(problems)


def _paths(names: Sequence[str], problems: list[Problem]) -> Iterator[Path]:
    if not names:
        yield from shipped_packs()
    for name in names:
        found = _meant(name)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            yield from found


def _meant(name: str) -> tuple[Path, ...] | Problem:
    path = Path(name)
    if path.is_dir():
        files = _policies_in(path)
        return files or _problem(name, "no policy in this directory", "a policy's name ends in .yaml")
    if path.is_file():
        return (path,)
    if path.exists():
        return _problem(name, "neither a file nor a directory")
    packs = {pack.stem: pack for pack in shipped_packs()}
    if name in packs:
        return (packs[name],)
    return _problem(name, "no such file", _cure(name, packs))


def _cure(name: str, packs: Mapping[str, Path]) -> str:
    if "/" in name or Path(name).suffix in _SUFFIXES:
        return "check the path"
    near = nearest(name, packs)
    return f"did you mean '{near}'?" if near else f"riskd ships the packs {', '.join(packs)}"


def _policies_in(directory: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file()))


def _read(path: Path) -> str | Problem:
    try:
        size = path.stat().st_size
        if size > _BYTES_MAX:
            return _problem(str(path), f"has {size:,} bytes, a policy at most {SIZE_MAX:,} characters")
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        return _problem(str(path), f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _problem(str(path), f"cannot be read: byte {error.start} is not UTF-8", "save it as UTF-8")


def _problem(file: str, what: str, cure: str = "") -> Problem:
    return Problem(file=file, line=1, column=1, code=_UNREADABLE, what=what, cure=cure)
