"""`riskd slack`: set Slack up, try it, and see what its messages look like."""

from __future__ import annotations

import click

from riskd.cli.lazy_group import LazyGroup, Table

COMMANDS: Table = {
    "manifest": ("riskd.cli.slack_manifest", "print_manifest", "The app's manifest, for one paste."),
    "test": ("riskd.cli.slack_test", "test", "Whether Slack takes the tokens and the blocks."),
    "preview": ("riskd.cli.slack_preview", "preview", "What messages look like; needs no Slack."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def slack() -> None:
    """Slack: manifest, test, preview.

    Exit codes: 0 fine, 1 findings, 2 wrong use or invalid files.
    """
