"""`riskd explain`: the catalogue on the terminal."""

from __future__ import annotations

from riskd.measure.catalogue import CATALOGUE
from tests.cli.conftest import Riskd


def test_every_measure_is_listed_with_its_meaning(riskd: Riskd) -> None:
    ran = riskd("explain")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == list(CATALOGUE)


def test_a_measure_is_told_with_formula_unit_and_source(riskd: Riskd) -> None:
    ran = riskd("explain", "leverage")
    assert ran.code == 0
    spec = CATALOGUE["leverage"]
    for text in (spec.meaning, spec.formula, spec.source):
        assert text in ran.out


def test_an_unknown_measure_is_refused_with_the_nearest_name(riskd: Riskd) -> None:
    ran = riskd("explain", "levrage")
    assert (ran.code, ran.out) == (2, "")
    assert "'levrage'" in ran.err
    assert "leverage" in ran.err
