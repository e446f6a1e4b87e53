"""Which percentile, which mean: the conventions of the worst losses, held to published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.market_risk.tail import interpolated_value_at_risk, tail, worst_count
from riskd.measure.past.prices import relative_moves
from tests.measure.vectors import near, of, one

LOSSES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400)
CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.999])
CHECKED = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.mark.shared
def test_published_losses_give_the_published_percentile_and_the_named_mean() -> None:
    for vector in of("var_es"):
        i, expected = vector["inputs"], vector["expected"]
        losses = np.array([*i["losses"], *(-1.0 for _ in range(i["n"] - len(i["losses"])))])
        found = tail(losses, i["conf"])
        near(found.value_at_risk, expected["var"], vector)
        near(found.expected_shortfall, expected["es_incl_var"], vector)
        without_var = (found.expected_shortfall * 5 - found.value_at_risk) / 4
        near(without_var, expected["es_excl_var"], vector)


@pytest.mark.shared
def test_published_scenarios_follow_from_the_moves_of_the_past() -> None:
    """Hull's four indices: today's levels put through each past move, and what they make of the portfolio."""
    vector = one("hull-historical-scenarios")
    i, expected = vector["inputs"], vector["expected"]
    moves = relative_moves(np.array(i["history"]).T)
    levels = np.array(i["today"]) * (1.0 + moves[:, 0])
    for found, published in zip(levels.tolist(), expected["s1"], strict=True):
        near(found, published, vector)
    worth = np.array(i["weights"]) @ (1.0 + moves)
    for found, name in zip(worth.tolist(), ("v1", "v2", "v3"), strict=True):
        near(found, expected[name], vector)
    # The third scenario is the worst: 99 % of three is the worst loss.
    near(tail(10_000.0 - worth, 0.99).value_at_risk, 10_000.0 - expected["v3"], vector)


@pytest.mark.shared
def test_the_published_percentile_between_two_returns_is_the_interpolated_one() -> None:
    for vector in of("percentile"):
        returns, share = np.array(vector["inputs"]["x"], dtype=float), vector["inputs"]["cutoff"]
        near(-interpolated_value_at_risk(-returns, 1.0 - share), vector["expected"]["value"], vector)
        # Ours is the worst of six, as for every share below a third.
        assert tail(-returns, 1.0 - share).value_at_risk == -1.0


def test_a_whole_share_is_not_lost_in_the_last_digit() -> None:
    assert [worst_count(500, 0.99), worst_count(1000, 0.9), worst_count(30, 0.9)] == [5, 100, 3]
    assert [worst_count(99, 0.99), worst_count(1, 0.5), worst_count(199, 0.99)] == [1, 1, 1]


@CHECKED
@given(LOSSES, CONFIDENCES)
def test_the_shortfall_is_never_below_the_value_at_risk(losses: list[float], confidence: float) -> None:
    found = tail(np.array(losses), confidence)
    assert found.expected_shortfall >= found.value_at_risk - 1e-6
    assert found.value_at_risk in losses
    beyond = sum(loss > found.value_at_risk for loss in losses)
    assert beyond <= (1 - confidence) * len(losses) + 1e-9


@CHECKED
@given(LOSSES, CONFIDENCES)
def test_the_interpolated_one_is_never_above_ours_and_less_than_two_ranks_behind(
    losses: list[float], confidence: float
) -> None:
    ranked = sorted(losses, reverse=True)
    between = interpolated_value_at_risk(np.array(losses), confidence)
    ours = tail(np.array(losses), confidence).value_at_risk
    behind = ranked[min(worst_count(len(losses), confidence) + 1, len(losses) - 1)]
    assert behind - 1e-6 <= between <= ours + 1e-6


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.floats(0.5, 0.99))
def test_more_confidence_never_means_less_loss(seed: int, confidence: float) -> None:
    losses = np.random.default_rng(seed).standard_normal(300)
    assert tail(losses, confidence).value_at_risk <= tail(losses, confidence + 0.009).value_at_risk
