"""Published worked examples: what a venue computed, our functions compute, by kind and venue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.measure.vectors import vectors
from tests.measure.venues.other_venues import model_of
from tests.measure.venues.published import BY_KIND, WITHOUT_VENUE, computed

pytestmark = pytest.mark.shared

# Of portfolios and series, not of venues: tests/measure has them.
ELSEWHERE = {
    "hedge_ratio", "hedge_ratio_series", "hhi", "hist_sim", "kelly", "max_drawdown", "percentile", "position_size", "var_es",
}  # fmt: skip


def of_venues() -> list[dict[str, Any]]:
    return [vector for vector in vectors() if vector["kind"] in BY_KIND]


def agrees(found: Any, expected: Any, tolerance: dict[str, float]) -> bool:
    if isinstance(expected, list):
        return len(found) == len(expected) and all(
            agrees(*pair, tolerance) for pair in zip(found, expected, strict=True)
        )
    if isinstance(expected, dict):
        return set(found) == set(expected) and all(agrees(found[k], expected[k], tolerance) for k in expected)
    if isinstance(expected, bool) or found is None:
        return found is expected
    return bool(
        found == pytest.approx(expected, rel=tolerance.get("rel", 0.0), abs=tolerance.get("abs", 0.0))
    )


def disagreements(vector: dict[str, Any]) -> list[str]:
    found = computed(vector)
    return [
        f"{vector['id']}: {name} is {found.get(name)}, published {expected}"
        for name, expected in vector["expected"].items()
        if not agrees(found.get(name), expected, vector["tolerance"])
    ]


def test_every_kind_is_one_of_venues_or_tested_elsewhere() -> None:
    assert {vector["kind"] for vector in vectors()} == set(BY_KIND) | ELSEWHERE


def test_every_published_number_of_a_venue_is_met() -> None:
    chosen = of_venues()
    assert len(chosen) >= 80
    assert [line for vector in chosen for line in disagreements(vector)] == []


def test_maintenance_basis_of_the_models_is_that_of_the_examples() -> None:
    stated = [vector for vector in of_venues() if "mm_basis" in vector["inputs"]]
    assert len(stated) >= 15
    differing = [
        vector["id"]
        for vector in stated
        if model_of(vector["venue"]).maintenance_basis != vector["inputs"]["mm_basis"]
    ]
    assert differing == []


def test_examples_with_a_fee_in_the_condition_are_of_models_with_one() -> None:
    stated = [vector for vector in of_venues() if vector["inputs"].get("fee")]
    assert len(stated) >= 5
    for vector in stated:
        model = model_of(vector["venue"])
        assert {model.isolated_fee, model.cross_fee} != {"none"}, vector["id"]


def test_every_venue_of_an_example_has_a_model() -> None:
    for vector in of_venues():
        if vector["kind"] not in WITHOUT_VENUE:
            assert model_of(vector["venue"]).sources, vector["id"]
