"""`riskd slack test`: whether Slack takes what is configured."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.adapters.safe_text import visible
from riskd.cli.exit_codes import Exit
from riskd.cli.options import config_option

if TYPE_CHECKING:
    from riskd.adapters.slack import SlackNotifier
    from riskd.adapters.slack_api import SlackApi


@click.command()
@config_option
@click.option("--post", is_flag=True, help="Also post a line to the configured channel.")
def test(config: Path, post: bool) -> int:  # noqa: FBT001 - click's flag
    """Ask Slack whether it knows the tokens, and whether it takes every kind of message. Leaves no trace without --post.

    Exit codes: 0 all is well, 1 something is not, 2 wrong use or an invalid file.
    """
    from riskd.daemon.credential_check import credentials_of
    from riskd.daemon.settings_file import read_settings
    from riskd.daemon.slack_wire import slack_app, slack_bot, slack_notifier

    slack = read_settings(config).notify.slack
    if slack is None:
        raise click.UsageError(f"{config} names no Slack: write notify: {{slack: ...}}, see docs/slack.md")
    credentials = credentials_of(config)
    bot, app = slack_bot(slack, credentials), slack_app(slack, credentials)
    voice = slack_notifier(slack, credentials) if post else None
    return asyncio.run(_try(bot, app, voice))


async def _try(bot: SlackApi, app: SlackApi | None, voice: SlackNotifier | None) -> int:
    from riskd.adapters.slack_check import State, findings
    from riskd.adapters.slack_text import Buttons, render
    from riskd.cli.slack_samples import samples

    shown = [(name, render(each, buttons=Buttons.OFFERED).blocks) for name, each in samples().items()]
    faults = 0
    async for found in findings(bot, app, samples=shown):
        faults += found.state is State.FAULT
        _say(found.state.value, found.what, found.text)
    if voice is not None:
        faults += await _post(voice)
    return Exit.FINDINGS if faults else Exit.FINE


async def _post(voice: SlackNotifier) -> int:
    """How many faults posting brought to light."""
    from riskd.cli.slack_samples import a_test
    from riskd.errors import NotifierError

    try:
        await voice.post(a_test(), root="", edit="")
    except NotifierError as error:
        _say("fault", "post", str(error))
        return 1
    _say("fine", "post", "it is in the channel")
    return 0


def _say(state: str, what: str, text: str) -> None:
    click.echo(f"{state:9} {what}: {visible(text)}")
