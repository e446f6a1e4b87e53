"""The benchmark of rules runs, compares what it times, and fails when an answer is another. Nothing is timed here."""

from __future__ import annotations

import operator
import re
import tomllib
from pathlib import Path

import pytest

from benchmarks.gaps import GAPS, of_riskd
from benchmarks.peers import PEERS, installed
from benchmarks.rules import agree_on_levels, by_catalogue, compare
from benchmarks.rules_book import a_book
from benchmarks.rules_by_hand import by_hand
from benchmarks.rules_by_objects import by_objects, validated
from benchmarks.rules_limits import RULES, judged
from benchmarks.rules_prepared import ABSENT, FORMULAS, Formula, Row, comparisons, infix, prepared, without
from riskd.model.subject import Grain

ROOT = Path(__file__).parents[2]
SNAPSHOT, HISTORY = a_book(150)
OURS = by_catalogue(SNAPSHOT, HISTORY)


def test_it_runs_and_says_which_engines_are_not_installed(capsys: pytest.CaptureFixture[str]) -> None:
    compare(*a_book(50))
    text = capsys.readouterr().out
    for name in PEERS:
        version = "not installed" if installed(name) is None else r"[\d.]+"
        assert re.search(rf"^{name} +{version}", text, re.MULTILINE), text
    assert text.startswith("\n50 positions, 1 accounts")


@pytest.mark.parametrize("name", PEERS)
def test_every_installed_engine_agrees(name: str) -> None:
    peer = installed(name)
    if peer is None:
        pytest.skip(f"{name} is not installed: it is in the dependency group peers")
    said = peer.judge(peer.prepare(validated(SNAPSHOT), SNAPSHOT, HISTORY))
    assert set(said) == set(peer.says)
    agree_on_levels(name, OURS, said)


def test_what_engines_are_given_leads_to_the_same_levels() -> None:
    """An engine in ten lines, so that preparation and formulas are tried where no engine is installed."""
    given = prepared(validated(SNAPSHOT), SNAPSHOT, HISTORY)
    said = {}
    for rule, formula in FORMULAS.items():
        bad, limits = comparisons(rule)
        beyond = {"<": operator.lt, ">": operator.gt}[bad]
        rows = given[Grain(rule.rpartition(" ")[2])]
        said[rule] = [sum(beyond(_value(formula, row), limit) for limit in limits) for row in rows]
    assert set(said) == set(OURS)
    agree_on_levels("ten lines", OURS, said)
    assert {level for levels in said.values() for level in levels} == {0, 1, 2, 3}


def _value(formula: Formula, row: Row) -> float:
    if isinstance(formula, str):
        return row[formula]
    if isinstance(formula, float):
        return formula
    left, right = _value(formula[1], row), _value(formula[2], row)
    return {"/": left / right, "*": left * right, "-": left - right}[formula[0]]


def test_another_level_fails_the_run() -> None:
    said = {rule: levels.tolist() for rule, (_, levels) in OURS.items()}
    said["leverage account"][1] ^= 1
    with pytest.raises(SystemExit, match="leverage account differs for 1 subjects, the first 1"):
        agree_on_levels("a liar", OURS, said)


def test_a_missing_subject_fails_the_run() -> None:
    said = {rule: levels.tolist()[:-1] for rule, (_, levels) in OURS.items()}
    with pytest.raises(SystemExit, match="subjects"):
        agree_on_levels("a forgetful one", OURS, said)


def test_hand_written_answers_have_levels_for_every_rule() -> None:
    rules = {f"{name} {grain}" for name, grain, *_ in RULES}
    assert set(judged(by_hand(SNAPSHOT, HISTORY))) == rules
    assert set(judged(by_objects(validated(SNAPSHOT), SNAPSHOT, HISTORY))) == rules == set(FORMULAS)


def test_a_formula_is_written_as_most_languages_write_it() -> None:
    assert infix(("-", 1.0, ("/", "equity", "peak")), "row.{}".format) == "(1.0 - (row.equity / row.peak))"


@pytest.mark.parametrize(("what", "rule", "field"), GAPS)
def test_riskd_names_what_is_missing_where_engines_may_pass(what: str, rule: str, field: str) -> None:
    assert of_riskd(SNAPSHOT, HISTORY, rule).startswith("unknown: "), what
    given = prepared(validated(SNAPSHOT), SNAPSHOT, HISTORY)
    grain = Grain(rule.rpartition(" ")[2])
    gap, rest = without(given, field, ABSENT)[grain][0], given[grain][0]
    assert gap == {name: value for name, value in rest.items() if name != field}


def test_the_lock_of_the_engines_pins_what_the_project_asks_for_and_names_no_host() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["peers"]
    locked = (ROOT / "requirements-peers.lock").read_text()
    assert {line.partition("==")[0] for line in asked} == set(PEERS)
    for line in asked:
        assert f"\n{line} \\\n    --hash=sha256:" in locked
    assert "//" not in locked
    own = (ROOT / "requirements.lock").read_text()
    assert not [line for line in asked if f"\n{line.partition('==')[0]}==" in own]
