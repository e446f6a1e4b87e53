"""Whether Slack takes what riskd is configured with: the tokens, the blocks, and, when asked, a post."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from riskd.adapters.slack_api import Failure, SlackApi
from riskd.adapters.slack_escape import Block

_NOT_OFFERED = frozenset({"unknown_method", "method_deprecated"})


class State(StrEnum):
    """What was found."""

    FINE = "fine"
    NOT_TOLD = "not told"  # Slack does not say, or nothing is configured: no fault
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried.

    Attributes:
        what: Such as ``bot token``.
        text: What Slack said.
    """

    what: str
    state: State
    text: str


async def findings(
    bot: SlackApi, app: SlackApi | None, *, samples: Sequence[tuple[str, Sequence[Block]]]
) -> AsyncIterator[Finding]:
    """Try everything that leaves no trace in Slack.

    Args:
        bot: With the bot's token.
        app: With the app's token; None: none is configured, and nobody can be heard.
        samples: Blocks by the name of what they show.
    """
    yield await _bot(bot)
    yield await _app(app)
    for name, blocks in samples:
        found = await _blocks(bot, name, blocks)
        yield found
        if found.state is State.NOT_TOLD:
            return


async def _bot(bot: SlackApi) -> Finding:
    answer = await bot.call("auth.test", {})
    if isinstance(answer, Failure):
        return Finding("bot token", State.FAULT, answer.error)
    return Finding("bot token", State.FINE, f"{answer.get('user', '?')} in {answer.get('team', '?')}")


async def _app(app: SlackApi | None) -> Finding:
    if app is None:
        text = "none is configured: plans show commands to type, and no buttons"
        return Finding("app token", State.NOT_TOLD, text)
    answer = await app.call("apps.connections.open", {})
    if isinstance(answer, Failure):
        return Finding("app token", State.FAULT, answer.error)
    return Finding("app token", State.FINE, "Slack opens connections for it")


async def _blocks(bot: SlackApi, name: str, blocks: Sequence[Block]) -> Finding:
    answer = await bot.form("blocks.validate", {"blocks": json.dumps(list(blocks))})
    what = f"blocks of {name}"
    if not isinstance(answer, Failure):
        return Finding(what, State.FINE, "valid")
    if answer.error in _NOT_OFFERED:
        return Finding(
            "blocks", State.NOT_TOLD, "Slack offers no way to check them without a post (blocks.validate)"
        )
    return Finding(what, State.FAULT, answer.error)
