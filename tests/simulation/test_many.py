"""Running many seeds: which they are, what is remembered, what is said at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.many import Done, Shelf, live, seeds_of, summary


def done(seed: int, *, broken: str = "") -> Done:
    return Done(
        seed=seed,
        broken=broken,
        processor_seconds=0.5,
        virtual_seconds=600.0,
        counts={"orders": 3, "fills": 2},
    )


@pytest.mark.parametrize(
    ("words", "seeds"), [([], range(300)), (["12"], range(12)), (["40-59"], range(40, 60))]
)
def test_seeds_are_a_number_or_a_range(words: list[str], seeds: range) -> None:
    assert seeds_of(words) == seeds


def test_finished_seeds_are_not_run_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.add(done(3))
    shelf.add(done(5, broken="I1 at 2.0 s: flips"))
    found = Shelf(tmp_path).finished()
    assert sorted(found) == [3, 5]
    assert found[5].broken == "I1 at 2.0 s: flips"


def test_a_line_that_was_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.add(done(3))
    shelf.path.write_text(shelf.path.read_text(encoding="utf-8") + '{"seed": 4, "bro', encoding="utf-8")
    assert sorted(Shelf(tmp_path).finished()) == [3]


def test_the_end_says_how_many_seeds_an_hour() -> None:
    lines = list(summary([done(1), done(2, broken="I1")], wall_seconds=2.0, fresh=2, jobs=2))
    assert lines[0].startswith("2 seeds, 1 broken")
    assert "6 orders, 4 fills" in lines[1]
    assert "7,200 seeds an hour on each core" in lines[2]
    assert "3,600 seeds an hour" in lines[3]


def test_a_seed_is_lived_through_with_its_cost() -> None:
    one = live(17)
    assert one.broken == ""
    assert one.processor_seconds > 0
    assert one.counts["cycles"] > 10
