"""Subjects as people write them."""

from __future__ import annotations

import pytest

from riskd.model.subject import PARTS, Grain, Subject
from riskd.policy.text.subject_text import SubjectError, parse_subject


@pytest.mark.parametrize("grain", Grain)
def test_a_subject_is_read_as_it_is_printed(grain: Grain) -> None:
    subject = Subject(grain, tuple((part, f"{part}-1") for part in PARTS[grain]))
    assert parse_subject(str(subject)) == subject


def test_commas_and_any_order_will_do() -> None:
    wanted = Subject(Grain.POSITION, (("account", "main"), ("symbol", "BTC/USDT:USDT"), ("side", "long")))
    assert parse_subject("symbol=BTC/USDT:USDT, side=long,account=main") == wanted


def test_the_side_of_a_position_may_be_left_out() -> None:
    found = parse_subject("account=main,symbol=BTC/USDT:USDT")
    assert (found.grain, str(found)) == (Grain.POSITION, "account=main symbol=BTC/USDT:USDT")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("main", "expected key=value, found 'main'"),
        ("account=", "expected key=value"),
        ("acount=main", "did you mean 'account'?"),
        ("account=a account=b", "account stands twice"),
        ("account=a hedge=b", "no kind of subject has just account, hedge"),
        ("symbol=BTC/USDT:USDT", "no kind of subject has just symbol"),
        ("", "no kind of subject has just nothing"),
    ],
)
def test_what_is_no_subject_is_refused_with_its_cure(text: str, words: str) -> None:
    with pytest.raises(SubjectError, match=words.replace("?", r"\?")):
        parse_subject(text)
