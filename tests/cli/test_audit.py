"""`riskd audit`: every shipped question can be asked as it stands and with its parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.question_files import audits
from tests.adapters.ledger_files import open_ledger
from tests.builders import NOW
from tests.cli.conftest import Riskd
from tests.fakes.journal import MemoryJournal
from tests.record.builder import a_cycle, every_kind


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("state")
    ledger = open_ledger(directory)
    journal = MemoryJournal()
    for kind, body in every_kind():
        journal.append(kind, NOW, body)
    ledger.commit(a_cycle(1), journal.entries())
    ledger.close()
    return directory


@pytest.mark.parametrize("name", [question.name for question in audits()])
def test_every_question_is_answered(riskd: Riskd, state: Path, name: str) -> None:
    ran = riskd("audit", "--state", state, name, "--csv")
    (question,) = (known for known in audits() if known.name == name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == ",".join(column for column, _ in question.columns)


def test_a_parameter_narrows_the_answer(riskd: Riskd, state: Path) -> None:
    assert len(riskd("audit", "--state", state, "worst_hour", "account=m*", "--json").json()) == 1
    assert riskd("audit", "--state", state, "worst_hour", "account=nobody", "--json").json() == []


def test_the_questions_are_listed_with_their_parameters(riskd: Riskd) -> None:
    ran = riskd("audit")
    assert ran.code == 0
    assert (
        "worst_hour: In which hour was each account most leveraged?\n  account=*  glob over account ids\n"
        in ran.out
    )
    assert [each["question"] for each in riskd("audit", "--json").json()] == [
        known.name for known in audits()
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("worst_our",), "did you mean 'worst_hour'?"),
        (("worst_hour", "acount=main"), "has no parameter acount; it has account, since"),
        (("worst_hour", "main"), "expected NAME=VALUE, found 'main'"),
        (("worst_hour", "since=soon"), "soon"),
    ],
)
def test_what_cannot_be_asked_is_wrong_use(
    riskd: Riskd, state: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = riskd("audit", "--state", state, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_without_a_ledger_it_is_a_failure(riskd: Riskd, tmp_path: Path) -> None:
    assert riskd("audit", "--state", tmp_path, "worst_hour").code == 3
