"""Slack over real HTTP: posts, edits, threads, and every way in which Slack fails."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from riskd.adapters.credentials import Secret
from riskd.adapters.slack import SlackNotifier
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level
from tests.fakes.slack_server import RETRY_AFTER_SECONDS, Fault, SlackServer, slack_server

TOKEN = "xoxb-canary-5f1c"
ALERT = Message(
    key="alert|test/leverage|account=main|1",
    kind=MessageKind.ALERT,
    level=Level.BREACH,
    thread="",
    edits_root=False,
    headline="BREACH main: leverage 5.62x is above 5x",
    fields=(("Rule", "Account leverage cap"),),
    body=("The policy asks at this level: block new risk.",),
)
REPLY = replace(ALERT, key="reply", kind=MessageKind.ESCALATION, level=Level.CRITICAL, thread=ALERT.key)
Talk = Callable[[SlackNotifier, SlackServer], Awaitable[None]]


def talk(story: Talk, *, token: str = TOKEN) -> SlackServer:
    """Run a story against a fresh server and hand back its books."""

    async def main() -> SlackServer:
        async with slack_server(TOKEN) as server:
            notifier = SlackNotifier(
                token=Secret(token), room="#risk", base_url=server.url, timeout_seconds=2
            )
            await story(notifier, server)
            await notifier.close()
            return server

    return asyncio.run(main())


def refused(fault: Fault, *, edit: bool = False) -> tuple[NotifierError, SlackServer]:
    """The error of one post under a fault."""
    caught: list[NotifierError] = []

    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        first = await notifier.post(ALERT, root="", edit="") if edit else ""
        server.faults = [fault]
        with pytest.raises(NotifierError) as error:
            await notifier.post(ALERT, root="", edit=first)
        caught.append(error.value)

    server = talk(story)
    return caught[0], server


def test_a_root_post_shows_the_headline_and_stands_alone_in_its_text() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        reference = await notifier.post(ALERT, root="", edit="")
        assert reference == "CRISK:1795339440.000001:1795339440.000001"

    (post,) = talk(story).posts
    assert post.text == "🟠 BREACH main: leverage 5.62x is above 5x"
    assert post.blocks[0]["text"] == {
        "type": "mrkdwn",
        "verbatim": True,
        "text": "🟠 *BREACH main: leverage 5.62x is above 5x*",
    }


def test_an_edit_replaces_the_post_in_place() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        first = await notifier.post(ALERT, root="", edit="")
        assert await notifier.post(replace(ALERT, headline="RESOLVED main"), root="", edit=first) == first

    (post,) = talk(story).posts
    assert (post.text, post.edits) == ("🟠 RESOLVED main", 1)


def test_an_escalation_replies_in_the_thread_and_is_seen_by_the_channel() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        root = await notifier.post(ALERT, root="", edit="")
        await notifier.post(REPLY, root=root, edit="")
        await notifier.post(replace(REPLY, kind=MessageKind.PLAN), root=root, edit="")

    posts = talk(story).posts
    assert [post.thread_ts for post in posts[1:]] == [posts[0].ts] * 2
    assert [post.broadcast for post in posts[1:]] == [True, False]


def test_a_reply_to_a_reply_joins_the_thread_of_its_root() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        storm = await notifier.post(ALERT, root="", edit="")
        alert = await notifier.post(REPLY, root=storm, edit="")
        await notifier.post(REPLY, root=alert, edit="")

    posts = talk(story).posts
    assert posts[2].thread_ts == posts[0].ts


@pytest.mark.parametrize("fault", [Fault.MESSAGE_NOT_FOUND, Fault.EDIT_WINDOW_CLOSED])
def test_a_post_that_cannot_be_edited_any_more_is_posted_anew(fault: Fault) -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        first = await notifier.post(ALERT, root="", edit="")
        server.faults = [fault]
        assert await notifier.post(ALERT, root="", edit=first) != first

    assert len(talk(story).posts) == 2


def test_a_reply_whose_thread_is_gone_becomes_a_root() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        await notifier.post(REPLY, root="CRISK:1.0:1.0", edit="")

    (post,) = talk(story).posts
    assert post.thread_ts == ""


def test_a_reference_that_is_not_ours_is_no_reference() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        await notifier.post(ALERT, root="nonsense", edit="::")

    assert talk(story).requests == ["chat.postMessage"]


def test_refused_blocks_fall_back_to_plain_text() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [Fault.INVALID_BLOCKS]
        await notifier.post(ALERT, root="", edit="")

    (post,) = talk(story).posts
    assert post.blocks == []
    assert post.text == (
        "🟠 BREACH main: leverage 5.62x is above 5x\nThe policy asks at this level: block new risk."
    )


def test_a_rate_limit_says_how_long_to_wait_and_sends_nothing_more() -> None:
    error, server = refused(Fault.RATE_LIMITED)
    assert error.retry_after_seconds == RETRY_AFTER_SECONDS
    assert server.requests == ["chat.postMessage"]


def test_a_rate_limited_edit_is_not_posted_anew() -> None:
    error, server = refused(Fault.RATE_LIMITED, edit=True)
    assert error.retry_after_seconds == RETRY_AFTER_SECONDS
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault.OUTAGE,
        Fault.PLAIN_TEXT_PAGE,
        Fault.NOT_AN_OBJECT,
        Fault.TRUNCATED,
        Fault.RESET,
        Fault.NO_TIMESTAMP,
    ],
)
def test_whatever_is_not_slacks_yes_keeps_the_message_in_the_outbox(fault: Fault) -> None:
    error, server = refused(fault)
    assert error.retry_after_seconds is None
    assert len(server.requests) == 1  # the library repeats nothing by itself


def test_a_lost_answer_is_an_error_and_the_second_post_carries_the_same_key() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [Fault.LOST]
        with pytest.raises(NotifierError):
            await notifier.post(ALERT, root="", edit="")
        await notifier.post(ALERT, root="", edit="")

    first, second = talk(story).posts
    assert first.blocks[-1] == second.blocks[-1]
    assert ALERT.key in first.blocks[-1]["elements"][0]["text"]


def test_a_server_that_is_not_there_is_an_error() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        nowhere = SlackNotifier(token=Secret(TOKEN), room="#risk", base_url="http://127.0.0.1:9/api/")
        with pytest.raises(NotifierError, match="no answer"):
            await nowhere.post(ALERT, root="", edit="")

    talk(story)


def test_the_token_is_checked_by_asking_slack() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        assert await notifier.verify() == "riskd in desk"

    talk(story)


def test_slack_is_told_not_to_find_links_and_names() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        await notifier.post(ALERT, root="", edit="")

    (body,) = talk(story).bodies
    assert (body["parse"], body["link_names"], body["unfurl_links"]) == ("none", False, False)


@pytest.mark.parametrize("fault", [*Fault, None])
def test_the_token_shows_in_no_error_and_no_log(fault: Fault | None) -> None:
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    said: list[str] = []

    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [fault] if fault else []
        said.append(repr(vars(notifier)))
        for call in (notifier.post(ALERT, root="", edit=""), notifier.verify()):
            try:
                await call
            except NotifierError as error:
                said.extend([str(error), repr(error), repr(error.__context__), repr(error.__cause__)])
                frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
                said.extend(repr(frame.locals) for frame in frames if "adapters/slack" in frame.filename)

    try:
        talk(story, token=TOKEN if fault else "xoxb-canary-wrong")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    assert "canary" not in "".join(said) + heard.getvalue()
    assert ALERT.headline not in heard.getvalue()  # what is said to people is not for the log
