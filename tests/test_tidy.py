"""House rules that no linter knows: sizes, words, purposes, and that nothing lies about unused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from riskd.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
MODELINE = "# yaml-language-server: $schema="

# What tools make or keep beside the sources.
NOT_OURS = {".git", "build", "dist", "__pycache__", "riskd-demo", "demo-report.html"}
BINARY = {".parquet", ".png", ".gz", ".zip", ".pyc", ".woff2"}

# Each with a bar inside, so that this file does not name what it forbids.
LEFT_OVER = ("FIX|ME", "TO|DO", "XX|X:")
FOREIGN = (
    *("/wo|rk/", "/ho|me/", "/ro|ot/"),
    *(".lib|rary/", ".mir|ror/", "find_|repos", "find_|string"),
    *("py|pi.org", "python|hosted", "npm|js.", "proxy.go|lang", "crates|.io", "ghcr|.io"),
)


def sources(package: str = "riskd") -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def project_files() -> tuple[Path, ...]:
    return tuple(sorted(_walk(ROOT)))


def _walk(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            # Tools keep their caches in hidden directories; ours is the one of continuous integration.
            if not path.name.startswith(".") or path.name == ".ci":
                yield from _walk(path)
        elif path.suffix not in BINARY:
            yield path


# ---- sizes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["riskd", "tests", "benchmarks"])
def test_a_function_fits_a_screen(package: str) -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in sources(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == [], "split these by what they do"


def test_a_file_has_one_subject() -> None:
    long = [
        f"{named(path)}: {lines}"
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    ]
    assert long == [], "a noun wants to leave"


# ---- words ---------------------------------------------------------------------------------------------------------


def offending(words: tuple[str, ...]) -> list[str]:
    pattern = re.compile("|".join(re.escape(word.replace("|", "")) for word in words))
    found = []
    for path in project_files():
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        ):
            if match := pattern.search(line):
                found.append(f"{named(path)}:{number}: {match[0]}")
    return found


def test_nothing_is_left_for_later() -> None:
    assert offending(LEFT_OVER) == [], "do it, or write down why not in docs/decisions"


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    assert offending(FOREIGN) == [], "the project must read the same everywhere"


# ---- purposes ------------------------------------------------------------------------------------------------------


def test_every_sql_file_opens_with_its_purpose() -> None:
    files = sorted((ROOT / "storage").rglob("*.sql"))
    silent = [named(path) for path in files if not re.match(r"-- \S+ \S+", path.read_text(encoding="utf-8"))]
    assert files
    assert silent == []


def test_every_policy_opens_with_the_line_by_which_editors_know_its_schema() -> None:
    files = sorted((ROOT / "policies").glob("*.yaml"))
    plain = [named(path) for path in files if not path.read_text(encoding="utf-8").startswith(MODELINE)]
    assert files
    assert plain == []


def test_the_schema_that_policies_name_is_there() -> None:
    for path in sorted((ROOT / "policies").glob("*.yaml")):
        schema = path.read_text(encoding="utf-8").splitlines()[0].removeprefix(MODELINE)
        assert (path.parent / schema).is_file(), f"{named(path)} names {schema}"


def test_every_command_is_described() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    assert [name for name in COMMANDS if f"riskd {name}" not in text] == []


# ---- use -----------------------------------------------------------------------------------------------------------


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports or starts; for ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("riskd.")
        ):
            yield node.value  # started by its name, as a process of its own or when a command is called


def test_every_module_is_used_by_another_or_is_an_entry_point() -> None:
    # A study uses what it is made of: its tests of a value at risk are part of the library, and of no daemon.
    users = [*sources(), *sources("benchmarks")]
    used = {name for path in users for name in imported_by(path) if name != module_name(path)}
    entry_points = {"riskd.cli.main", "riskd.__main__"}
    unused = [
        named(path)
        for path in sources()
        if path.name != "__init__.py" and module_name(path) not in used | entry_points
    ]
    assert unused == [], "wire these, or delete them"
