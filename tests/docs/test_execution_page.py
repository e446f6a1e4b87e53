"""docs/execution.md names tests that exist, and every cure of a refusal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "execution.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_every_test_that_the_page_names_is_there(file: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_place_that_the_page_names_is_there() -> None:
    places = re.findall(r"`(riskd/[\w./]+)`", PAGE)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
