"""`riskd halt`: the kill switch. Through the daemon, so that it knows who; without the daemon all the same."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.state_options import state_options


@click.command()
@click.argument("account", default="")
@state_options
@click.option("--reason", default="halted by hand", show_default=True, help="Kept with it, for people.")
def halt(account: str, config: Path, state: Path | None, reason: str) -> int:
    """Stop all orders now, or those of one ACCOUNT. Watching, judging and alerting go on.

    A halt is a file. Where no daemon answers it is made all the same, and a daemon that starts later finds it.

    Exit codes: 0 halted, 2 wrong use or not allowed, 3 the file could not be made.
    """
    from riskd.adapters.safe_text import visible
    from riskd.cli.daemon_client import Unreachable, daemon_of
    from riskd.cli.switches import switch_of

    daemon = daemon_of(config, state)
    try:
        done = daemon.control("halt", {"account": account, "reason": reason})
    except Unreachable:
        switch = switch_of(daemon.places, account)
        switch.pull(reason)
        click.echo(
            f"halted: nothing is sent while {switch.path} exists; `riskd resume` lifts it. No daemon answered"
        )
        return Exit.FINE
    recorded = "" if done["recorded"] else "; the journal could not be written, so it is not on the record"
    click.echo(f"halted {visible(done['halted'])}: nothing of it is sent; `riskd resume` lifts it{recorded}")
    return Exit.FINE
