"""`riskd silence expire`: end a silence now."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.daemon_client import daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit


@click.command("expire")
@click.argument("silence")
@with_json
def expire(silence: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """End SILENCE, an id of `riskd silence list`, before its time.

    Exit codes: 0 done, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
    done = daemon_of(config, state).control("unsilence", {"id": silence})
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done['id']} has ended")
    return Exit.FINE
