"""Slack as a channel to people: one post an alert, edited in place, replies in its thread.

Messages are delivered at least once: when an answer is lost the outbox posts again, and both posts carry the same key.
The client library retries nothing; the outbox does, when Slack says.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from riskd.adapters.credentials import Secret
from riskd.adapters.slack_text import Block, Rendered, render
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind

SLACK_API = "https://slack.com/api/"
TIMEOUT_SECONDS = 10

_BROADCAST = frozenset({MessageKind.ESCALATION, MessageKind.UNKNOWN})
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_POST_IS_GONE = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
_THREAD_IS_GONE = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a post is: the reference that the outbox keeps."""

    channel: str
    timestamp: str
    thread: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.timestamp}:{self.thread}"


@dataclass(frozen=True, slots=True)
class _Failure:
    """Slack did not take a request. ``error`` is its word for why, or ours."""

    error: str
    retry_after_seconds: float | None = None


class SlackNotifier:
    """Posts to one Slack channel with a bot token (scope ``chat:write``)."""

    def __init__(
        self,
        *,
        token: Secret,
        room: str,
        base_url: str = SLACK_API,
        timeout_seconds: int = TIMEOUT_SECONDS,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            token: Bot token.
            room: Slack channel, by name or id.
            base_url: Slack's Web API; tests bring their own.
            timeout_seconds: For one request.
        """
        # The library writes whole requests to its log at DEBUG.
        log = logging.getLogger("riskd.slack_sdk")
        log.setLevel(logging.WARNING)
        self._room = room
        self._client = AsyncWebClient(
            token=token.reveal(), base_url=base_url, timeout=timeout_seconds, logger=log, retry_handlers=[]
        )

    @property
    def channel(self) -> str:
        """Name of the channel, for the outbox."""
        return "slack"

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        """Deliver a message, at least once.

        Args:
            message: What to say; it is escaped and cut to Slack's limits here.
            root: Reference of the thread's root post; empty to start a thread.
            edit: Reference of the post to replace; empty to post anew. A post that Slack no longer lets us edit is
                posted anew.

        Returns:
            Reference of the post: channel, time stamp and thread.

        Raises:
            NotifierError: Slack did not take it, or did not say that it did.
        """
        rendered = render(message)
        edited, thread = _place(edit), _place(root)
        result = await self._update(rendered, edited) if edited else None
        if result is None or (isinstance(result, _Failure) and result.error in _POST_IS_GONE):
            result = await self._post(rendered, message.kind, thread)
        if isinstance(result, _Failure):
            raise NotifierError(
                f"Slack did not take the message for {self._room}: {result.error}; it stays in the outbox",
                retry_after_seconds=result.retry_after_seconds,
            )
        return str(result)

    async def verify(self) -> str:
        """Name of the bot and workspace that the token belongs to.

        Raises:
            NotifierError: The token is not accepted, or Slack cannot be reached.
        """
        answer = await self._call("auth.test", {})
        if isinstance(answer, _Failure):
            raise NotifierError(
                f"Slack refused the token or could not be asked: {answer.error}",
                retry_after_seconds=answer.retry_after_seconds,
            )
        return f"{answer.get('user', '?')} in {answer.get('team', '?')}"

    async def close(self) -> None:
        """Nothing to release: each request opens and closes its own connection."""

    async def _update(self, rendered: Rendered, place: _Place) -> _Place | _Failure:
        where: dict[str, object] = {"channel": place.channel, "ts": place.timestamp}
        answer = await self._say("chat.update", rendered, where)
        return answer if isinstance(answer, _Failure) else place

    async def _post(self, rendered: Rendered, kind: MessageKind, thread: _Place | None) -> _Place | _Failure:
        where: dict[str, object] = {"channel": self._room, "unfurl_links": False, "unfurl_media": False}
        if thread is not None:
            threaded = {
                "channel": thread.channel,
                "thread_ts": thread.thread,
                "reply_broadcast": kind in _BROADCAST,
            }
            answer = await self._say("chat.postMessage", rendered, {**where, **threaded})
            if not isinstance(answer, _Failure) or answer.error not in _THREAD_IS_GONE:
                return _posted(answer, thread.thread)
        return _posted(await self._say("chat.postMessage", rendered, where), "")

    async def _say(
        self, method: str, rendered: Rendered, where: dict[str, object]
    ) -> dict[str, object] | _Failure:
        """Send with blocks, and without them when Slack does not take the blocks."""
        answer = await self._call(method, _body(rendered.text, rendered.blocks, where))
        if isinstance(answer, _Failure) and answer.error in _BLOCKS_REFUSED:
            return await self._call(method, _body(rendered.text, (), where))
        return answer

    async def _call(self, method: str, body: dict[str, object]) -> dict[str, object] | _Failure:
        """One request. Failures are values here, so that no traceback ever holds the client and its token."""
        try:
            answer = await self._client.api_call(method, json=body)
        except SlackApiError as error:
            return _refused(error.response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Failure(f"no answer ({type(error).__name__})")
        except (AttributeError, TypeError, ValueError) as error:
            # The library calls methods of a JSON object on whatever the body was, a proxy's page for instance.
            return _Failure(f"an answer that is not Slack's ({type(error).__name__})")
        return answer.data if isinstance(answer.data, dict) else _Failure("an answer that is not Slack's")


def _body(text: str, blocks: Sequence[Block], where: dict[str, object]) -> dict[str, object]:
    return {**where, "text": text, "blocks": list(blocks), "parse": "none", "link_names": False}


def _refused(response: object) -> _Failure:
    if not isinstance(response, AsyncSlackResponse):
        return _Failure("an answer that cannot be read")
    data = response.data if isinstance(response.data, dict) else {}
    word = str(data.get("error") or f"HTTP {response.status_code}")
    wait = str(response.headers.get("Retry-After", ""))
    return _Failure(word, float(wait) if wait.isdecimal() else None)


def _posted(answer: dict[str, object] | _Failure, thread: str) -> _Place | _Failure:
    if isinstance(answer, _Failure):
        return answer
    channel, timestamp = answer.get("channel"), answer.get("ts")
    if not (isinstance(channel, str) and isinstance(timestamp, str) and channel and timestamp):
        return _Failure("an answer without the post's place")
    return _Place(channel, timestamp, thread or timestamp)


def _place(reference: str) -> _Place | None:
    """The place in a reference of ours; None when it is empty or not ours."""
    parts = reference.split(":")
    return _Place(*parts) if len(parts) == 3 and all(parts) else None
