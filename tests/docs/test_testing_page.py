"""docs/testing.md names every invariant of the simulation, every planted fault, and places that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.names import invariants_used

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
ROWS = {
    name: row
    for row in re.findall(r"^\| .+ \|$", PAGE, re.MULTILINE)
    for name in row.split("|")[1].strip().split(", ")
}


@pytest.mark.parametrize("name", sorted(invariants_used()))
def test_every_invariant_is_said_in_words(name: str) -> None:
    assert name in ROWS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_planted_fault_stands_beside_the_invariant_that_finds_it(mutant: Mutant) -> None:
    assert any(mutant.name in ROWS[invariant] for invariant in mutant.caught_by)


def test_no_planted_fault_is_named_that_does_not_exist() -> None:
    known = {mutant.name for mutant in MUTANTS}
    named = {
        word.strip()
        for name in invariants_used()
        for word in ROWS[name].split("|")[3].split(",")
        if word.strip()
    }
    assert named <= known


def test_every_place_that_the_page_names_is_there() -> None:
    places = re.findall(r"`((?:tests|riskd|docs)/[\w./*]+)`", PAGE)
    assert places
    assert [place for place in places if not list(ROOT.glob(place))] == []
