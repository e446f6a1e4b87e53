"""A daemon, or its world, with one fault planted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from riskd.adapters.request_budget import RequestBudget
from riskd.cycle import Observe
from riskd.daemon.settings import Settings
from riskd.execution import Executor
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.assemble import assemble
from riskd.paper.engine.exchange import Exchange
from riskd.ports import Clock, Journal, Notifier, VenueTransport
from tests.simulation.parts import Wrap, as_it_is
from tests.simulation.storage import OpenStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault. Every hook is a part of the daemon, or of what it is connected to, that is replaced or wrapped.

    Attributes:
        name: What it does wrong.
        caught_by: Invariants, by the names of docs/testing.md, of which one must be found broken.
        found_by: A seed that finds it soon; others are tried when it does not any more.
        policy: The policy's text as the daemon understands it; the world goes by what was meant.
        settings: The configuration as the daemon takes it; the world goes by what the file says.
        observe: Makes snapshots.
        exchange: The venue itself.
        budget: Bounds requests.
        after_open: Called with the state directory of each life, once it is open.
    """

    name: str
    caught_by: frozenset[str] = frozenset()
    found_by: int = 0
    executor: type[Executor] = Executor
    policy: Callable[[str], str] = lambda text: text
    settings: Callable[[Settings], Settings] = lambda settings: settings
    observe: Observe = assemble
    exchange: type[Exchange] = Exchange
    wrap_reading: Wrap = as_it_is
    wrap_trading: Wrap = as_it_is
    wrap_notifier: Callable[[Notifier], Notifier] = lambda notifier: notifier
    wrap_journal: Callable[[Journal], Journal] = lambda journal: journal
    wrap_ledger: Callable[[OpenStore], OpenStore] = lambda open_store: open_store
    budget: type[RequestBudget] = RequestBudget
    after_open: Callable[[Path], None] = lambda _state: None


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
