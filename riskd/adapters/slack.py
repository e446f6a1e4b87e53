"""Slack as a channel to people: one post an alert, edited in place, replies in its thread.

Messages are delivered at least once: when an answer is lost the outbox posts again, and both posts carry the same key.
The client library retries nothing; the outbox does, when Slack says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskd.adapters.credentials import Secret
from riskd.adapters.slack_api import SLACK_API, TIMEOUT_SECONDS, Failure, SlackApi
from riskd.adapters.slack_escape import Block, fitted
from riskd.adapters.slack_text import Buttons, Rendered, render
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind

CHANNEL = "slack"
"""Name of the channel, for the outbox."""

_BROADCAST = frozenset({MessageKind.ESCALATION, MessageKind.UNKNOWN})
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_POST_IS_GONE = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
_THREAD_IS_GONE = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})
_WHISPER_BUDGET = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a post is: the reference that the outbox keeps.

    Attributes:
        thread: Time stamp of the root of its thread; its own when it is one.
    """

    channel: str
    timestamp: str
    thread: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.timestamp}:{self.thread}"


class SlackNotifier:
    """Posts to one Slack channel with a bot token (scope ``chat:write``)."""

    def __init__(
        self,
        *,
        token: Secret,
        room: str,
        base_url: str = SLACK_API,
        timeout_seconds: int = TIMEOUT_SECONDS,
        buttons: Buttons = Buttons.NONE,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            token: Bot token.
            room: Slack channel, by name or id.
            base_url: Slack's Web API; tests bring their own.
            timeout_seconds: For one request.
            buttons: Whether somebody listens to clicks.
        """
        self._room = room
        self._buttons = buttons
        self._api = SlackApi(token, base_url=base_url, timeout_seconds=timeout_seconds)
        self._takes_tables = True

    @property
    def channel(self) -> str:
        """Name of the channel, for the outbox."""
        return CHANNEL

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        """Deliver a message, at least once.

        Args:
            message: What to say; it is escaped and cut to Slack's limits here.
            root: Reference of the thread's root post; empty to start a thread.
            edit: Reference of the post to replace; empty to post anew. A post that Slack no longer lets us edit is
                posted anew, in the thread in which it was.

        Returns:
            Reference of the post: channel, time stamp and thread.

        Raises:
            NotifierError: Slack did not take it, or did not say that it did.
        """
        rendered = render(message, buttons=self._buttons)
        edited, thread = _place(edit), _place(root)
        result = await self._update(rendered, edited) if edited else None
        if result is None or (isinstance(result, Failure) and result.error in _POST_IS_GONE):
            was_reply = edited is not None and edited.thread != edited.timestamp
            result = await self._post(rendered, message.kind, edited if was_reply else thread)
        if isinstance(result, Failure):
            raise NotifierError(
                f"Slack did not take the message for {self._room}: {result.error}; it stays in the outbox",
                retry_after_seconds=result.retry_after_seconds,
            )
        return str(result)

    async def whisper(self, text: str, *, channel: str, member: str, thread: str = "", link: str = "") -> str:
        """Tell one person something that nobody else sees.

        Args:
            text: It is escaped here.
            channel: Slack's id of the channel in which they asked.
            member: Slack's id of the person.
            thread: Time stamp of the thread in which they asked; empty: in none.
            link: Reference of a post that is meant; empty: none is.

        Returns:
            Empty, or why they could not be told.
        """
        said = fitted(text, _WHISPER_BUDGET)
        address = await self._permalink(link) if link else ""
        said = f"{said} <{address}|Go there>" if address else said
        where: dict[str, object] = {"channel": channel, "user": member}
        if thread:
            where["thread_ts"] = thread
        answer = await self._api.call("chat.postEphemeral", _body(said, (), where))
        if isinstance(answer, Failure) and answer.error in _NOT_THERE:
            # Where the bot is no member it can still write to the person alone.
            answer = await self._api.call("chat.postMessage", _body(said, (), {"channel": member}))
        return answer.error if isinstance(answer, Failure) else ""

    async def verify(self) -> str:
        """Name of the bot and workspace that the token belongs to.

        Raises:
            NotifierError: The token is not accepted, or Slack cannot be reached.
        """
        answer = await self._api.call("auth.test", {})
        if isinstance(answer, Failure):
            raise NotifierError(
                f"Slack refused the token or could not be asked: {answer.error}",
                retry_after_seconds=answer.retry_after_seconds,
            )
        return f"{answer.get('user', '?')} in {answer.get('team', '?')}"

    async def close(self) -> None:
        """Nothing to release: each request opens and closes its own connection."""

    async def _update(self, rendered: Rendered, place: Place) -> Place | Failure:
        where: dict[str, object] = {"channel": place.channel, "ts": place.timestamp}
        answer = await self._say("chat.update", rendered, where)
        return answer if isinstance(answer, Failure) else place

    async def _post(self, rendered: Rendered, kind: MessageKind, thread: Place | None) -> Place | Failure:
        where: dict[str, object] = {"channel": self._room, "unfurl_links": False, "unfurl_media": False}
        if thread is not None:
            threaded = {
                "channel": thread.channel,
                "thread_ts": thread.thread,
                "reply_broadcast": kind in _BROADCAST,
            }
            answer = await self._say("chat.postMessage", rendered, {**where, **threaded})
            if not isinstance(answer, Failure) or answer.error not in _THREAD_IS_GONE:
                return _posted(answer, thread.thread)
        return _posted(await self._say("chat.postMessage", rendered, where), "")

    async def _say(
        self, method: str, rendered: Rendered, where: dict[str, object]
    ) -> dict[str, object] | Failure:
        """Send with blocks; without a table when Slack does not take the blocks, and then without any.

        That a workspace takes no tables is remembered: they are new, and one refusal is enough.
        """
        if rendered.has_table and self._takes_tables:
            answer = await self._api.call(method, _body(rendered.text, rendered.blocks, where))
            if not _refuses_blocks(answer):
                return answer
        answer = await self._api.call(method, _body(rendered.text, rendered.plain_blocks, where))
        if not _refuses_blocks(answer):
            # The same words in plain blocks were taken, so the table was what stood against it.
            self._takes_tables = self._takes_tables and not rendered.has_table
            return answer
        return await self._api.call(method, _body(rendered.fallback, (), where))

    async def _permalink(self, reference: str) -> str:
        """Address of a post; empty when Slack does not say."""
        place = _place(reference)
        if place is None:
            return ""
        answer = await self._api.form(
            "chat.getPermalink", {"channel": place.channel, "message_ts": place.timestamp}
        )
        address = "" if isinstance(answer, Failure) else answer.get("permalink", "")
        is_plain = (
            isinstance(address, str) and address.startswith("https://") and not set(address) & set("<>| ")
        )
        return str(address) if is_plain else ""


_NOT_THERE = frozenset({"channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived"})


def _refuses_blocks(answer: dict[str, object] | Failure) -> bool:
    return isinstance(answer, Failure) and answer.error in _BLOCKS_REFUSED


def _body(text: str, blocks: Sequence[Block], where: dict[str, object]) -> dict[str, object]:
    return {**where, "text": text, "blocks": list(blocks), "parse": "none", "link_names": False}


def _posted(answer: dict[str, object] | Failure, thread: str) -> Place | Failure:
    if isinstance(answer, Failure):
        return answer
    channel, timestamp = answer.get("channel"), answer.get("ts")
    if not (isinstance(channel, str) and isinstance(timestamp, str) and channel and timestamp):
        return Failure("an answer without the post's place")
    return Place(channel, timestamp, thread or timestamp)


def _place(reference: str) -> Place | None:
    """The place in a reference of ours; None when it is empty or not ours."""
    parts = reference.split(":")
    return Place(*parts) if len(parts) == 3 and all(parts) else None
