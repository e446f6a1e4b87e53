"""Every fault has a file named after it, and beside it the exact text that riskd answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.errors import PolicyError
from riskd.policy.load import load
from riskd.policy.problems import Code
from tests.policy.fake_catalogue import CATALOGUE

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))

# Faults that need more text than a file should have; test_yaml_text.py has them.
TOLD_ELSEWHERE = {
    Code.TOO_LARGE,
    Code.TOO_DEEP,
    Code.TOO_MANY_NODES,
    Code.TOO_MANY_PROBLEMS,
    Code.KEY_NOT_TEXT,
}


def refusal(file: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load([(file.name, file.read_text(encoding="utf-8"))], catalogue=CATALOGUE)
    return caught.value


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
