"""The page of comparison claims nothing of riskd that no test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
COMPARED, PROVED = (part.splitlines() for part in PAGE.split("## What stands behind"))
CLAIM = frozenset({"●", "◐"})


def rows(lines: list[str]) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells if row[0]}


def test_both_tables_speak_of_the_same_things_in_the_same_order() -> None:
    assert list(rows(COMPARED)) == list(rows(PROVED))
    assert len(rows(COMPARED)) > 30
    assert {len(row) for row in rows(COMPARED).values()} == {10}


def test_whatever_riskd_claims_is_held_by_tests_that_exist() -> None:
    for feature, row in rows(COMPARED).items():
        _, proof = rows(PROVED)[feature]
        tests = re.findall(r"`(tests/[^`]+)`", proof)
        assert bool(tests) == (row[-1] in CLAIM), feature
        for test in tests:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def test_what_riskd_lacks_is_said_in_words() -> None:
    for feature, row in rows(COMPARED).items():
        said, _ = rows(PROVED)[feature]
        assert said, feature
        if row[-1] == "○":
            assert said.startswith(("Not yet", "No")), feature
