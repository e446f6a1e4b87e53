"""A daemon, or its world, with one fault planted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskd.cycle import Observe
from riskd.daemon.settings import Settings
from riskd.execution import Executor
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.assemble import assemble
from riskd.paper.engine.exchange import Exchange
from riskd.ports import Clock, Journal, Notifier, VenueTransport
from tests.simulation.parts import Wrap, as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault. Every hook is a part of the daemon, or of what it is connected to, that is replaced or wrapped.

    Attributes:
        name: What it does wrong.
        caught_by: Invariants, by the names of docs/testing.md, of which one must be found broken.
        found_by: A seed that finds it soon; others are tried when it does not any more.
        settings: The configuration as the daemon takes it; the world goes by what the file says.
        observe: Makes snapshots.
        exchange: The venue itself.
    """

    name: str
    caught_by: frozenset[str] = frozenset()
    found_by: int = 0
    executor: type[Executor] = Executor
    settings: Callable[[Settings], Settings] = lambda settings: settings
    observe: Observe = assemble
    exchange: type[Exchange] = Exchange
    wrap_reading: Wrap = as_it_is
    wrap_trading: Wrap = as_it_is
    wrap_notifier: Callable[[Notifier], Notifier] = lambda notifier: notifier
    wrap_journal: Callable[[Journal], Journal] = lambda journal: journal


@dataclass(slots=True)
class Wrapped:
    """A transport that hands everything on."""

    inner: VenueTransport
    clock: Clock

    async def call(self, call: VenueCall) -> VenueAnswer:
        return await self.inner.call(call)

    async def close(self) -> None:
        await self.inner.close()


NONE = Mutant(name="none")
