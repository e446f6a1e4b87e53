"""A failing seed's story is made small: fewer pieces, and the same invariant breaks."""

from __future__ import annotations

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.run import run
from tests.simulation.script import Script
from tests.simulation.shrink import Shrinker


def mutant(name: str) -> Mutant:
    return next(known for known in MUTANTS if known.name == name)


def test_a_planted_faults_story_shrinks_to_what_it_needs() -> None:
    planted = mutant("timeout-is-refusal")
    whole = Script()
    before = run(planted.found_by, planted, whole).violations[0]
    story = Shrinker(planted.found_by, planted, runs_max=60).smallest()
    assert story.violation is not None
    assert story.violation.name == before.name
    assert 0 < len(story.pieces) < len(whole.met) / 3


def test_a_small_story_can_be_told_again() -> None:
    planted = mutant("not-reduce-only")
    story = Shrinker(planted.found_by, planted, runs_max=25).smallest()
    assert story.violation is not None
    again = Script(story.left_out, story.heals_at)
    assert run(planted.found_by, planted, again).violations[0] == story.violation
    assert again.met == story.pieces


def test_a_seed_that_breaks_nothing_has_nothing_to_shrink() -> None:
    shrinker = Shrinker(5)
    assert shrinker.smallest().violation is None
    assert shrinker.runs == 1


def test_leaving_out_a_piece_leaves_all_others_as_they_are() -> None:
    whole = Script()
    run(6, script=whole)
    deeds = [piece for piece in whole.met if piece.startswith("deed one")]
    less = Script(frozenset({deeds[-1]}))
    run(6, script=less)
    assert deeds[-1] not in less.met
    assert [piece for piece in less.met if piece.startswith("deed one")][: len(deeds) - 1] == deeds[:-1]
