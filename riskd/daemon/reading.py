"""What is read when, and how a venue that does not answer is kept from holding up the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from riskd.model.report import MARKET_SURFACES, Report, Surface
from riskd.ports import Clock, VenueReader

EVERY_CYCLE = 0.0

# Seconds between two reads of a surface. Binance allows 2,400 weight a minute and address: at these rates one account
# costs 156 at a start and then 174 a minute with a cycle of 10 s, 234 with one of 5 s (tests/daemon/test_request_weight
# counts them): most of it whole lists of orders, 40 each, and income, 30. Lists of orders are read more often while few
# accounts are watched (`orders_every_seconds`). What is asked for by `attention` is read at once, whatever stands here,
# and then every `RETRY_SECONDS` for as long as it is asked for: a venue in trouble must not be asked more than a sound one.
CADENCE_SECONDS: Mapping[Surface, float] = {
    Surface.MARKS: EVERY_CYCLE,
    Surface.BALANCES: EVERY_CYCLE,
    Surface.POSITIONS: EVERY_CYCLE,
    Surface.ORDERS: 60.0,
    Surface.CONDITIONAL_ORDERS: 60.0,
    Surface.SPOT_BALANCES: 30.0,
    Surface.INCOME: 60.0,
    Surface.SERVER_TIME: 300.0,
    Surface.SYMBOL_SETTINGS: 600.0,
    Surface.POSITION_MODE: 600.0,
    Surface.INSTRUMENTS: 3600.0,
    Surface.FUNDING_INTERVALS: 3600.0,
    Surface.BRACKETS: 3600.0,
}

# A stop that is gone should be seen soon. Up to half of what an address may ask goes into looking; the rest is for the
# desk's own bots. Beside its two lists of orders (80) an account costs 94 a minute with a cycle of 10 s.
_WEIGHT_PER_MINUTE = 1200.0
_ORDER_LISTS_WEIGHT = 80.0
_OTHER_WEIGHT_PER_MINUTE = 94.0
_ORDERS_SECONDS_MIN = 10.0
_ORDER_LISTS = frozenset({Surface.ORDERS, Surface.CONDITIONAL_ORDERS})

# What is read seldom and failed, or is still doubtful, is read again after this, not after its whole cadence.
RETRY_SECONDS = 20.0

# Failures of this kind have cost the venue nothing: a venue that was away is read whole in the cycle in which it is back.
_UNSENT = "unsent:"


def orders_every_seconds(accounts: int) -> float:
    """Seconds between two reads of an account's lists of orders, when so many accounts of a venue are watched.

    ``60·80·n / (1200 - 94·n)``, at least 10 and at most the cadence of the table: 10 s for two accounts, 24 for four, 60
    from seven on.
    """
    slowest = CADENCE_SECONDS[Surface.ORDERS]
    left = _WEIGHT_PER_MINUTE - _OTHER_WEIGHT_PER_MINUTE * accounts
    if left <= 0:
        return slowest
    return min(max(60.0 * _ORDER_LISTS_WEIGHT * accounts / left, _ORDERS_SECONDS_MIN), slowest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What the last cycle wants to be looked at closely in the next one.

    Attributes:
        surfaces: Read at once, whatever their cadence.
        symbols: Unified symbols whose trades are wanted.
    """

    surfaces: frozenset[Surface] = frozenset()
    symbols: tuple[str, ...] = ()


Aside = Mapping[Surface, Mapping[str, Sequence[str]]]
"""What is read aside: by surface and venue, the unified symbols; none for a surface of the venue as a whole."""


@dataclass(slots=True)
class _Desk:
    """One reader and what it is doing."""

    reader: VenueReader
    surfaces: tuple[Surface, ...]
    # What no cycle waits for.
    aside: dict[Surface, asyncio.Task[tuple[Report, ...]]] = field(default_factory=dict)
    due_at: dict[Surface, float] = field(default_factory=dict)
    wanted_at: dict[str, float] = field(default_factory=dict)  # what was last asked for by attention
    task: asyncio.Task[tuple[Report, ...]] | None = None


class Reading:
    """Reads every account and venue concurrently, each at its own pace.

    A reader that has not answered by the deadline goes on in the background; its account counts as not read in this
    cycle, and what it brings is used in the cycle in which it comes.

    Args:
        readers: One for each account, and a keyless one for each venue.
        clock: Time.
        spot_accounts: Accounts whose spot balances a hedge needs.
    """

    def __init__(
        self, readers: Iterable[VenueReader], clock: Clock, *, spot_accounts: frozenset[str] = frozenset()
    ) -> None:
        self._clock = clock
        self._desks = [_Desk(reader, _surfaces(reader, spot_accounts)) for reader in readers]
        watched = Counter(desk.reader.venue for desk in self._desks if desk.reader.account)
        self._orders_every = {venue: orders_every_seconds(count) for venue, count in watched.items()}

    def look_aside(self, wanted: Aside) -> None:
        """Begin to read aside: no cycle waits for it, and what has come is handed out with the next one.

        Args:
            wanted: Surfaces of venues. A venue that is still busy with one is not asked for it again.
        """
        for desk in self._desks:
            if desk.reader.account:
                continue
            for surface, by_venue in wanted.items():
                symbols = by_venue.get(desk.reader.venue)
                if symbols is not None and surface not in desk.aside:
                    desk.aside[surface] = asyncio.create_task(desk.reader.read([surface], symbols=symbols))

    async def aside(self, *, deadline_seconds: float) -> tuple[Report, ...]:
        """Wait for what is read aside and hand it out."""
        await self._wait(
            {task for desk in self._desks for task in desk.aside.values()},
            self._clock.monotonic() + deadline_seconds,
        )
        return tuple(report for desk in self._desks for report in self._finish_aside(desk))

    async def collect(
        self, *, deadline_seconds: float, attention: Mapping[str, Attention] | None = None
    ) -> tuple[Report, ...]:
        """Read what is due.

        Args:
            deadline_seconds: How long to wait for the slowest reader, on the clock.
            attention: By account, what is wanted beside what is due.

        Returns:
            Reports in the order of the readers, whatever the order in which they came.
        """
        for desk in self._desks:
            if desk.task is None:
                self._begin(desk, (attention or {}).get(desk.reader.account, Attention()))
        await self._wait(
            {desk.task for desk in self._desks if desk.task is not None},
            self._clock.monotonic() + deadline_seconds,
        )
        return tuple(
            report for desk in self._desks for report in (*self._finish(desk), *self._finish_aside(desk))
        )

    def hurry(self, account: str, surfaces: Iterable[Surface]) -> None:
        """Make surfaces of an account due at once, such as after an order of ours."""
        for desk in self._desks:
            if desk.reader.account == account:
                for surface in surfaces:
                    desk.due_at.pop(surface, None)

    def start_over(self) -> None:
        """Make everything due at once: what was read has been lost, whatever its cadence."""
        for desk in self._desks:
            desk.due_at.clear()

    async def close(self) -> None:
        """Stop what is under way and release connections."""
        for desk in self._desks:
            for task in filter(None, (desk.task, *desk.aside.values())):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await desk.reader.close()

    def _begin(self, desk: _Desk, attention: Attention) -> None:
        now = self._clock.monotonic()
        doubtful = {s for s in desk.surfaces if s in attention.surfaces and _is_wanted(desk, s, now)}
        symbols = [symbol for symbol in attention.symbols if _is_wanted(desk, symbol, now)]
        due = [
            surface
            for surface in desk.surfaces
            if surface in doubtful or desk.due_at.get(surface, now) <= now
        ]
        if symbols:
            due.append(Surface.TRADES)
        desk.wanted_at.update(dict.fromkeys([*doubtful, *symbols], now))
        for surface in due:
            desk.due_at[surface] = now + self._every(desk, surface)
        if due:
            desk.task = asyncio.create_task(desk.reader.read(due, symbols=symbols))

    def _every(self, desk: _Desk, surface: Surface) -> float:
        if surface in _ORDER_LISTS:
            return self._orders_every[desk.reader.venue]
        return CADENCE_SECONDS.get(surface, EVERY_CYCLE)

    async def _wait(self, running: set[asyncio.Task[tuple[Report, ...]]], deadline: float) -> None:
        if not running:
            return
        timer = asyncio.create_task(self._clock.sleep_until(deadline))
        try:
            while running and not timer.done():
                done, _ = await asyncio.wait({*running, timer}, return_when=asyncio.FIRST_COMPLETED)
                running -= done
        finally:
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)

    def _finish_aside(self, desk: _Desk) -> Sequence[Report]:
        done = [surface for surface, task in desk.aside.items() if task.done()]
        return [report for surface in done for report in desk.aside.pop(surface).result()]

    def _finish(self, desk: _Desk) -> Sequence[Report]:
        if desk.task is None or not desk.task.done():
            return ()
        reports = desk.task.result()
        desk.task = None
        now = self._clock.monotonic()
        for report in reports:
            if report.failure and report.surface in desk.due_at:
                retry_at = now if report.failure.startswith(_UNSENT) else now + RETRY_SECONDS
                desk.due_at[report.surface] = min(desk.due_at[report.surface], retry_at)
        return reports


def _is_wanted(desk: _Desk, what: str, now: float) -> bool:
    """Whether a surface or symbol was not asked for by attention just now: once more would bring the same."""
    last = desk.wanted_at.get(what)
    return last is None or now - last >= RETRY_SECONDS


def _surfaces(reader: VenueReader, spot_accounts: frozenset[str]) -> tuple[Surface, ...]:
    if not reader.account:
        return tuple(surface for surface in CADENCE_SECONDS if surface in MARKET_SURFACES)
    spot = {Surface.SPOT_BALANCES} if reader.account not in spot_accounts else set()
    return tuple(
        surface for surface in CADENCE_SECONDS if surface not in MARKET_SURFACES and surface not in spot
    )
