"""The kill switches of an installation, for when no daemon answers."""

from __future__ import annotations

import re

import click

from riskd.adapters.kill_switch import KillSwitch, Switches
from riskd.daemon.places import Places

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def switch_of(places: Places, account: str) -> KillSwitch:
    """The switch of everything, or of one account, where a daemon has run.

    Raises:
        click.UsageError: This is no name of an account.
        click.ClickException: No daemon has run there: a switch would stop nobody.
    """
    if account and _ACCOUNT.fullmatch(account) is None:
        raise click.UsageError(f"expected the name of an account, found {account!r}")
    if not places.state.is_dir():
        raise click.ClickException(
            f"{places.state}: no riskd has run with this state directory, so nothing would be halted; name the right one"
            " with --state, or in the configuration (`state: /var/lib/riskd` under systemd)"
        )
    switches = Switches(KillSwitch(places.kill_switch), places.account_switches)
    return switches.of(account) if account else switches.house
