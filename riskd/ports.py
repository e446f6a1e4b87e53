"""What the core asks of the world. Adapters and the paper venue implement these; tests bring fakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from riskd.measure.book.book import Book
from riskd.model.answer import Answer, Refusal
from riskd.model.journal import JournalEntry as JournalEntry
from riskd.model.message import Message
from riskd.model.order import Intent, OrderList, Receipt
from riskd.model.report import JsonValue, Report, Surface
from riskd.model.wire import VenueAnswer, VenueCall


class Clock(Protocol):
    """Time, so that a simulation can own it."""

    def now(self) -> datetime:
        """The wall clock: aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back; only differences mean anything."""
        ...

    async def sleep_until(self, monotonic_seconds: float) -> None:
        """Return once ``monotonic()`` has reached the given reading; at once when it already has."""
        ...


class VenueTransport(Protocol):
    """Carries requests to one venue on behalf of one key (or none): over HTTP, or to the paper venue in-process.

    Readers and senders work over any transport.
    """

    async def call(self, call: VenueCall) -> VenueAnswer:
        """Send one request once and return the answer that arrived, whatever its status.

        Raises:
            VenueUnavailable: No whole answer arrived. A reason that starts with ``unsent:`` says that nothing left
                this machine; after any other reason a request that changes something may have been carried out.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class VenueReader(Protocol):
    """Reads one account of a venue, or (with an empty ``account``) what the venue publishes to all."""

    @property
    def venue(self) -> str:
        """Venue id."""
        ...

    @property
    def account(self) -> str:
        """Account id; empty for the keyless reader of a venue."""
        ...

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        """One report for each wanted surface, in their order. Failures are reports too; this never raises.

        Args:
            wanted: Surfaces to read.
            symbols: Unified symbols for those surfaces that a venue only answers symbol by symbol (trades).
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class OrderSender(Protocol):
    """Sends intents of one account. In monitor mode no such object exists."""

    @property
    def account(self) -> str:
        """Account id."""
        ...

    async def send(self, intent: Intent) -> Receipt:
        """Send once, never again. The receipt's status is ACKNOWLEDGED, FILLED, PARTIALLY_FILLED, CANCELLED, RESTING (a
        stop), REJECTED (only for codes that prove the order was not booked) or UNKNOWN. This never raises."""  # noqa: D205, D209
        ...

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent: its receipt, or None when it says that it has no such order.

        Asks by client order id and looks through open orders and the fills since the intent was made.

        Raises:
            VenueUnavailable: The venue could not be asked; nothing is known.
        """
        ...

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        """Cancel one resting order by the venue's id. One that is gone already is cancelled as well.

        Raises:
            VenueUnavailable: It is not known whether the order still rests.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


Record: TypeAlias = tuple[str, datetime, dict[str, JsonValue]]
"""Kind, time and body of an entry to be."""


class Journal(Protocol):
    """The root of everything that must never be lost: append-only, hash-chained, durable on return."""

    @property
    def head(self) -> tuple[int, str]:
        """Sequence and hash of the last entry; ``(0, "0" * 64)`` when empty."""
        ...

    def append(self, kind: str, at: datetime, body: dict[str, JsonValue]) -> JournalEntry:
        """Write one entry and wait until it is on the disk.

        Raises:
            JournalError: It could not be made durable. The caller must behave as if it was not written.
        """
        ...

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        """Write several entries with one wait for the disk.

        A crash on the way may leave the first of them, in order, and not the rest.

        Raises:
            JournalError: They could not be made durable. The caller must behave as if none was written.
        """
        ...

    @property
    def on_reserve(self) -> bool:
        """True while the disk is full and entries go into the space that was set aside: nothing new may be begun."""
        ...

    def refill_reserve(self) -> bool:
        """Set space aside again, so that last words can be written on a full disk; True when it is there. Cheap.

        Raises:
            JournalError: It failed for another reason than a full disk.
        """
        ...

    def entries(self, *, after: int = 0) -> Iterator[JournalEntry]:
        """Entries with a sequence above ``after``, oldest first, verified against the chain.

        Raises:
            JournalError: The chain does not verify; names the sequence and what differs.
        """
        ...


class Notifier(Protocol):
    """One channel to people."""

    @property
    def channel(self) -> str:
        """Name of the channel, for the outbox."""
        ...

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        """Deliver a message, at least once.

        Args:
            message: What to say; the channel escapes it.
            root: Reference of the thread's root post; empty to start a thread.
            edit: Reference of the post to replace; empty to post anew.

        Returns:
            The channel's reference of the post, for later edits and replies.

        Raises:
            NotifierError: Not accepted; the caller tries again later.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class QueryRunner(Protocol):
    """Asks the SQL of policies, out of reach of everything else. Nothing here raises: what cannot be asked is said."""

    def begin(self) -> None:
        """There will be something to ask: make ready for it, without waiting."""
        ...

    def check(self, queries: Mapping[str, str]) -> Mapping[str, Refusal]:
        """The queries that may not be asked, and why.

        Args:
            queries: Text by any name, by which a refusal is found.
        """
        ...

    def ask(self, book: Book, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """What each query says of a snapshot: an answer for every rule, within a bounded time.

        Args:
            book: One snapshot.
            queries: Text by the id of its rule; texts that ``check`` would refuse fail.
        """
        ...

    def close(self) -> None:
        """Release what it holds. It may be asked again afterwards."""
        ...
