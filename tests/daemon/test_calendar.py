"""Calendar jobs run once, in UTC, whatever the wall clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from riskd.daemon.calendar import Calendar, Due, Job

MIDNIGHT = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)


def a_calendar(cron: str = "5 0 * * *") -> tuple[Calendar, list[datetime]]:
    runs: list[datetime] = []
    return Calendar((Job(name="digest", cron=cron, run=runs.append),), now=MIDNIGHT), runs


def test_a_daily_job_runs_every_day_across_the_change_of_summer_time() -> None:
    calendar, runs = a_calendar()
    for minute in range(3 * 24 * 60):
        calendar.look(MIDNIGHT + timedelta(minutes=minute))
    assert runs == [MIDNIGHT + timedelta(days=day, minutes=5) for day in range(3)]


def test_a_clock_set_back_an_hour_does_not_repeat_a_run() -> None:
    calendar, runs = a_calendar()
    calendar.look(MIDNIGHT + timedelta(minutes=5))
    for minute in range(-60, 30):
        calendar.look(MIDNIGHT + timedelta(minutes=minute))
    assert len(runs) == 1


def test_a_clock_that_jumps_over_many_runs_runs_the_job_once() -> None:
    calendar, runs = a_calendar("*/10 * * * *")
    due = calendar.look(MIDNIGHT + timedelta(minutes=55))
    assert due == Due(ran=("digest",), missed=())
    assert len(runs) == 1


def test_a_run_that_is_too_late_is_recorded_as_missed_and_not_made_up() -> None:
    calendar, runs = a_calendar()
    due = calendar.look(MIDNIGHT + timedelta(hours=5))
    assert runs == []
    assert due.missed == (("digest", MIDNIGHT + timedelta(minutes=5)),)
    assert calendar.upcoming["digest"] == MIDNIGHT + timedelta(days=1, minutes=5)
