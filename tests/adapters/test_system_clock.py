"""The real clock tells aware UTC; the scaled clock runs faster from its own date."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from riskd.adapters.system_clock import ScaledClock, SystemClock
from tests.fakes.clock import NOON


def test_the_system_clock_is_aware_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_monotonic_never_steps_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)


def test_a_scaled_clock_starts_at_its_own_date_and_runs_faster() -> None:
    clock = ScaledClock(SystemClock(), factor=3600.0, started_at=NOON)

    asyncio.run(clock.sleep_until(36.0))  # ten real milliseconds

    assert clock.monotonic() >= 36.0
    assert clock.now() >= NOON + timedelta(seconds=36)


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_a_scaled_clock_refuses_to_stand_still_or_run_back(factor: float) -> None:
    with pytest.raises(ValueError, match="factor"):
        ScaledClock(SystemClock(), factor=factor, started_at=NOON)


def test_a_scaled_clock_refuses_a_naive_date() -> None:
    with pytest.raises(ValueError, match="aware"):
        ScaledClock(SystemClock(), factor=1.0, started_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
