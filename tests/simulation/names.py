"""The names of everything that the simulation checks, taken from its own sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_NUMBERED = re.compile(r"\bI\d+[a-z]?\b")

HARNESS = frozenset({"task", "loop", "deadlock"})
"""Not promises of the daemon: the world itself came to a halt, or something failed that nobody looked at."""


def invariants_used() -> frozenset[str]:
    """Every name under which something is checked."""
    return frozenset(name for path in _HERE.glob("*.py") for name in _names(path.read_text(encoding="utf-8")))


def _names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _NUMBERED.findall(node.value)
        # ``check(holds, name, text)``: names that are no numbers.
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("check") and len(node.args) == 3:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value
