"""Calendar jobs: what happens at an hour of the day rather than every few seconds.

APScheduler computes when a job is due; the daemon's own loop keeps the time. A scheduler with a thread or timer of
its own goes silent for an hour when the wall clock is set back an hour, and cannot run under virtual time
(docs/decisions/0004). Jobs are in UTC only: a cron in a zone with summer time loses or doubles a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One calendar job.

    Attributes:
        name: Said in the log and recorded when a run was missed.
        cron: Five fields in UTC, as in crontab.
        run: What to do; must be quick, or start something that is not.
        late_seconds_max: A run that is later than this (the machine slept) is recorded as missed and not made up.
    """

    name: str
    cron: str
    run: Callable[[datetime], None]
    late_seconds_max: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a look at the calendar found.

    Attributes:
        ran: Names of the jobs that ran.
        missed: ``(name, planned time)`` of runs that were too late.
    """

    ran: tuple[str, ...]
    missed: tuple[tuple[str, datetime], ...]


class Calendar:
    """Runs jobs that have fallen due; asked once in each turn of the daemon's loop.

    A wall clock that steps back neither repeats a run nor delays the next one beyond the step; one that jumps
    forward runs each job once and records it, however many times it was skipped.
    """

    def __init__(self, jobs: tuple[Job, ...], *, now: datetime) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._triggers = {job.name: CronTrigger.from_crontab(job.cron, timezone=UTC) for job in jobs}
        self._next: dict[str, datetime] = {name: self._after(name, now) for name in self._jobs}

    @property
    def upcoming(self) -> Mapping[str, datetime]:
        """When each job is due next."""
        return dict(self._next)

    def look(self, now: datetime) -> Due:
        """Run what is due at ``now``, each job at most once."""
        ran: list[str] = []
        missed: list[tuple[str, datetime]] = []
        for name, planned_at in list(self._next.items()):
            if planned_at > now:
                # After a clock that was ahead has been set right, the next run may be sooner than planned; it is
                # never sooner than one that already ran, because `look` only ever moves forward from a run.
                continue
            self._next[name] = self._after(name, now)
            job = self._jobs[name]
            if (now - planned_at).total_seconds() > job.late_seconds_max:
                missed.append((name, planned_at))
            else:
                job.run(now)
                ran.append(name)
        return Due(ran=tuple(ran), missed=tuple(missed))

    def _after(self, name: str, now: datetime) -> datetime:
        # One microsecond later, or a job that ran exactly on its minute would be due at once again.
        found = self._triggers[name].get_next_fire_time(None, now + timedelta(microseconds=1))
        assert isinstance(found, datetime), f"the calendar of {name} has no further run"
        return found.astimezone(UTC)
