"""What a simulated daemon is connected to: each part fails as the world's weather says, and falls silent when it is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Protocol

from riskd.adapters.ccxt_transport import request_weight
from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.settings import AccountSettings
from riskd.errors import JournalError, NotifierError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.model.report import JsonValue
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.ports import Clock, Journal, Record, VenueTransport
from tests.fakes.journal import Crash
from tests.simulation.life import Life
from tests.simulation.weather import Weather


class Observer(Protocol):
    """Whoever checks what the daemon does to the world."""

    def asking(self, call: VenueCall) -> None:
        """A request of any kind is about to leave."""

    def sending(self, account: str, call: VenueCall) -> None:
        """A request that changes something is about to leave."""

    def answered(self, account: str, call: VenueCall, answer: VenueAnswer) -> None:
        """A request has come back with an answer."""

    def journalled(self, entry: JournalEntry) -> None:
        """An entry became durable."""

    def posted(self, post: Post) -> None:
        """People can see a post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedTransport:
    """A transport that is watched, that keeps to the request budget as the one over HTTP does, and dies with its process."""

    inner: VenueTransport
    account: str
    urgency: Urgency
    budget: RequestBudget
    life: Life
    observer: Observer

    async def call(self, call: VenueCall) -> VenueAnswer:
        self.life.must_live()
        host = call.path.split("/", 2)[1]
        async with self.budget.first_alone(host):
            self.budget.admit(request_weight(call), host=host, urgency=self.urgency)
            self.observer.asking(call)
            if call.method != "GET":
                self.observer.sending(self.account, call)
            answer = await self.inner.call(call)
            self.budget.learn(answer, host=host)
            self.observer.answered(self.account, call, answer)
            return answer

    async def close(self) -> None:
        await self.inner.close()


Wrap = Callable[[VenueTransport, Clock], VenueTransport]
"""What a mutant puts between the daemon and a transport."""


def as_it_is(transport: VenueTransport, _clock: Clock) -> VenueTransport:
    """No mutant."""
    return transport


@dataclass(frozen=True, slots=True, kw_only=True)
class SimConnections:
    """``Connections`` of one life."""

    inside: InsideConnections
    clock: Clock
    budget: RequestBudget
    life: Life
    observer: Observer
    wrap_reading: Wrap = as_it_is
    wrap_trading: Wrap = as_it_is

    def market(self, venue: str) -> VenueTransport:
        return self._gated(self.inside.market(venue), "", Urgency.WATCH)

    def reading(self, account: AccountSettings) -> VenueTransport:
        gated = self._gated(self.inside.reading(account), account.id, Urgency.WATCH)
        return self.wrap_reading(gated, self.clock)

    def trading(self, account: AccountSettings) -> VenueTransport:
        gated = self._gated(self.inside.trading(account), account.id, Urgency.ACT)
        return self.wrap_trading(gated, self.clock)

    def _gated(self, inner: VenueTransport, account: str, urgency: Urgency) -> GatedTransport:
        return GatedTransport(
            inner=inner,
            account=account,
            urgency=urgency,
            budget=self.budget,
            life=self.life,
            observer=self.observer,
        )


class SimJournal:
    """A journal on a disk that can be full, in a process that can die just before or after an entry is durable."""

    def __init__(self, inner: Journal, life: Life, weather: Weather, observer: Observer) -> None:
        self._inner = inner
        self._life = life
        self._weather = weather
        self._observer = observer

    @property
    def head(self) -> tuple[int, str]:
        return self._inner.head

    def append(self, kind: str, at: datetime, body: dict[str, JsonValue]) -> JournalEntry:
        [entry] = self.append_all([(kind, at, body)])
        return entry

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        self._life.must_live()
        is_receipt = any(kind == EntryKind.RECEIPT for kind, _, _ in records)
        if self._weather.disk_is_full() or (is_receipt and self._weather.loses_a_receipt()):
            raise JournalError(f"simulated disk: no space left for {records[0][0]}")
        survive = self._last_of(len(records))
        entries = self._inner.append_all(records if survive is None else records[:survive])
        for entry in entries:
            self._observer.journalled(entry)
        if survive is not None:
            self._life.end()
            raise Crash
        return entries

    def _last_of(self, records: int) -> int | None:
        """How many of some records the process outlives; None when it outlives them all."""
        by_chance = self._weather.entries_before_a_crash(records)
        at_a_step = next((count for count in range(records + 1) if self._life.step()), None)
        return by_chance if at_a_step is None else at_a_step

    @property
    def on_reserve(self) -> bool:
        return self._inner.on_reserve or self._weather.disk_is_on_reserve()

    def refill_reserve(self) -> bool:
        return self._inner.refill_reserve()

    def entries(self, *, after: int = 0) -> Iterator[JournalEntry]:
        return self._inner.entries(after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What people see in the channel.

    Attributes:
        place: The post that shows it: a new one, or the one that was edited.
    """

    at: float
    place: str
    message: Message


@dataclass(slots=True, kw_only=True)
class Channel:
    """A chat room that outlives every daemon: it can be away, lose a request, or lose the answer to one."""

    clock: Clock
    weather: Weather
    random: Random
    observer: Observer
    posts: list[Post] = field(default_factory=list)

    async def post(self, message: Message, edit: str) -> str:
        await self._travel()
        if self.weather.channel_is_away() or self.weather.loses_a_post():
            raise NotifierError(
                "simulated channel: no answer", retry_after_seconds=self.random.choice([None, 7.0])
            )
        post = Post(at=self.clock.monotonic(), place=edit or f"post-{len(self.posts) + 1}", message=message)
        self.posts.append(post)
        self.observer.posted(post)
        await self._travel()
        if self.weather.loses_an_answer():
            raise NotifierError("simulated channel: the answer was lost")
        return post.place

    async def _travel(self) -> None:
        await self.clock.sleep_until(self.clock.monotonic() + self.random.uniform(0.02, 0.4))


class SimNotifier:
    """One life's way to the channel."""

    channel = "room"

    def __init__(self, room: Channel, life: Life) -> None:
        self._room = room
        self._life = life

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        self._life.must_live()
        return await self._room.post(message, edit)

    async def close(self) -> None:
        """Nothing is held."""
