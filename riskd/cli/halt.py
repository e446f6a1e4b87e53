"""`riskd halt` and `riskd resume`: the kill switch."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import config_option


def _switch_file(config: Path) -> Path:
    from riskd.daemon.places import places_of
    from riskd.daemon.settings_file import read_settings

    return places_of(read_settings(config), config=config).kill_switch


@click.command()
@config_option
@click.option("--reason", default="halted by hand", show_default=True, help="Kept in the file, for people.")
def halt(config: Path, reason: str) -> None:
    """Stop all orders now. Watching, judging and alerting go on. Works without the daemon, too."""
    from riskd.adapters.kill_switch import KillSwitch

    path = _switch_file(config)
    KillSwitch(path).pull(reason)
    click.echo(f"halted: nothing is sent while {path} exists; `riskd resume` lifts it")


@click.command()
@config_option
def resume(config: Path) -> int:
    """Lift a halt. Orders start again only where ceiling, policy, rule and account are all armed."""
    from riskd.adapters.kill_switch import KillSwitch

    if KillSwitch(_switch_file(config)).release():
        click.echo("resumed")
        return Exit.FINE
    click.echo("was not halted")
    return Exit.FINDINGS
