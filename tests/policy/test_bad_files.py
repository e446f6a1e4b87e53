"""Every fault has a file named after it, and beside it the exact text that riskd answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.errors import PolicyError
from riskd.policy.load import load
from riskd.policy.text.problems import Code
from tests.policy.fake_catalogue import CATALOGUE

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))

# Faults that need more text than a file should have; test_yaml_text.py has them.
TOLD_ELSEWHERE = {
    Code.TOO_LARGE,
    Code.TOO_DEEP,
    Code.TOO_MANY_NODES,
    Code.TOO_MANY_PROBLEMS,
    # tests/daemon/test_queries.py
    Code.QUERY,
}

# Policies that the broken waivers are about.
BESIDE = [
    (file.name, file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent / "beside").glob("*.yaml"))
]


def refusal(file: Path) -> PolicyError:
    text = file.read_text(encoding="utf-8")
    beside = BESIDE if text.startswith("riskd: waivers/v1") else []
    with pytest.raises(PolicyError) as caught:
        load([(file.name, text), *beside], catalogue=CATALOGUE)
    return caught.value


def test_there_are_hundreds_of_faults_and_each_has_its_message() -> None:
    assert len(BAD) >= 200
    answers = sorted((Path(__file__).parent / "bad").glob("*.expected"))
    assert [file.stem for file in answers] == [file.stem for file in BAD]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_exactly_this_text(file: Path) -> None:
    assert f"{refusal(file)}\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_code_has_a_file_that_shows_it() -> None:
    shown = {problem.code for file in BAD for problem in refusal(file).problems}
    assert shown == {code.value for code in Code} - {code.value for code in TOLD_ELSEWHERE}


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_every_problem_has_a_place_in_the_file_and_says_more_than_its_code(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    for problem in refusal(file).problems:
        assert 1 <= problem.line <= len(lines) + 1
        assert problem.column >= 1
        assert problem.what
        assert problem.file == file.name
