"""`riskd verify`: are the records what was written?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.adapters.safe_text import visible
from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.state_options import chosen_places, state_options

if TYPE_CHECKING:
    from riskd.daemon.places import Places
    from riskd.daemon.proof import JournalProof, LedgerProof


@click.command()
@state_options
@click.option(
    "--ledger", "with_ledger", is_flag=True, help="Prove the ledger against the journal, too: slow."
)
@json_option
def verify(config: Path, state: Path | None, with_ledger: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Verify the hash chain of the journal, also while the daemon runs.

    A chain cannot see by itself that it was cut short at an end of line or rewritten as a whole: compare the head with
    one that was kept elsewhere, or with the ledger.

    Exit codes: 0 all is as it was written, 1 an entry or a row is not, 2 wrong use, 3 the records cannot be read.
    """
    places = chosen_places(config, state)
    journal = _journal(places)
    ledger = _ledger(places) if with_ledger and not journal.damage else None
    damage = (*filter(None, (journal.damage,)), *(ledger.problems if ledger is not None else ()))
    if as_json:
        click.echo(json.dumps(_report(places, journal, ledger, damage), indent=2))
    else:
        for line in _lines(places, journal, ledger):
            click.echo(line)
        for what in damage:
            click.echo(f"damaged: {visible(what)}", err=True)
    return Exit.FINDINGS if damage else Exit.FINE


def _journal(places: Places) -> JournalProof:
    """Prove the journal.

    Raises:
        click.ClickException: It cannot be read at all.
    """
    from riskd.daemon.proof import prove_journal

    try:
        return prove_journal(places.journal)
    except OSError as error:
        cure = "`riskd run` writes it, --state names its directory"
        raise click.ClickException(f"{places.journal}: cannot be read: {error.strerror}; {cure}") from error


def _ledger(places: Places) -> LedgerProof:
    from riskd.daemon.proof import prove_ledger

    return prove_ledger(places.journal, places.ledger)


def _lines(places: Places, journal: JournalProof, ledger: LedgerProof | None) -> Iterator[str]:
    yield f"{places.journal}: {'does not verify' if journal.damage else 'verifies'}"
    yield f"  entries  {journal.entries:,}"
    if journal.first_at is not None and journal.last_at is not None:
        yield f"  first    {_utc(journal.first_at)}"
        yield f"  last     {_utc(journal.last_at)}"
    yield f"  head     {journal.head}"
    if journal.torn is not None:
        yield f"  note     {journal.torn}: being written, or cut short by a crash; the next start removes it"
    if ledger is not None:
        yield f"{places.ledger}: {'contradicts the journal' if ledger.problems else 'verifies'}"
        yield f"  entries  {ledger.projected:,}"
        yield f"  cycles   {ledger.cycles:,}"


def _report(
    places: Places, journal: JournalProof, ledger: LedgerProof | None, damage: tuple[str, ...]
) -> dict[str, object]:
    return {
        "ok": not damage,
        "journal": str(places.journal),
        "entries": journal.entries,
        "first_at": _utc(journal.first_at) if journal.first_at is not None else None,
        "last_at": _utc(journal.last_at) if journal.last_at is not None else None,
        "head": journal.head,
        "incomplete_last_line_bytes": journal.torn.dropped_bytes if journal.torn is not None else 0,
        "ledger_entries": ledger.projected if ledger is not None else None,
        "ledger_cycles": ledger.cycles if ledger is not None else None,
        "damage": list(damage),
    }


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
