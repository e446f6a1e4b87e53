"""`riskd resume`: lift a halt."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.state_options import state_options


@click.command()
@click.argument("account", default="")
@state_options
@click.option("--reason", default="", help="Kept on the record.")
def resume(account: str, config: Path, state: Path | None, reason: str) -> int:
    """Lift the halt of everything, or of one ACCOUNT. Orders start again only where all modes are armed.

    Exit codes: 0 lifted, 1 there was none, 2 wrong use or not allowed, 3 the file could not be removed.
    """
    from riskd.cli.daemon_client import Unreachable, daemon_of
    from riskd.cli.switches import switch_of

    daemon = daemon_of(config, state)
    try:
        was_halted = daemon.control("resume", {"account": account, "reason": reason})["was_halted"]
    except Unreachable:
        was_halted = switch_of(daemon.places, account).release()
    click.echo("resumed" if was_halted else "was not halted")
    return Exit.FINE if was_halted else Exit.FINDINGS
