"""`riskd halt` and `riskd resume`: the kill switch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.state_options import chosen_places, state_options

if TYPE_CHECKING:
    from riskd.adapters.kill_switch import KillSwitch


@click.command()
@state_options
@click.option("--reason", default="halted by hand", show_default=True, help="Kept in the file, for people.")
def halt(config: Path, state: Path | None, reason: str) -> None:
    """Stop all orders now. Watching, judging and alerting go on. Works without the daemon, too."""
    switch = _switch(config, state)
    switch.pull(reason)
    click.echo(f"halted: nothing is sent while {switch.path} exists; `riskd resume` lifts it")


@click.command()
@state_options
def resume(config: Path, state: Path | None) -> int:
    """Lift a halt. Orders start again only where ceiling, policy, rule and account are all armed."""
    if _switch(config, state).release():
        click.echo("resumed")
        return Exit.FINE
    click.echo("was not halted")
    return Exit.FINDINGS


def _switch(config: Path, state: Path | None) -> KillSwitch:
    """The switch of a daemon that has run.

    Raises:
        click.ClickException: None has, in this directory: a switch there would stop nobody.
    """
    from riskd.adapters.kill_switch import KillSwitch

    places = chosen_places(config, state)
    if not places.state.is_dir():
        raise click.ClickException(
            f"{places.state}: no riskd has run with this state directory, so nothing would be halted; name the right one"
            " with --state, or in the configuration (`state: /var/lib/riskd` under systemd)"
        )
    return KillSwitch(places.kill_switch)
