"""Equity is remembered free of deposits and withdrawals, whenever they become known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.daemon.history import FundingRow, HistoryKeeper
from riskd.model.desk import AccountProfile, Desk
from riskd.model.history import EquitySeries

DESK = Desk(
    accounts=(AccountProfile(id="a", venue="binanceusdm"), AccountProfile(id="b", venue="binanceusdm"))
)
START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC).timestamp()


def series(keeper: HistoryKeeper, seconds: float = 3600.0) -> EquitySeries:
    found = keeper.history(datetime.fromtimestamp(START + seconds, UTC)).equity[0]
    assert found is not None
    return found


def test_nothing_recorded_is_none_not_zero() -> None:
    assert HistoryKeeper(DESK).history(datetime.fromtimestamp(START, UTC)).equity == (None, None)


def test_unknown_equity_is_no_observation() -> None:
    keeper = HistoryKeeper(DESK)
    keeper.equity("a", START, float("nan"))
    assert keeper.history(datetime.fromtimestamp(START, UTC)).equity[0] is None


def test_a_bucket_keeps_its_first_and_its_highest_equity() -> None:
    keeper = HistoryKeeper(DESK)
    for second, equity in enumerate([100.0, 130.0, 90.0]):
        keeper.equity("a", START + second, equity)
    found = series(keeper)
    assert found.first.tolist() == [100.0]
    assert found.highest.tolist() == [130.0]


def test_a_deposit_learned_of_late_leaves_no_peak_behind() -> None:
    keeper = HistoryKeeper(DESK)
    keeper.equity("a", START, 1000.0)
    keeper.equity("a", START + 70, 10_000.0)
    keeper.equity("a", START + 130, 9_990.0)
    keeper.transfer("a", "t1", START + 65, 9000.0)
    found = series(keeper)
    assert found.highest.tolist() == [1000.0, 1000.0, 990.0]
    assert found.net_deposits == 9000.0


def test_a_withdrawal_inside_a_bucket_is_taken_out_of_the_samples_after_it_only() -> None:
    keeper = HistoryKeeper(DESK)
    keeper.equity("a", START, 1000.0)
    keeper.equity("a", START + 30, 400.0)
    keeper.transfer("a", "t1", START + 20, -600.0)
    found = series(keeper)
    assert found.first.tolist() == [1000.0]
    assert found.highest.tolist() == [1000.0]


def test_a_transfer_told_twice_counts_once() -> None:
    keeper = HistoryKeeper(DESK)
    keeper.equity("a", START, 1000.0)
    for _ in range(2):
        keeper.transfer("a", "t1", START - 1, 100.0)
    assert series(keeper).net_deposits == 100.0


@settings(max_examples=60, derandomize=True)
@given(
    flows=st.lists(
        st.tuples(st.integers(0, 1500), st.integers(-500, 500), st.integers(0, 1500)), min_size=0, max_size=6
    )
)
def test_the_order_in_which_transfers_become_known_does_not_matter(flows: list[tuple[int, int, int]]) -> None:
    """Each flow is (when it happened, how much, how long after that it was told)."""

    def run(*, told_at_once: bool) -> EquitySeries:
        keeper = HistoryKeeper(DESK)
        told: set[int] = set()
        for second in range(0, 1800, 7):
            total = sum(amount for at, amount, _ in flows if at <= second)
            keeper.equity("a", START + second, 5000.0 + total + second % 13)
            for index, (at, amount, delay) in enumerate(flows):
                due = at if told_at_once else min(at + delay, 1790)
                if index not in told and due <= second:
                    told.add(index)
                    keeper.transfer("a", str(index), START + at, float(amount))
        return series(keeper)

    late, early = run(told_at_once=False), run(told_at_once=True)
    np.testing.assert_allclose(late.highest, early.highest)
    np.testing.assert_allclose(late.first, early.first)
    assert late.highest.max() == pytest.approx(5012.0)


def test_funding_is_kept_once_and_knows_since_when_it_is_complete() -> None:
    keeper = HistoryKeeper(DESK)
    row = FundingRow(account="b", id="1", symbol="BTC/USDT:USDT", strategy="hedge", amount=-2.0, at=START)
    for _ in range(2):
        keeper.funding([row], account="b", complete_since=START - 60)
    found = keeper.history(datetime.fromtimestamp(START + 5, UTC)).funding
    assert found.amount.tolist() == [-2.0]
    assert found.account.tolist() == [1]
    assert np.isnan(found.complete_since[0])
    assert found.complete_since[1] == START - 60


def test_what_was_dropped_for_its_age_is_not_said_to_be_complete() -> None:
    keeper = HistoryKeeper(DESK, days=2.0)
    row = FundingRow(account="a", id="1", symbol="BTC/USDT:USDT", strategy="hedge", amount=-2.0, at=START)
    keeper.funding([row], account="a", complete_since=START - 60)
    keeper.orders("a", [("1", "hedge", START)], now=START)
    later = START + 3 * 86_400.0
    found = keeper.history(datetime.fromtimestamp(later, UTC))
    assert found.funding.amount.tolist() == []
    assert found.funding.complete_since[0] == later - 2 * 86_400.0
    assert found.activity.complete_since[0] == later - 3_600.0
