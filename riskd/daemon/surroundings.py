"""What the daemon is given from outside: everything that is not decided by its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from riskd.act.identity import Identity
from riskd.adapters.duckdb_ledger import DuckdbLedger
from riskd.adapters.duckdb_migrate import read_migrations
from riskd.adapters.package_files import storage_directory
from riskd.adapters.sandbox import Sandbox
from riskd.cycle import Observe
from riskd.daemon.connections import Connections
from riskd.daemon.places import Places
from riskd.daemon.recording import LedgerStore
from riskd.daemon.service import Listener
from riskd.daemon.settings import Settings
from riskd.daemon.webhook_queue import WebhookQueue
from riskd.execution import Executor
from riskd.observe.assemble import assemble
from riskd.ports import Clock, Journal, Notifier, QueryRunner


def open_duckdb(places: Places, now: datetime) -> LedgerStore:
    """The ledger of an installation; a file that cannot be read any more is set aside and a new one begun.

    Raises:
        LedgerError: It cannot be opened.
    """
    ledger, _ = DuckdbLedger.open_or_quarantine(
        places.ledger, read_migrations(storage_directory() / "migrations"), now=now
    )
    return ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the daemon is given from outside: everything that is not decided by its settings.

    Attributes:
        connections: How venues are reached.
        notifiers: Channels to people.
        journal: Open and verified.
        recovered: What was cut off the journal's end when it was opened; empty when it was whole.
        identity: Authenticates our client order ids.
        listeners: Told of every cycle and plan.
        hooks: Receivers of webhooks.
        read_again: Reads the configuration again, for bounds that are tightened while riskd runs; raises SettingsError.
            None: it stays as it is.
        open_store: Opens the ledger; raises LedgerError while that does not work.
        executor: Carries out plans; simulations bring faulty ones, to prove that they would be caught.
        observe: Makes snapshots; likewise.
        queries: Asks the queries of policies; simulations bring one that needs no process.
    """

    clock: Clock
    connections: Connections
    notifiers: Sequence[Notifier]
    journal: Journal
    identity: Identity
    places: Places
    recovered: str = ""
    listeners: tuple[Listener, ...] = ()
    hooks: Sequence[WebhookQueue] = ()
    read_again: Callable[[], Settings] | None = None
    open_store: Callable[[Places, datetime], LedgerStore] = open_duckdb
    executor: type[Executor] = Executor
    observe: Observe = assemble
    queries: QueryRunner = field(default_factory=Sandbox)
