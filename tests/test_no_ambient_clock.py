"""Time and chance come from outside: the lint refuses to read them, and nothing in riskd does outside the few adapters
named here. Without that the simulation would not repeat from its seed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CLOCKS = (
    "time.time()",
    "time.time_ns()",
    "time.localtime()",
    "time.gmtime()",
    "time.monotonic()",
    "time.monotonic_ns()",
    "time.perf_counter()",
    "time.process_time()",
    "time.clock_gettime(time.CLOCK_MONOTONIC)",
    "datetime.datetime.now(datetime.UTC)",
    "datetime.datetime.utcnow()",
    "datetime.datetime.today()",
    "datetime.date.today()",
)
WAITS = ("time.sleep(1)", "asyncio.sleep(1)", "asyncio.to_thread(print)")
CHANCE = (
    "random.random()",
    "random.uniform(0, 1)",
    "random.randint(0, 1)",
    "random.choice([1])",
    "random.shuffle([1])",
    "random.SystemRandom()",
    "numpy.random.rand(3)",
    "numpy.random.normal()",
    "numpy.random.seed(1)",
    "uuid.uuid1()",
    "uuid.uuid4()",
    "os.urandom(8)",
    "secrets.token_hex()",
)

ALLOWED = {
    "riskd/adapters/system_clock.py": {"asyncio.sleep", "datetime.datetime.now", "time.monotonic"},
    # Time as the virtual loop tells it, and waits that take no real time.
    "riskd/adapters/virtual_time.py": {"asyncio.sleep", "loop.time"},
    # A key that nobody can guess: made once per installation, read from its file ever after.
    "riskd/adapters/identity_file.py": {"os.urandom"},
    # In the process of queries only, which is real whatever the daemon lives by: stops a query that takes too long.
    "riskd/adapters/sandbox_database.py": {"threading.Timer"},
}

# Of these modules everything reads the clock or draws by chance, but for types and pure functions.
HARMLESS = {
    "random": {"random.Random"},
    "numpy.random": {"numpy.random.Generator", "numpy.random.default_rng"},
    "time": {"time.struct_time", "time.strptime"},
    "uuid": {"uuid.UUID", "uuid.uuid5"},
    "secrets": set[str](),
}
AMBIENT = {"os.urandom", "os.getrandom", "asyncio.sleep", "asyncio.to_thread", "threading.Timer"} | {
    f"datetime.{name}" for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
}
NEEDS_A_SEED = {"random.Random", "numpy.random.default_rng"}


def refused(source: str, place: str = "riskd/measure/offence.py") -> bool:
    """Whether the lint bans what a source does, were it a module at that place."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", place, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return "TID251" in done.stdout


def imported_whole(expression: str) -> str:
    module = expression.partition("(")[0].rpartition(".")[0].removesuffix(".datetime").removesuffix(".date")
    return f"import {module}\n\n{expression}\n"


def imported_by_name(expression: str) -> str:
    path, _, _ = expression.partition("(")
    module, _, name = path.rpartition(".")
    return f"from {module} import {name} as read_it\n\nread_it()\n"


@pytest.mark.parametrize("expression", CLOCKS + WAITS + CHANCE)
def test_the_lint_refuses_to_read_clock_or_chance(expression: str) -> None:
    assert refused(imported_whole(expression))


@pytest.mark.parametrize("expression", ["time.monotonic()", "random.random()", "os.urandom(8)"])
def test_another_name_does_not_help(expression: str) -> None:
    assert refused(imported_by_name(expression))


@pytest.mark.parametrize("place", ["riskd/cli/offence.py", "tests/offence.py", "riskd/adapters/offence.py"])
def test_the_lint_refuses_everywhere(place: str) -> None:
    assert refused(imported_whole("time.time()"), place)


def test_the_lint_lets_seeded_chance_and_given_moments_pass() -> None:
    assert not refused(
        "import random\nimport datetime\n\nrandom.Random(1).random()\ndatetime.datetime.max.date()\n"
    )


def test_nothing_reads_clock_or_chance_outside_its_adapters() -> None:
    found = {
        str(path.relative_to(ROOT)): reads
        for path in sorted((ROOT / "riskd").rglob("*.py"))
        if (reads := set(ambient_reads(path.read_text(encoding="utf-8"))))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        *(imported_whole(expression) for expression in CLOCKS + WAITS + CHANCE),
        *(imported_by_name(expression) for expression in ("time.time()", "random.random()", "os.urandom(8)")),
        "import numpy as np\nnp.random.default_rng()\n",
        "import random\nrandom.Random()\n",
        "import asyncio\nasyncio.get_running_loop().time()\n",
        "class A:\n    def f(self):\n        return self._loop.time()\n",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert list(ambient_reads(source))


def ambient_reads(source: str) -> Iterator[str]:
    """Everything in a source that reads a clock, waits, or draws by chance; ``loop.time`` for the time of any loop."""
    tree = ast.parse(source)
    names = dict(imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from calls(node, names)
        elif isinstance(node, ast.Attribute | ast.Name) and is_ambient(full_name(node, names)):
            yield full_name(node, names)


def calls(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    """What is ambient only because of how it is called: the time of a loop, a generator without a seed."""
    called, bare = full_name(node.func, names), not node.args and not node.keywords
    if called in NEEDS_A_SEED and bare:
        yield f"{called} without a seed"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "time":
        owner = ast.unparse(node.func.value).lower()
        if "loop" in owner:
            yield "loop.time"


def is_ambient(name: str) -> bool:
    module = name.rpartition(".")[0]
    return name in AMBIENT or (module in HARMLESS and name not in HARMLESS[module] and name not in HARMLESS)


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that a source gives to what it imports, and what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def full_name(node: ast.AST, names: dict[str, str]) -> str:
    """The dotted name that an expression stands for; empty when it is none of an imported module."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = full_name(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
