"""`riskd slack manifest`: what to paste into Slack."""

from __future__ import annotations

import click


@click.command(name="manifest")
@click.option("--name", default="riskd", show_default=True, help="Of the app and its bot.")
def print_manifest(name: str) -> None:
    """The app's manifest: api.slack.com/apps, Create New App, From a manifest.

    Exit codes: 0 printed, 2 wrong use.
    """
    from riskd.adapters.slack_manifest import manifest

    click.echo(manifest(name), nl=False)
