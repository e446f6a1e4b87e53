"""`riskd ack`: somebody looks after an alert."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.daemon_client import daemon_of, print_json, seconds_of, with_json
from riskd.cli.exit_codes import Exit


@click.command()
@click.argument("alert")
@click.option("--note", default="", help="For the others.")
@click.option("--for", "lasts", default="4h", show_default=True, help="How long, at most 24h.")
@with_json
def ack(alert: str, note: str, lasts: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Say that you look after ALERT: an id of `riskd alerts`, or its beginning.

    It ends by itself, and when the alert gets worse. Nothing is muted by it, and nothing that riskd does changes.

    Exit codes: 0 done, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
    asked = {"id": alert, "note": note, "seconds": seconds_of(lasts, "--for")}
    done = daemon_of(config, state).control("ack", asked)
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done['by']} looks after {done['id']} until {done['until'][:16].replace('T', ' ')} UTC")
    return Exit.FINE
