"""`riskd slack`: the manifest asks for the least, messages can be seen without Slack, and Slack can be asked what it thinks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from riskd.cli.slack_page import page
from riskd.cli.slack_preview import KINDS
from riskd.cli.slack_samples import samples
from tests.cli.running import Ran, run_here
from tests.fakes.slack_blocks import fault_of
from tests.fakes.slack_server import Fault, SlackServer, slack_server

BOT, APP = "xoxb-canary-1", "xapp-canary-2"


class Slack(Protocol):
    """Runs `riskd slack ...` in this process."""

    def __call__(self, *arguments: str) -> Ran: ...


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Slack:
    return lambda *arguments: run_here(["slack", *arguments], capsys)


def test_the_manifest_is_yaml_with_socket_mode_and_no_scope_that_reads(run: Slack) -> None:
    told = yaml.safe_load(run("manifest", "--name", 'risk "desk"').out)
    assert told["display_information"]["name"] == 'risk "desk"'
    assert told["settings"]["socket_mode_enabled"] is True
    assert told["settings"]["interactivity"]["is_enabled"] is True
    assert told["oauth_config"]["scopes"]["bot"] == ["chat:write", "commands"]
    assert told["features"]["slash_commands"][0]["command"] == "/riskd"


def test_every_kind_can_be_seen(run: Slack) -> None:
    assert tuple(samples()) == KINDS
    told = run("preview").out
    for name in KINDS:
        assert f"── {name}\n" in told
    assert "[✅ Approve]  [✋ Hold 5 min]  [❌ Reject]" in told
    assert "nothing has been sent yet" in told


def test_one_kind_as_json_is_what_slack_takes(run: Slack) -> None:
    for name in KINDS:
        told = json.loads(run("preview", name, "--format", "json").out)
        assert fault_of(told) == ""
    assert set(json.loads(run("preview", "--format", "json").out)) == set(KINDS)


def test_the_page_shows_a_message_and_runs_nothing_of_it(run: Slack) -> None:
    told = run("preview", "plan", "--format", "html").out
    assert told.startswith("<!doctype html>")
    assert '<button class="primary"' in told
    hostile = {"type": "section", "text": {"type": "mrkdwn", "text": "&lt;script&gt;*x*&lt;/script&gt; <b>"}}
    shown = page({"<img>": [hostile]})  # type: ignore[list-item]  # blocks as Slack would give them back
    assert "<script>" not in shown
    assert "<img>" not in shown
    assert "&lt;script&gt;<b>x</b>&lt;/script&gt; &lt;b&gt;" in shown


def test_a_kind_that_does_not_exist_is_wrong_use(run: Slack) -> None:
    assert run("preview", "nonsense").code == 2


# ---- test ----------------------------------------------------------------------------------------------------------


def configured(folder: Path, url: str, *, bot: str = BOT, app: str | None = APP) -> Path:
    credentials = folder / "credentials"
    credentials.mkdir()
    for name, token in (("slack", bot), ("slack-app", app or "unused")):
        (credentials / name).write_text(f"token={token}\n")
        (credentials / name).chmod(0o600)
    named = "" if app is None else "app_credential: slack-app, "
    slack = f'{{credential: slack, {named}channel: "#risk", endpoint: "{url}"}}'
    config = folder / "riskd.yaml"
    config.write_text(
        "riskd: config/v1\npolicies: [demo]\n"
        "accounts: [{id: main, venue: binanceusdm, credential: main}]\n"
        f"notify: {{slack: {slack}}}\n"
    )
    return config


def asked(
    run: Slack,
    folder: Path,
    *arguments: str,
    prepare: Callable[[SlackServer], None] = lambda server: None,
    bot: str = BOT,
    app: str | None = APP,
) -> tuple[Ran, SlackServer]:
    """Run `riskd slack test` beside a local Slack."""

    async def main() -> tuple[Ran, SlackServer]:
        async with slack_server(BOT, app_token=APP) as server:
            prepare(server)
            config = configured(folder, server.url, bot=bot, app=app)
            command = ["test", "--config", str(config), *arguments]
            # The command runs a loop of its own, so it needs a thread beside the server's.
            result = await asyncio.get_running_loop().run_in_executor(None, lambda: run(*command))
            return result, server

    return asyncio.run(main())


def test_all_is_well_is_said_of_each_token_and_each_kind_of_message(run: Slack, tmp_path: Path) -> None:
    result, server = asked(run, tmp_path)
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "fine      bot token: riskd in desk"
    assert lines[1] == "fine      app token: Slack opens connections for it"
    assert len(lines) == 2 + len(KINDS)
    assert server.posts == []
    assert "canary" not in result.out + result.err


def test_a_workspace_that_cannot_check_blocks_says_so_once(run: Slack, tmp_path: Path) -> None:
    def cannot(server: SlackServer) -> None:
        server.validates = False

    result, _ = asked(run, tmp_path, prepare=cannot)
    assert result.out.splitlines()[-1].startswith("not told  blocks: Slack offers no way to check them")


def test_without_a_token_of_the_app_it_says_what_is_missing(run: Slack, tmp_path: Path) -> None:
    result, _ = asked(run, tmp_path, app=None)
    assert "not told  app token: none is configured: plans show commands to type" in result.out


@pytest.mark.parametrize(("bot", "app", "what"), [("xoxb-no", APP, "bot"), (BOT, "xapp-no", "app")])
def test_a_token_that_is_not_accepted_is_a_finding(
    run: Slack, tmp_path: Path, bot: str, app: str, what: str
) -> None:
    result, _ = asked(run, tmp_path, bot=bot, app=app)
    assert f"fault     {what} token: invalid_auth" in result.out
    assert result.code == 1


def test_a_post_is_made_only_when_it_is_asked_for_and_says_that_it_is_a_test(
    run: Slack, tmp_path: Path
) -> None:
    result, server = asked(run, tmp_path, "--post")
    assert result.out.splitlines()[-1] == "fine      post: it is in the channel"
    assert [post.text for post in server.posts] == [
        "🛠 riskd can post here: this is a test, and nothing has happened"
    ]


def test_a_post_that_slack_does_not_take_is_a_finding(run: Slack, tmp_path: Path) -> None:
    def away(server: SlackServer) -> None:
        server.faults = [*[Fault.OUTAGE] * 20]

    result, _ = asked(run, tmp_path, "--post", prepare=away)
    assert "fault     post: Slack did not take the message" in result.out
