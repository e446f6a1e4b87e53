"""Faults of the record, of the budget of requests and of what is kept secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.daemon.demo.world import paper_key
from riskd.daemon.places import Places
from riskd.daemon.recording import LedgerStore
from riskd.errors import JournalError, VenueUnavailable
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.order import PlanState
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.dialect.http import Rights
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Event, Quote
from riskd.ports import Record
from riskd.record.bodies import plan_state_body
from riskd.record.rows import CycleRows
from tests.simulation.mutant import Wrapped
from tests.simulation.mutants_words import ForgetsTheLast
from tests.simulation.storage import OpenStore


class HandsOnJournal(ForgetsTheLast):
    """A journal through whose hands everything goes, and from which nothing is lost."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._lost = 0

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        return self._inner.append_all(self.changed(records))

    def changed(self, records: Sequence[Record]) -> list[Record]:
        return list(records)


class KeepsOldPolicies(HandsOnJournal):
    """Policies never come into force after the start: "the journal cannot be written"."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._begun = False

    def changed(self, records: Sequence[Record]) -> list[Record]:
        if self._begun and any(kind == EntryKind.POLICY for kind, _, _ in records):
            raise JournalError("not today")
        self._begun = self._begun or any(kind == EntryKind.POLICY for kind, _, _ in records)
        return list(records)


class PlansOnAnotherCycle(HandsOnJournal):
    """A plan names a snapshot that nobody has recorded."""

    def changed(self, records: Sequence[Record]) -> list[Record]:
        return [
            (kind, at, {**body, "snapshot_id": 10**6} if kind == EntryKind.PLAN else body)
            for kind, at, body in records
        ]


class DeafToANo(HandsOnJournal):
    """A person has just refused the plan; it is carried out all the same."""

    def changed(self, records: Sequence[Record]) -> list[Record]:
        found: list[Record] = []
        for kind, at, body in records:
            if kind == EntryKind.PLAN_STATE and body["state"] == PlanState.EXECUTING.value:
                found.append((kind, at, plan_state_body(str(body["id"]), PlanState.REJECTED, "no")))
            found.append((kind, at, body))
        return found


class _OtherEquity:
    """A ledger that keeps the equity in thousands."""

    def __init__(self, inner: LedgerStore) -> None:
        self._inner = inner

    def commit(self, rows: CycleRows, entries: Iterable[JournalEntry] = ()) -> None:
        blocks = tuple(
            replace(
                block,
                numbers=tuple(
                    (name, values / 1000 if name == "equity_usd" else values)
                    for name, values in block.numbers
                ),
            )
            for block in rows.blocks
        )
        self._inner.commit(replace(rows, blocks=blocks), entries)

    def project(self, entries: Iterable[JournalEntry]) -> int:
        return self._inner.project(entries)

    def catch_up(self, journal: Any) -> int:
        return self._inner.catch_up(journal)

    @property
    def set_aside(self) -> str:
        return self._inner.set_aside

    def forget_details(self, *, before: datetime) -> None:
        self._inner.forget_details(before=before)

    def equity_samples(self, *, since: datetime) -> Mapping[str, Sequence[tuple[float, float, float, str]]]:
        return self._inner.equity_samples(since=since)

    def transfers(self, *, since: datetime) -> Sequence[tuple[str, str, float, float, str]]:
        return self._inner.transfers(since=since)

    def checkpoint(self) -> None:
        self._inner.checkpoint()

    def close(self) -> None:
        self._inner.close()


def writes_thousands(open_store: OpenStore) -> OpenStore:
    """Units mixed up on the way into the ledger."""

    def opened(places: Places, now: datetime) -> LedgerStore:
        return _OtherEquity(open_store(places, now))

    return opened


class PaysTwice(Exchange):
    """A venue that gives whoever trades there a present at each step, out of nothing."""

    def advance(self, now_ms: int, quotes: Mapping[str, Quote]) -> tuple[Event, ...]:
        for account in self.accounts:
            self._account(account).cross_wallet += Decimal("0.00000001")
        return super().advance(now_ms, quotes)


def cleans_up_locks(state: Path) -> None:
    """Somebody's housekeeping removes lock files."""
    for lock in state.glob("*.lock"):
        lock.unlink()


class TellsItsKey(Wrapped):
    """A failure is explained with everything that was sent, the signature's key among it."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        try:
            return await self.inner.call(call)
        except VenueUnavailable as error:
            key = paper_key("one", Rights.READ)
            raise VenueUnavailable(
                f"{error}; sent with {key.key}:{key.secret}", reason=error.reason
            ) from error


class DeafToSilence(RequestBudget):
    """ "Too many requests" is no reason to ask less."""

    def learn(self, answer: VenueAnswer, *, host: str) -> None:
        """Nothing is learned."""


class CountsNothing(RequestBudget):
    """Requests are not counted."""

    def admit(self, weight: int, *, host: str, urgency: Urgency) -> None:
        super().admit(0, host=host, urgency=urgency)


def never_clears(policy: str) -> str:
    """An alert that has ended goes on firing for hours."""
    return policy.replace("margin: 5%, for: 30s", "margin: 5%, for: 3h")
