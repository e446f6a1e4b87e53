"""Faults of the eyes and of the pulse: what is old, missing or contradicted is believed; the watch is slow or leaks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np

from riskd.daemon.settings import Settings
from riskd.model.report import Report
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.assemble import assemble
from riskd.observe.checks import Checks
from riskd.observe.known import Known
from tests.simulation.mutant import Wrapped

_HOUR_SECONDS = 3600.0
_CREDULOUS = Checks(lag_max=timedelta(days=1), pairing_max=timedelta(0))


def old_counts_as_new(settings: Settings) -> Settings:
    """Positions, balances and marks are believed for an hour."""
    freshness = settings.freshness.model_copy(update={"positions": _HOUR_SECONDS, "marks": _HOUR_SECONDS})
    return settings.model_copy(update={"freshness": freshness})


def acts_at_first_sight(settings: Settings) -> Settings:
    """The first picture after a start is enough to send an order."""
    return settings.model_copy(
        update={"orders": settings.orders.model_copy(update={"cycles_before_first": 0})}
    )


def spends_freely(settings: Settings) -> Settings:
    """The bound on orders in an hour is not looked at."""
    return settings.model_copy(
        update={"orders": settings.orders.model_copy(update={"orders_per_hour_max": 10_000})}
    )


def looks_seldom(settings: Settings) -> Settings:
    """A cycle a minute, whatever the configuration says."""
    return settings.model_copy(
        update={"cycle": settings.cycle.model_copy(update={"every": 60.0, "near_limits": 60.0})}
    )


def missing_is_zero(reports: Iterable[Report], **given: Any) -> tuple[Snapshot, Known]:
    """What is not known counts as nothing, and as known."""
    snapshot, known = assemble(reports, **given)
    positions, accounts = snapshot.positions, snapshot.accounts
    return replace(
        snapshot,
        positions=replace(positions, notional=np.nan_to_num(positions.notional)),
        accounts=replace(accounts, equity=np.nan_to_num(accounts.equity, nan=1e6)),
        surfaces=tuple(replace(state, quality=Quality.OK, reason="") for state in snapshot.surfaces),
    ), known


def absent_is_flat(reports: Iterable[Report], *, previous: Known, **given: Any) -> tuple[Snapshot, Known]:
    """A position that is missing from an answer was closed."""
    forgetful = replace(
        previous, accounts={name: replace(account, book=()) for name, account in previous.accounts.items()}
    )
    return assemble(reports, previous=forgetful, **given, checks=_CREDULOUS)


def breaks_now_and_then(reports: Iterable[Report], **given: Any) -> tuple[Snapshot, Known]:
    """A bug that shows in one cycle of ten."""
    if given["snapshot_id"] % 10 == 0:
        raise ZeroDivisionError("a bug")
    return assemble(reports, **given)


class Leaking(Wrapped):
    """Each request leaves a task behind."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        asyncio.get_running_loop().create_task(self.clock.sleep_until(_HOUR_SECONDS))
        return await self.inner.call(call)


class Dicing(Wrapped):
    """Each request waits for a moment that no seed decides."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        await self.clock.sleep_until(self.clock.monotonic() + Random().uniform(0.0, 0.05))
        return await self.inner.call(call)
