"""What two patterns have in common is never claimed wrongly."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.policy.rule import Match
from riskd.policy.scope.globs import is_plain, is_within, may_meet
from riskd.policy.scope.select import matches

PATTERNS = st.text(alphabet="ab*?", min_size=1, max_size=5)
TEXTS = ["".join(letters) for size in range(1, 6) for letters in product("abc", repeat=size)]
CHECKED = settings(max_examples=200, deadline=None, derandomize=True)


def passing(pattern: str) -> set[str]:
    return {text for text in TEXTS if matches(Match(any_of=(pattern,)), text)}


@CHECKED
@given(PATTERNS, PATTERNS)
def test_what_is_within_has_no_text_outside(inner: str, outer: str) -> None:
    if is_within(inner, outer):
        assert passing(inner) <= passing(outer)


@CHECKED
@given(PATTERNS, PATTERNS)
def test_patterns_meet_exactly_when_a_text_matches_both(first: str, second: str) -> None:
    # Ten letters of two patterns meet, if at all, in a text of five: each star can stand for nothing or for one run.
    if passing(first) & passing(second):
        assert may_meet(first, second)
    if not may_meet(first, second):
        assert not passing(first) & passing(second)


@CHECKED
@given(st.text(alphabet="ab", min_size=1, max_size=4), PATTERNS)
def test_a_plain_name_is_within_and_meets_exactly_what_it_matches(name: str, pattern: str) -> None:
    is_match = matches(Match(any_of=(pattern,)), name)
    assert (is_within(name, pattern), may_meet(name, pattern)) == (is_match, is_match)


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("scalp-*", "swing-*", False),
        ("*-btc", "scalp-*", True),
        ("a*b", "a?", True),
        ("a?", "a", False),
        ("*", "", True),
        ("BTC/*", "BTC/USDT:USDT", True),
    ],
)
def test_patterns_meet_or_not(first: str, second: str, meet: bool) -> None:
    assert may_meet(first, second) is meet
    assert may_meet(second, first) is meet


def test_a_question_mark_is_not_any_text() -> None:
    assert is_within("a?", "a*")
    assert not is_within("a*", "a?")
    assert not is_within("*", "?")


def test_a_name_without_wildcards_is_plain() -> None:
    assert [is_plain(each) for each in ("swing", "swing-*", "swing-?")] == [True, False, False]
