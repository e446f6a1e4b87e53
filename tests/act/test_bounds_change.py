"""A running riskd can be told to do less at once, and to do more only by starting again."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.bounds_change import change_of
from riskd.act.guard import HouseBounds

NOW = HouseBounds()
LOWER_IS_LOOSER = {"cycles_before_acting", "cooldown_seconds", "depth_share_min"}
NAMES = [field.name for field in fields(HouseBounds)]


def moved(name: str, factor: str) -> HouseBounds:
    before = getattr(NOW, name)
    after = type(before)(Decimal(before) * Decimal(factor))
    return replace(NOW, **{name: after})


def test_the_same_bounds_change_nothing() -> None:
    change = change_of(NOW, HouseBounds())
    assert (change.in_force, change.tightened, change.refused) == (NOW, (), ())


@pytest.mark.parametrize("name", NAMES)
def test_each_bound_is_tightened_at_once_and_loosened_never(name: str) -> None:
    smaller, larger = moved(name, "0.2"), moved(name, "3")
    tighter, looser = (larger, smaller) if name in LOWER_IS_LOOSER else (smaller, larger)
    assert change_of(NOW, tighter).in_force == tighter
    assert change_of(NOW, looser).in_force == NOW
    [line] = change_of(NOW, looser).refused
    assert line.startswith(name.replace("_", " "))
    assert "needs a restart" in line


def test_a_change_in_both_directions_comes_into_force_by_half() -> None:
    wanted = replace(NOW, orders_per_hour_max=10, order_notional_max=Decimal(10**9))
    change = change_of(NOW, wanted)
    assert change.in_force == replace(NOW, orders_per_hour_max=10)
    assert change.tightened == ("orders per hour max: 60 became 10",)
    assert len(change.refused) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_what_is_no_bound_does_not_come_into_force(value: float) -> None:
    assert change_of(NOW, replace(NOW, snapshot_age_seconds_max=value)).in_force == NOW


@settings(max_examples=50, derandomize=True)
@given(data=st.data())
def test_no_sequence_of_changes_ever_allows_more_than_the_start(data: st.DataObject) -> None:
    bounds = NOW
    for _ in range(4):
        name = data.draw(st.sampled_from(NAMES))
        factor = data.draw(st.sampled_from(["0.1", "0.9", "2", "50"]))
        bounds = change_of(bounds, moved(name, factor)).in_force
    assert all(_no_looser(field, bounds) for field in NAMES)


def _no_looser(name: str, bounds: HouseBounds) -> bool:
    start: Any = getattr(NOW, name)
    now: Any = getattr(bounds, name)
    return bool(now >= start if name in LOWER_IS_LOOSER else now <= start)
