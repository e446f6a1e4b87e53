"""Puts Slack together: the channel that posts, and the door through which people's clicks and commands come in."""

from __future__ import annotations

from collections.abc import Sequence

from riskd.adapters.credentials import CredentialStore, Secret
from riskd.adapters.slack import SlackNotifier
from riskd.adapters.slack_api import SLACK_API, SlackApi
from riskd.adapters.slack_socket import SlackSocket
from riskd.adapters.slack_text import Buttons
from riskd.daemon.control.means import Means
from riskd.daemon.settings import SlackSettings
from riskd.daemon.slack_commands import SlackCommands
from riskd.daemon.slack_room import Desk, Posts, SlackRoom
from riskd.ports import Notifier

_FAREWELL_SECONDS = 1.0


def slack_notifier(slack: SlackSettings, credentials: CredentialStore) -> SlackNotifier:
    """The channel. It offers buttons only where somebody listens to them.

    Raises:
        CredentialError: The token's file cannot be trusted.
    """
    return SlackNotifier(
        token=_token(credentials, slack.credential),
        room=slack.channel,
        base_url=slack.endpoint or SLACK_API,
        buttons=Buttons.NONE if slack.app_credential is None else Buttons.OFFERED,
    )


def slack_bot(slack: SlackSettings, credentials: CredentialStore) -> SlackApi:
    """Slack's Web API with the bot's token.

    Raises:
        CredentialError: The token's file cannot be trusted.
    """
    return SlackApi(_token(credentials, slack.credential), base_url=slack.endpoint or SLACK_API)


def slack_app(slack: SlackSettings | None, credentials: CredentialStore) -> SlackApi | None:
    """Slack's Web API with the token of the app, which opens connections; None where none is configured.

    Raises:
        CredentialError: The token's file cannot be trusted.
    """
    if slack is None or slack.app_credential is None:
        return None
    return SlackApi(_token(credentials, slack.app_credential), base_url=slack.endpoint or SLACK_API)


class SlackDoor:
    """Listens to Slack while the daemon runs.

    Args:
        app: With the token of the app.
        voice: The channel.
        means: What people reach of the daemon.
        post: The outbox.
    """

    def __init__(self, app: SlackApi, *, voice: SlackNotifier, means: Means, post: Posts) -> None:
        desk = Desk(
            person=means.people.of_slack,
            decide=means.decisions.decide,
            standing=lambda plan: means.decisions.of(plan, means.clock.now()),
            command=SlackCommands(means).answer,
            approvers=means.people.approvers,
        )
        self._room = SlackRoom(voice=voice, desk=desk, post=post, clock=means.clock)
        self._socket = SlackSocket(api=app, clock=means.clock, hear=self._room.hear)

    @property
    def fault(self) -> str:
        """Why nobody can be heard; empty: they can."""
        return "" if self._socket.listening else self._socket.last_error or "not connected yet"

    def start(self) -> None:
        """Begin to listen."""
        self._socket.start()

    async def close(self) -> None:
        """Hang up, after answers that are under way."""
        await self._socket.close()
        await self._room.close(patience_seconds=_FAREWELL_SECONDS)


def slack_door(
    app: SlackApi | None, *, notifiers: Sequence[Notifier], means: Means, post: Posts
) -> SlackDoor | None:
    """The door; None where Slack is not configured to be listened to."""
    voice = next((each for each in notifiers if isinstance(each, SlackNotifier)), None)
    return None if app is None or voice is None else SlackDoor(app, voice=voice, means=means, post=post)


def _token(credentials: CredentialStore, name: str) -> Secret:
    return credentials.fields(name, required=("token",))["token"]
