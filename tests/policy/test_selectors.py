"""What is said of selectors without a book is true of every text."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.policy.bundle import Policy
from riskd.policy.rule import Match, Selector
from riskd.policy.scope.select import matches
from riskd.policy.scope.selectors import are_apart, contradictions, covers, own_tests
from tests.policy.policy_text import a_policy, policy_text

PATTERNS = st.lists(st.text(alphabet="ab*?", min_size=1, max_size=3), min_size=1, max_size=2).map(tuple)
MATCHES = st.one_of(
    PATTERNS.map(lambda any_of: Match(any_of=any_of)), PATTERNS.map(lambda none_of: Match(none_of=none_of))
)
SELECTORS = st.lists(st.tuples(st.sampled_from(["strategy", "account"]), MATCHES), max_size=3).map(
    lambda tests: Selector(tuple(tests))
)
TEXTS = ["".join(letters) for size in (1, 2, 3) for letters in product("abc", repeat=size)]
CHECKED = settings(max_examples=200, deadline=None, derandomize=True)


def picked(selector: Selector) -> set[tuple[str, str]]:
    def passes(name: str, text: str) -> bool:
        return all(matches(match, text) for key, match in selector.tests if key == name)

    accounts = [text for text in TEXTS if passes("account", text)]
    return {(account, text) for text in TEXTS if passes("strategy", text) for account in accounts}


@CHECKED
@given(SELECTORS, SELECTORS)
def test_what_covers_another_picks_all_of_it(outer: Selector, inner: Selector) -> None:
    if covers(outer, inner):
        assert picked(inner) <= picked(outer)


@CHECKED
@given(SELECTORS, SELECTORS)
def test_what_is_apart_has_nothing_in_common(first: Selector, second: Selector) -> None:
    if are_apart(first, second):
        assert not picked(first) & picked(second)


@CHECKED
@given(SELECTORS)
def test_a_contradiction_picks_nothing(selector: Selector) -> None:
    if contradictions(selector):
        assert not picked(selector)


@CHECKED
@given(SELECTORS)
def test_a_selector_covers_itself_and_nothing_narrower_than_everything(selector: Selector) -> None:
    assert covers(selector, selector)
    assert covers(Selector(), selector)


def one(name: str, *, any_of: tuple[str, ...] = (), none_of: tuple[str, ...] = ()) -> Selector:
    return Selector(((name, Match(any_of=any_of, none_of=none_of)),))


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        (Selector((("strategy", Match(any_of=("a",))), ("strategy", Match(any_of=("b",))))), ("strategy",)),
        (
            Selector((("strategy", Match(any_of=("a-*",))), ("strategy", Match(none_of=("a*",))))),
            ("strategy",),
        ),
        (one("account", none_of=("*",)), ("account",)),
        (one("labels.env", none_of=("*",)), ()),  # an account without the label
        (one("strategy", any_of=("a-*",)), ()),
    ],
)
def test_contradictions_are_named_by_their_attribute(selector: Selector, names: tuple[str, ...]) -> None:
    assert contradictions(selector) == names


def test_a_narrower_list_is_covered_and_an_exception_is_not() -> None:
    wide, narrow = one("strategy", any_of=("a-*", "b")), one("strategy", any_of=("a-1", "a-2"))
    assert covers(wide, narrow)
    assert not covers(narrow, wide)
    assert covers(one("strategy", none_of=("b-*",)), narrow)
    assert not covers(one("strategy", none_of=("a-*",)), narrow)


def test_what_a_rule_says_itself_is_told_from_the_scope() -> None:
    rule = "id: cap\ntitle: Cap\nmeasure: leverage\nper: account\nwhere: {account: main}\nmax: 5x\n"
    policy: Policy = a_policy(policy_text(rule, head="scope: {account: main, venue: binanceusdm}"))
    assert own_tests(policy.rules[0], policy.scope) == (("account", Match(any_of=("main",))),)
