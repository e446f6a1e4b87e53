"""Faults of the voice and of the memory: words that are not delivered, entries that are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from riskd.errors import NotifierError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.model.report import JsonValue
from riskd.ports import Journal, Notifier, Record


@dataclass(slots=True)
class SaysItIsDone:
    """A message counts as delivered before it is posted."""

    inner: Notifier
    posting: set[asyncio.Task[str]] = field(default_factory=set)

    @property
    def channel(self) -> str:
        return self.inner.channel

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        task = asyncio.get_running_loop().create_task(self._try(message, root, edit))
        self.posting.add(task)
        return edit or "somewhere"

    async def _try(self, message: Message, root: str, edit: str) -> str:
        try:
            return await self.inner.post(message, root=root, edit=edit)
        except NotifierError:
            return ""

    async def close(self) -> None:
        await self.inner.close()


@dataclass(slots=True)
class GivesUp:
    """A message that was not taken is let go of."""

    inner: Notifier

    @property
    def channel(self) -> str:
        return self.inner.channel

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        try:
            return await self.inner.post(message, root=root, edit=edit)
        except NotifierError:
            return edit or "nowhere"

    async def close(self) -> None:
        await self.inner.close()


class ForgetsTheLast:
    """A journal on a disk that says "written" too early: after a start its last entry is gone."""

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self._lost = inner.head[0]

    @property
    def head(self) -> tuple[int, str]:
        return self._inner.head

    @property
    def on_reserve(self) -> bool:
        return self._inner.on_reserve

    def refill_reserve(self) -> bool:
        return self._inner.refill_reserve()

    def append(self, kind: str, at: datetime, body: dict[str, JsonValue]) -> JournalEntry:
        return self._inner.append(kind, at, body)

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        return self._inner.append_all(records)

    def entries(self, *, after: int = 0) -> Iterator[JournalEntry]:
        return (entry for entry in self._inner.entries(after=after) if entry.sequence != self._lost)


class SwapsUnwritten(ForgetsTheLast):
    """A journal that never takes policies which come into force while riskd runs, and says nothing of it."""

    def __init__(self, inner: Journal) -> None:
        super().__init__(inner)
        self._lost = 0
        self._begun = False

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        kept = [record for record in records if not (self._begun and record[0] == EntryKind.POLICY)]
        self._begun = self._begun or any(record[0] == EntryKind.POLICY for record in records)
        return self._inner.append_all(kept) if kept else ()
