"""The examples of docs/account-solver.md are run."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "account-solver.md"


def test_the_examples_of_the_page_give_what_it_says() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False)
    assert results.attempted >= 15
    assert results.failed == 0


def test_the_page_of_venues_leads_to_it() -> None:
    assert f"({PAGE.name})" in (PAGE.parent / "venues.md").read_text(encoding="utf-8")
