"""One look: read everything twice, judge it, plan, and let go. Nothing is sent and nothing is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from riskd.adapters.system_clock import SystemClock
from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.daemon.aside import due_aside
from riskd.daemon.attention import attention_after
from riskd.daemon.connections import Connections, HttpConnections
from riskd.daemon.credential_check import credentials_of
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.intake import take_in
from riskd.daemon.policies import load_policies
from riskd.daemon.policy_files import seen_from
from riskd.daemon.prices import read_on_demand
from riskd.daemon.queries import asking, patient_queries
from riskd.daemon.reading import Reading
from riskd.daemon.settings import Settings
from riskd.daemon.settings_file import read_settings
from riskd.daemon.watching import freshness_of, readers_of, reading_of
from riskd.judge.answered import Ask, nobody_asked
from riskd.model.history import History
from riskd.model.report import Report, Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.assemble import assemble
from riskd.observe.known import Known
from riskd.policy.bundle import Bundle
from riskd.policy.rule import Rule
from riskd.ports import Clock

_DEADLINE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look saw.

    Attributes:
        settings: The configuration it looked with.
        result: A cycle in which every rule fires at once, so that what would be done can be shown.
        bundle: The policies and waivers that it was judged by.
    """

    settings: Settings
    result: CycleResult
    bundle: Bundle

    @property
    def findings(self) -> bool:
        """Whether a rule is exceeded, cannot be judged, or an account could not be seen."""
        judged = any(bool((reading.levels != 0).any()) for reading in self.result.readings)
        return judged or any(
            state.quality is not Quality.OK and state.reason != "never read"
            for state in self.result.snapshot.surfaces
        )


async def look(config: Path) -> Sight:
    """Look at the configured accounts once.

    Raises:
        RiskdError: Settings, policies or credentials are not usable. A venue that cannot be reached is not an error:
            the result says so.
    """
    settings = read_settings(config)
    clock = SystemClock()
    connections = HttpConnections(settings, credentials_of(config), clock)
    with patient_queries() as queries:
        bundle = load_policies(seen_from(config.parent, settings.policy_files), queries).bundle
        return await look_with(settings, bundle, clock, connections, ask=asking(queries))


async def look_with(
    settings: Settings,
    bundle: Bundle,
    clock: Clock,
    connections: Connections,
    *,
    ask: Ask = nobody_asked,
    also: frozenset[Surface] = frozenset(),
    asked: frozenset[str] = frozenset(),
) -> Sight:
    """The same over given connections.

    Two cycles are run on two reads: the second asks for what the first one found worth a closer look, such as when a
    position was opened.

    Args:
        settings: The configuration.
        bundle: Policies and waivers.
        clock: Time.
        connections: How venues are reached.
        ask: Asks the queries of rules.
        also: What is read aside though no rule looks at it.
        asked: Unified symbols of contracts that are looked at though nobody holds, orders or names them.
    """
    desk = settings.desk()
    readers = readers_of(settings, connections, clock)
    reading: Reading = reading_of(readers, desk, clock)
    keeper, wanted = HistoryKeeper(desk), read_on_demand(bundle.rules, desk) | also

    observe = partial(assemble, asked=asked)

    def remember(snapshot: Snapshot, known: Known) -> History:
        take_in(keeper, snapshot, known)
        if Surface.INCOME in wanted:
            keeper.bookings.take_in(known, snapshot.taken_at)
        return keeper.history(snapshot.taken_at)

    given = CycleInput(
        snapshot_id=1,
        now=clock.now(),
        reports=(),
        known=Known(),
        desk=desk,
        freshness=freshness_of(settings),
        bundle=_at_once(bundle),
        states={},
        remember=remember,
        attempts={},
        ceiling=settings.ceiling,
        duration_seconds=float(np.nan),
        ask=ask,
    )
    try:
        reports = await reading.collect(deadline_seconds=_DEADLINE_SECONDS)
        first = run_cycle(replace(given, now=clock.now(), reports=reports), observe=observe)
        past = await _aside(reading, keeper, first.snapshot, wanted)
        reports = await reading.collect(deadline_seconds=_DEADLINE_SECONDS, attention=attention_after(first))
        second = run_cycle(
            replace(given, now=clock.now(), reports=(*past, *reports), known=first.known), observe=observe
        )
    finally:
        await reading.close()
    return Sight(settings, second, bundle)


async def _aside(
    reading: Reading, keeper: HistoryKeeper, snapshot: Snapshot, wanted: frozenset[Surface]
) -> tuple[Report, ...]:
    """What the rules look at beside the snapshot, of everything that is held, a few contracts at a time."""
    found: tuple[Report, ...] = ()
    while due := due_aside(keeper, snapshot, wanted):
        reading.look_aside(due)
        found += await reading.aside(deadline_seconds=_DEADLINE_SECONDS)
    return found


def _at_once(bundle: Bundle) -> Bundle:
    """The policies without waiting times: one look cannot wait for a level to be held."""

    def impatient(rule: Rule) -> Rule:
        return replace(rule, hold_seconds=tuple((level, 0.0) for level, _ in rule.hold_seconds))

    policies = tuple(
        replace(policy, rules=tuple(impatient(rule) for rule in policy.rules)) for policy in bundle.policies
    )
    return replace(bundle, policies=policies)
