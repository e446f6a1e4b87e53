"""What the records of an installation prove, read beside the daemon and changed by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from riskd.adapters.journal_scan import START, Torn, read_between, scan
from riskd.errors import JournalError


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalProof:
    """What a journal proved to be.

    Attributes:
        entries: How many verify, counted from the first.
        first_at: Of the first entry; None when there is none.
        last_at: Of the last entry that verifies.
        head: Hash of that entry.
        torn: An incomplete line behind it, such as a crash leaves; None when there is none.
        damage: What does not verify; empty when everything does.
    """

    entries: int
    first_at: datetime | None
    last_at: datetime | None
    head: str
    torn: Torn | None
    damage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerProof:
    """What a ledger proved to be against its journal.

    Attributes:
        projected: Entries of the journal that it holds unchanged.
        cycles: Cycles whose rows give the digest that the journal states.
        problems: What contradicts; empty when all is well.
    """

    projected: int
    cycles: int
    problems: tuple[str, ...]


def prove_journal(journal: Path) -> JournalProof:
    """Read a journal from its first entry on and prove its chain.

    Raises:
        OSError: It cannot be read at all.
    """
    with journal.open("rb"):
        size = journal.stat().st_size
    first = last = None
    torn, damage = None, ""
    try:
        for entry in read_between(journal, START, size):
            first, last = first or entry, entry
    except JournalError as error:
        # A line that is being written, or was when the process died; or damage.
        try:
            torn = scan(journal).torn
        except JournalError:
            damage = str(error)
    return JournalProof(
        entries=last.sequence if last is not None else 0,
        first_at=first.at if first is not None else None,
        last_at=last.at if last is not None else None,
        head=last.hash if last is not None else START.link.hash,
        torn=torn,
        damage=damage,
    )


def prove_ledger(journal: Path, ledger: Path) -> LedgerProof:
    """Compare a ledger with its journal, row by row. This also shows a journal that was cut short at an end of line.

    Raises:
        JournalError: The journal does not verify.
        LedgerError: The ledger is missing or cannot be read.
    """
    from riskd.adapters.duckdb_query import run_query
    from riskd.adapters.ledger_verify import verify  # brings the engine, which few commands need

    # Asked before the journal is read: what is written meanwhile is then in the journal.
    ((held,),) = run_query(ledger, "select coalesce(max(journal_sequence), 0) from journal_projection").rows
    found = verify(journal, ledger)
    problems = found.problems
    if isinstance(held, int) and held > found.entries:
        cut = f"the journal ends with entry {found.entries}, but the ledger holds entries up to {held}: it was cut short"
        problems = (cut, *problems)
    return LedgerProof(projected=found.projected, cycles=found.cycles, problems=problems)
