"""`riskd silence`: alerts of which people do not want to hear for a while."""

from __future__ import annotations

import click

from riskd.cli.lazy_group import LazyGroup, Table

COMMANDS: Table = {
    "add": ("riskd.cli.silence_add", "add", "Mute messages about some alerts, for a time."),
    "list": ("riskd.cli.silence_list", "list_silences", "The silences that hold."),
    "expire": ("riskd.cli.silence_expire", "expire", "End a silence now."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def silence() -> None:
    """Mute messages. What is muted is judged, recorded and acted upon as ever; critical alerts are never muted.

    Exit codes: 0 fine, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
