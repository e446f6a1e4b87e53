"""Which limit holds, and which level a value is beyond."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.spec import MeasureRef
from riskd.model.arrays import floats
from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import (
    active_limits,
    inset,
    is_active,
    levels,
    thresholds,
    thresholds_by_row,
    tightest,
)
from riskd.policy.rule import Bound, Calendar, Limit, Thresholds
from tests.builders_rules import a_ladder, a_rule, at_least, at_most, within

WARN, BREACH, CRITICAL = Level.WARN, Level.BREACH, Level.CRITICAL
WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)
WEEKEND = Calendar(name="weekend", tz="UTC", weekdays=(5, 6))
ALWAYS = Calendar(name="always", tz="UTC", weekdays=(0, 1, 2, 3, 4, 5, 6))
BY = MeasureRef("share_of_equity")
LADDER = a_ladder(
    BY,
    (0.05, {"warn": 15, "breach": 20}),
    (0.25, {"warn": 8, "breach": 10}),
    (math.inf, {"warn": 2, "breach": 3}),
)


def held(limit: Limit) -> Thresholds:
    assert limit.thresholds is not None
    return limit.thresholds


# ---- levels --------------------------------------------------------------------------------------------------------


def test_a_value_at_its_limit_is_within_it() -> None:
    assert levels(Bound.MAX, held(at_most(warn=4, breach=5)), floats([4, 4.1, 5, 5.1]), 0.0).tolist() == [
        0,
        1,
        1,
        2,
    ]
    assert levels(Bound.MIN, held(at_least(warn=4, breach=3)), floats([4, 3.9, 3, 2.9]), 0.0).tolist() == [
        0,
        1,
        1,
        2,
    ]
    band = held(within(warn=(-1, 1), critical=(-2, 2)))
    assert levels(Bound.BAND, band, floats([-2.1, -2, -1, 0, 1, 1.5, 3]), 0.0).tolist() == [
        3,
        1,
        0,
        0,
        0,
        1,
        3,
    ]


@pytest.mark.parametrize("limit", [at_most(breach=5), at_least(breach=5), within(breach=(4, 6))])
def test_an_unknown_value_has_no_level_whichever_side_is_bad(limit: Limit) -> None:
    assert levels(limit.bound, held(limit), floats([math.nan, None, -math.inf]), 0.0).tolist() == [-1, -1, -1]


def test_an_infinite_value_is_a_value() -> None:
    assert levels(Bound.MAX, held(at_most(critical=6)), floats([math.inf]), 0.0).tolist() == [3]
    assert levels(Bound.MIN, held(at_least(critical=6)), floats([math.inf]), 0.0).tolist() == [0]


@pytest.mark.parametrize(
    ("limit", "margin", "edges"),
    [
        (at_most(breach=5), 0.1, (-math.inf, 4.5)),
        (at_most(breach=-5), 0.1, (-math.inf, -5.5)),
        (at_least(breach=5), 0.1, (5.5, math.inf)),
        (at_least(breach=-5), 0.1, (-4.5, math.inf)),
        (within(breach=(0.9, 1.1)), 0.5, (0.95, 1.05)),
        (at_most(breach=0), 1.0, (-math.inf, 0.0)),
    ],
)
def test_a_margin_draws_the_limit_inwards(limit: Limit, margin: float, edges: tuple[float, float]) -> None:
    (_, low, high) = held(limit).levels[0]
    assert inset(limit.bound, low, high, margin) == pytest.approx(edges)


LIMITS = st.tuples(
    st.sampled_from(Bound),
    st.lists(st.floats(-10, 10), min_size=3, max_size=3).map(sorted),
    st.lists(st.floats(-10, 10), min_size=3, max_size=3).map(sorted),
    st.sets(st.sampled_from([WARN, BREACH, CRITICAL]), min_size=1),
)


def plain_level(bound: Bound, held_now: Thresholds, value: float, margin: float) -> int:
    """The same, one value at a time, as the language document says it."""
    if math.isnan(value):
        return -1
    worst = 0
    for level, low, high in held_now.levels:
        if bound is Bound.MAX:
            beyond = value > high - abs(high) * margin
        elif bound is Bound.MIN:
            beyond = value < low + abs(low) * margin
        else:
            width = (high - low) / 2 * margin
            beyond = value < low + width or value > high - width
        worst = max(worst, level) if beyond else worst
    return worst


@given(
    LIMITS,
    st.lists(st.floats(-20, 20) | st.just(math.nan), min_size=1),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]),
)
@settings(max_examples=150, derandomize=True)
def test_levels_of_a_column_are_the_levels_of_its_values(
    limit: tuple[Bound, list[float], list[float], set[Level]], values: list[float], margin: float
) -> None:
    bound, lows, highs, chosen = limit
    rows = zip(sorted(chosen), reversed(lows), highs, strict=False)
    edges = tuple(
        (level, -math.inf if bound is Bound.MAX else low, math.inf if bound is Bound.MIN else high)
        for level, low, high in rows
    )
    found = levels(bound, Thresholds(edges), floats(values), margin)
    assert found.tolist() == [plain_level(bound, Thresholds(edges), value, margin) for value in values]


# ---- which limit holds -----------------------------------------------------------------------------------------------


def test_for_each_level_the_tightest_limit_counts() -> None:
    assert tightest([held(at_most(warn=4, breach=5)), held(at_most(breach=4.5, critical=6))]) == held(
        at_most(warn=4, breach=4.5, critical=6)
    )
    assert tightest([held(at_least(warn=4)), held(at_least(warn=5))]) == held(at_least(warn=5))
    assert tightest([held(within(warn=(1, 4))), held(within(warn=(2, 5)))]) == held(within(warn=(2, 4)))


def test_a_calendar_tightens_while_it_holds_and_can_never_loosen() -> None:
    rule = a_rule(at_most(breach=5), during=((WEEKEND, at_most(breach=4)), (ALWAYS, at_most(breach=9))))
    assert thresholds(rule, now=WEDNESDAY, by_value=None) == held(at_most(breach=5))
    assert thresholds(rule, now=SATURDAY, by_value=None) == held(at_most(breach=4))
    assert len(active_limits(rule, SATURDAY)) == 3


@pytest.mark.parametrize(
    ("share", "breach"), [(0.0, 20), (0.05, 20), (0.051, 10), (0.25, 10), (3.0, 3), (math.inf, 3)]
)
def test_a_ladder_gives_the_step_that_the_subject_stands_on(share: float, breach: float) -> None:
    found = thresholds(a_rule(LADDER), now=WEDNESDAY, by_value=share)
    assert found is not None
    assert {level: high for level, _, high in found.levels}[BREACH] == breach


@pytest.mark.parametrize("by_value", [None, math.nan])
def test_the_limit_of_a_ladder_is_unknown_when_its_step_is(by_value: float | None) -> None:
    assert thresholds(a_rule(LADDER), now=WEDNESDAY, by_value=by_value) is None


def test_many_subjects_share_few_limits() -> None:
    rule = a_rule(LADDER, during=((WEEKEND, at_most(breach=9)),))
    shares = floats([0.01, 0.2, math.nan, 5.0, 0.02])
    index, distinct = thresholds_by_row(rule, now=SATURDAY, by_values=shares)
    assert len(distinct) == 3
    assert index[2] == -1
    assert index[0] == index[4]
    for row, share in enumerate(shares.tolist()):
        expected = thresholds(rule, now=SATURDAY, by_value=share)
        assert (distinct[index[row]] if index[row] >= 0 else None) == expected


def test_without_a_ladder_all_subjects_share_one_limit() -> None:
    index, distinct = thresholds_by_row(
        a_rule(at_most(breach=5)), now=WEDNESDAY, by_values=np.full(3, math.nan)
    )
    assert index.tolist() == [0, 0, 0]
    assert distinct == (held(at_most(breach=5)),)


def test_no_subjects_have_no_limits() -> None:
    index, distinct = thresholds_by_row(a_rule(LADDER), now=WEDNESDAY, by_values=floats([]))
    assert (len(index), distinct) == (0, ())


# ---- calendars -------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


FED = Calendar(
    name="fed", tz="America/New_York", dates=("2026-01-28", "2026-03-18"), between=(time(13, 30), time(16, 0))
)
NIGHT = Calendar(name="night", tz="UTC", weekdays=(4,), between=(time(22), time(6)))


@pytest.mark.parametrize(
    ("moment", "active"),
    [
        ("2026-03-18T17:29:59Z", False),  # daylight saving began on 8 March: New York is four hours behind
        ("2026-03-18T17:30:00Z", True),
        ("2026-03-18T19:59:59Z", True),
        ("2026-03-18T20:00:00Z", False),
        ("2026-01-28T18:30:00Z", True),  # winter: five hours behind
        ("2026-01-28T17:30:00Z", False),
        ("2026-03-19T18:00:00Z", False),
    ],
)
def test_hours_are_local_and_follow_daylight_saving(moment: str, active: bool) -> None:
    assert is_active(FED, at(moment)) is active


@pytest.mark.parametrize(
    ("moment", "active"),
    [
        ("2026-03-06T21:59:59Z", False),
        ("2026-03-06T22:00:00Z", True),  # Friday
        ("2026-03-07T05:59:59Z", True),  # still Friday's night
        ("2026-03-07T06:00:00Z", False),
        ("2026-03-06T01:00:00Z", False),  # Thursday's night
        ("2026-03-07T23:00:00Z", False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_began(moment: str, active: bool) -> None:
    assert is_active(NIGHT, at(moment)) is active


def test_a_calendar_asks_for_the_moment_and_not_for_how_it_is_written() -> None:
    moment = at("2026-03-07T00:30:00+00:00")
    assert is_active(WEEKEND, moment)
    assert is_active(WEEKEND, moment.astimezone(ZoneInfo("America/New_York")))
    assert not is_active(Calendar(name="w", tz="America/New_York", weekdays=(5, 6)), moment)
