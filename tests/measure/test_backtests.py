"""Tests of a value at risk, held to the textbooks' numbers: Kupiec's table, Jorion's exercises, days made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.market_risk.backtests import (
    acerbi_szekely_z2,
    backtest,
    christoffersen_coverage,
    christoffersen_independence,
    kupiec,
    shortfall_ratio,
)
from riskd.model.arrays import BoolArray

CHECKED = settings(max_examples=100, deadline=None, derandomize=True)
# Kupiec (1995), as Jorion reprints it in table 6-2: at these counts and beyond the claim is rejected at 95 %. For 255 days and
# 1 % it prints N < 7 alone; the statistic itself rejects 0, too.
NOT_REJECTED = {
    (0.01, 255): (0, 7), (0.01, 510): (1, 11), (0.01, 1000): (4, 17),
    (0.025, 255): (2, 12), (0.025, 510): (6, 21), (0.025, 1000): (15, 36),
    (0.05, 255): (6, 21), (0.05, 510): (16, 36), (0.05, 1000): (37, 65),
    (0.075, 255): (11, 28), (0.075, 510): (27, 51), (0.075, 1000): (59, 92),
    (0.10, 255): (16, 36), (0.10, 510): (38, 65), (0.10, 1000): (81, 120),
}  # fmt: skip


def days(*, quiet: int, alone: int, pairs: int) -> BoolArray:
    """Days without an exceedance, then single ones and pairs of two in a row, each followed by a day without."""
    found = [False] * quiet + [True, False] * alone + [True, True, False] * pairs
    return np.array(found, dtype=np.bool_)


@pytest.mark.parametrize(("share", "number"), NOT_REJECTED)
def test_kupiec_rejects_what_his_table_rejects(share: float, number: int) -> None:
    below, above = NOT_REJECTED[share, number]
    accepted = [x for x in range(number // 3) if kupiec(x, number, 1.0 - share).p_value > 0.05]
    assert (accepted[0] - 1, accepted[-1] + 1) == (below, above)


@pytest.mark.parametrize(
    ("exceedances", "number", "confidence", "statistic"),
    [
        (20, 252, 0.95, 3.91),  # Jorion, Value at Risk, 6.2: J.P. Morgan in 1998
        (6, 252, 0.99, 3.498),  # Jorion, exercise 6.10
        (
            57,
            1043,
            0.95,
            0.46147,
        ),  # a published example of a commercial toolbox, S&P 500 1996-2003, p 0.49694
        (59, 1043, 0.95, 0.91023),  # the same, p 0.34005
    ],
)
def test_kupiec_gives_published_statistics(
    exceedances: int, number: int, confidence: float, statistic: float
) -> None:
    digits = len(str(statistic).partition(".")[2])
    assert kupiec(exceedances, number, confidence).statistic == pytest.approx(
        statistic, abs=1.01 * 10**-digits
    )


def test_kupiec_gives_published_probabilities() -> None:
    assert kupiec(57, 1043, 0.95).p_value == pytest.approx(0.49694, abs=1e-5)
    assert kupiec(59, 1043, 0.95).p_value == pytest.approx(0.34005, abs=1e-5)


def test_as_many_as_promised_is_no_evidence_at_all() -> None:
    assert kupiec(10, 1000, 0.99).statistic == pytest.approx(0.0, abs=1e-9)
    assert kupiec(10, 1000, 0.99).p_value == pytest.approx(1.0)


def test_no_exceedance_and_nothing_but_exceedances_have_an_answer() -> None:
    """With none, the likelihood of the best guess is 1: the statistic is -2·n·ln(confidence)."""
    assert kupiec(0, 250, 0.99).statistic == pytest.approx(-500 * math.log(0.99))
    assert kupiec(3, 3, 0.99).statistic == pytest.approx(-6 * math.log(0.01))


def test_independence_gives_the_published_statistic_of_twenty_exceptions_of_which_six_follow_another() -> (
    None
):
    """Jorion, 6.2: after none 218 without and 14 with, after one 14 without and 6 with: 9.53, and 13.44 together."""
    exceeded = days(quiet=219, alone=8, pairs=6)
    assert (int(exceeded.sum()), len(exceeded) - 1) == (20, 252)
    found = christoffersen_independence(exceeded)
    assert found.statistic == pytest.approx(9.53, abs=0.005)


def test_independence_gives_the_published_statistic_of_an_exercise() -> None:
    """Jorion, exercise 6.10: six in 252 days, four of which follow another: 25.837, far beyond 3.84."""
    exceeded = np.array([False] * 243 + [True, False] + [True] * 5 + [False, False, False], dtype=np.bool_)
    assert (int(exceeded.sum()), len(exceeded) - 1) == (6, 252)
    found = christoffersen_independence(exceeded)
    assert found.statistic == pytest.approx(25.837, abs=0.001)
    assert found.p_value < 1e-6


def test_exceedances_that_never_touch_or_are_absent_have_an_answer() -> None:
    none = christoffersen_independence(np.zeros(250, dtype=np.bool_))
    assert (none.statistic, none.p_value) == (0.0, 1.0)
    apart = christoffersen_independence(days(quiet=240, alone=5, pairs=0))
    assert 0.0 < apart.statistic < 1.0
    assert christoffersen_independence(np.array([True])).statistic == 0.0


def test_conditional_coverage_is_the_sum_of_both_and_has_two_degrees_of_freedom() -> None:
    exceeded = days(quiet=200, alone=8, pairs=6)
    both = christoffersen_coverage(exceeded, 0.95)
    alone = kupiec(20, len(exceeded), 0.95), christoffersen_independence(exceeded)
    assert both.statistic == pytest.approx(sum(one.statistic for one in alone))
    # The upper 5 % of chi-squared with two degrees of freedom begin at 5.991.
    assert math.exp(-5.991 / 2) == pytest.approx(0.05, abs=1e-4)
    assert both.p_value == pytest.approx(math.exp(-both.statistic / 2))


def test_the_shortfall_ratio_is_how_much_worse_the_bad_days_were() -> None:
    losses = np.array([1.0, 6.0, -3.0, 9.0])
    exceeded = np.array([False, True, False, True])
    assert shortfall_ratio(losses, np.full(4, 6.0), exceeded) == pytest.approx((1.0 + 1.5) / 2)
    assert math.isnan(shortfall_ratio(losses, np.full(4, 6.0), np.zeros(4, dtype=np.bool_)))


def test_z2_is_zero_when_as_many_days_were_as_bad_as_reckoned() -> None:
    """Four days at 75 %: one is promised."""
    losses, reckoned = np.array([1.0, 6.0, -3.0, 0.0]), np.full(4, 6.0)
    once = np.array([False, True, False, False])
    assert acerbi_szekely_z2(losses, reckoned, once, 0.75) == pytest.approx(0.0)
    twice = np.array([True, True, False, False])
    assert acerbi_szekely_z2(losses, reckoned, twice, 0.75) == pytest.approx(-1 / 6)
    assert acerbi_szekely_z2(losses, reckoned, np.zeros(4, dtype=np.bool_), 0.75) == 1.0


def test_a_backtest_counts_only_losses_beyond_the_value_at_risk() -> None:
    losses = np.array([2.0, 2.1, -5.0, 0.0] * 25)
    found = backtest(losses, np.full(100, 2.0), np.full(100, 3.0), 0.75)
    assert (found.days, found.expected, found.exceedances) == (100, 25.0, 25)
    assert found.coverage.p_value == pytest.approx(1.0)
    assert found.independence.p_value < 0.001
    assert found.shortfall_ratio == pytest.approx(0.7)
    assert found.z2 == pytest.approx(0.3)


@CHECKED
@given(st.lists(st.booleans(), min_size=1, max_size=300), st.sampled_from([0.9, 0.95, 0.99]))
def test_every_row_of_days_has_statistics_from_zero_and_probabilities_within_one(
    drawn: list[bool], confidence: float
) -> None:
    exceeded = np.array(drawn, dtype=np.bool_)
    for found in (
        kupiec(int(exceeded.sum()), len(exceeded), confidence),
        christoffersen_independence(exceeded),
        christoffersen_coverage(exceeded, confidence),
    ):
        assert found.statistic >= 0.0
        assert 0.0 <= found.p_value <= 1.0


def test_the_probability_is_how_often_a_sound_value_at_risk_looks_as_bad() -> None:
    """Two thousand rows of a thousand days at 95 %: one in twenty is rejected at 5 %, within chance and the limit law."""
    rng = np.random.default_rng(7)
    rows = rng.random((2000, 1000)) < 0.05
    rejected = [christoffersen_coverage(row, 0.95).p_value < 0.05 for row in rows]
    assert 0.03 < sum(rejected) / len(rejected) < 0.08
