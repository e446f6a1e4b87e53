"""`riskd rearm`: let riskd act again where it disarmed itself."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit


@click.command()
@click.argument("name")
@click.option("--note", required=True, help="What was found, and why it is safe again; everybody reads it.")
@with_json
def rearm(name: str, note: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Let riskd act again on NAME, an account or a policy/rule that it has disarmed. `riskd status` lists them.

    It is your name that stands for it in the record.

    Exit codes: 0 armed again, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
    done = daemon_of(config, state).control("rearm", {"name": name, "note": note})
    if as_json:
        print_json(done)
    else:
        click.echo(f"armed again: {', '.join(f'{part} {visible(name)}' for part in done['parts'])}")
    return Exit.FINE
