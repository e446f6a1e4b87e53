"""Slack as the configuration has it: buttons only where somebody listens, and a door that opens and closes with the daemon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from riskd.act.decision import Role
from riskd.act.message_plan import waiting_message
from riskd.adapters.credentials import CredentialStore
from riskd.daemon.credential_check import credential_problems
from riskd.daemon.people import People
from riskd.daemon.settings import SlackSettings
from riskd.daemon.settings_people import PersonSettings
from riskd.daemon.slack_wire import slack_app, slack_door, slack_notifier
from riskd.errors import CredentialError
from riskd.model.message import Message
from tests.act.waiting_plans import waiting
from tests.daemon.control.desk import ControlledDesk
from tests.fakes.slack_server import slack_server
from tests.fakes.slack_sockets import buttons_of

ADA = PersonSettings(name="Ada", slack="U0ADA", roles=(Role.OPERATOR,))


@pytest.fixture
def credentials(tmp_path: Path) -> CredentialStore:
    for name, token in (("slack", "xoxb-test"), ("slack-app", "xapp-test")):
        (tmp_path / name).write_text(f"token={token}\n")
        (tmp_path / name).chmod(0o600)
    return CredentialStore.of_user(tmp_path)


def settings(url: str, *, app: str | None = "slack-app") -> SlackSettings:
    return SlackSettings(credential="slack", app_credential=app, channel="#risk", endpoint=url)


@dataclass
class Quiet:
    """A post office that only counts."""

    deliveries: list[str] = field(default_factory=list)

    def say(self, message: Message) -> None:
        self.deliveries.append(message.key)

    def deliver(self) -> None:
        self.deliveries.append("")

    def reference_of(self, channel: str, key: str) -> str:
        return ""

    def adopt(self, channel: str, key: str, reference: str) -> None:
        raise AssertionError("nobody clicks here")


@pytest.mark.parametrize(("app", "buttons"), [("slack-app", 3), (None, 0)])
def test_buttons_are_offered_only_where_somebody_listens(
    credentials: CredentialStore, app: str | None, buttons: int
) -> None:
    async def story() -> None:
        async with slack_server() as server:
            voice = slack_notifier(settings(server.url, app=app), credentials)
            await voice.post(waiting_message(waiting()), root="", edit="")
            assert len(buttons_of(server.posts[0])) == buttons

    asyncio.run(story())


def test_without_a_token_of_the_app_there_is_no_door(tmp_path: Path, credentials: CredentialStore) -> None:
    slack = settings("http://127.0.0.1:9/api/", app=None)
    app = slack_app(slack, credentials)
    assert app is None
    assert slack_app(None, credentials) is None
    means = ControlledDesk(tmp_path).means
    assert slack_door(app, notifiers=[slack_notifier(slack, credentials)], means=means, post=Quiet()) is None


def test_the_door_opens_hears_a_halt_answers_and_closes(tmp_path: Path, credentials: CredentialStore) -> None:
    desk = ControlledDesk(tmp_path / "state", people=People([ADA], uid_of=lambda _: None, own_uid=1))

    async def story() -> None:
        async with slack_server() as server:
            slack = settings(server.url)
            voice, app = slack_notifier(slack, credentials), slack_app(slack, credentials)
            door = slack_door(app, notifiers=[voice], means=desk.means, post=Quiet())
            assert door is not None
            assert door.fault == "not connected yet"
            door.start()
            await server.sockets.listening(2)
            await server.sockets.command("halt all", member="U0ADA")
            assert door.fault == ""
            await door.close()
            assert [whisper.text for whisper in server.whispers] == [
                "everything is halted: nothing of it is sent"
            ]

    asyncio.run(story())
    assert desk.means.switches.house.is_pulled()


def test_a_missing_token_of_the_app_keeps_riskd_from_starting_and_check_names_the_place(
    tmp_path: Path, credentials: CredentialStore
) -> None:
    (tmp_path / "slack-app").unlink()
    with pytest.raises(CredentialError, match="slack-app"):
        slack_app(settings("http://127.0.0.1:9/api/"), credentials)
    config = tmp_path / "riskd.yaml"
    config.write_text('notify: {slack: {credential: slack, app_credential: slack-app, channel: "#risk"}}\n')
    (problem,) = credential_problems(config, credentials)
    assert problem.what.startswith("credential slack-app: ")
    assert (problem.line, problem.column) == (1, 53)


def test_one_file_for_both_tokens_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="another file than credential"):
        settings("http://127.0.0.1:9/api/", app="slack")
