"""Which call goes wrong: decided once for each call, counted, repeatable."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.dialect.http import Rights
from riskd.paper.faults import Delay, EmptyList, Fault, FaultPlan, Moment, Reset

EMPTY = Fault(effect=EmptyList())


def plan(*faults: Fault, seed: int = 1) -> FaultPlan:
    made = FaultPlan(Random(seed))
    made.add(faults)
    return made


def struck(
    made: FaultPlan, calls: int = 1, *, account: str = "alpha", method: str = "GET", path: str = "/a/b"
) -> list[bool]:
    return [made.take(account, method, path, now_ms=0) is not None for _ in range(calls)]


def test_a_fault_strikes_as_often_as_it_is_told_to() -> None:
    assert struck(plan(Fault(effect=EmptyList(), count=2)), 4) == [True, True, False, False]
    assert all(struck(plan(Fault(effect=EmptyList(), count=None)), 50))


def test_a_fault_lets_the_first_calls_pass() -> None:
    assert struck(plan(Fault(effect=EmptyList(), after=2)), 4) == [False, False, True, False]


def test_a_fault_strikes_only_the_calls_that_it_names() -> None:
    made = plan(Fault(effect=EmptyList(), account="al*", method="GET", path="/fapi/v?/position*", count=None))
    assert struck(made, path="/fapi/v3/positionRisk") == [True]
    assert struck(made, path="/fapi/v3/account") == [False]
    assert struck(made, path="/fapi/v3/positionRisk", account="beta") == [False]
    assert struck(made, path="/fapi/v3/positionRisk", method="POST") == [False]


def test_a_fault_of_some_keys_passes_others_over() -> None:
    made = plan(Fault(effect=EmptyList(), rights=Rights.READ, count=None))
    given = (Rights.READ, Rights.TRADE, None)
    assert [made.take("alpha", "GET", "/a", 0, rights=rights) is not None for rights in given] == [
        True,
        False,
        False,
    ]


def test_a_star_in_a_path_spans_slashes() -> None:
    assert struck(plan(Fault(effect=EmptyList(), path="/fapi/*")), path="/fapi/v1/positionSide/dual") == [
        True
    ]


def test_a_fault_has_a_first_and_a_last_moment() -> None:
    made = plan(Fault(effect=EmptyList(), from_ms=10, until_ms=20, count=None))
    assert [made.take("", "GET", "/", now_ms) is not None for now_ms in (9, 10, 20, 21)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_first_fault_in_order_wins_and_the_next_one_follows_when_it_is_spent() -> None:
    first, second = Fault(effect=Delay(delay_ms=5)), Fault(effect=Reset(moment=Moment.BEFORE))
    made = plan(first, second)
    assert [made.take("", "GET", "/", 0) for _ in range(3)] == [first, second, None]


def test_spent_faults_are_no_longer_listed() -> None:
    made = plan(EMPTY, Fault(effect=EmptyList(), count=None))
    made.take("", "GET", "/", 0)
    assert made.armed() == ((Fault(effect=EmptyList(), count=None), 0),)
    made.clear()
    assert made.armed() == ()


def test_a_certain_fault_draws_no_random_number() -> None:
    made = plan(Fault(effect=EmptyList(), count=None), seed=3)
    struck(made, 10)
    assert made.random.random() == Random(3).random()


@given(st.integers(0, 1000), st.floats(0.05, 0.95))
@settings(max_examples=30, derandomize=True)
def test_the_same_seed_gives_the_same_run(seed: int, probability: float) -> None:
    fault = Fault(effect=EmptyList(), count=None, probability=probability)
    runs = [struck(plan(fault, seed=seed), 200) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_probable_fault_strikes_about_as_often_as_it_should() -> None:
    fault = Fault(effect=EmptyList(), count=None, probability=0.2)
    assert 150 < sum(struck(plan(fault), 1000)) < 250
