"""The Socket Mode side of the local Slack: tickets, greetings, envelopes, and how connections end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from aiohttp import WSMsgType, web

_PATIENCE_SECONDS = 5.0


class Shown(Protocol):
    """A post with its blocks."""

    channel: str
    ts: str
    thread_ts: str
    blocks: list[dict[str, Any]]


@dataclass
class SlackSockets:
    """Connections of the app.

    Attributes:
        refusals: Answers instead of tickets, used up one a ticket.
        greets: Whether a connection begins with a greeting.
        says_farewell: Whether it answers when the app closes it.
    """

    app_token: str = "xapp-test"
    url: str = ""
    refusals: list[dict[str, Any]] = field(default_factory=list)
    greets: bool = True
    says_farewell: bool = True
    tickets: int = 0
    lines: list[web.WebSocketResponse] = field(default_factory=list)
    acknowledged: dict[str, float] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    ends: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _waiting: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    def ticket(self, authorization: str | None) -> dict[str, Any]:
        """The answer of ``apps.connections.open``."""
        self.tickets += 1
        if self.refusals:
            return self.refusals.pop(0)
        if authorization != f"Bearer {self.app_token}":
            return {"ok": False, "error": "invalid_auth"}
        return {"ok": True, "url": f"{self.url}?ticket={self.tickets}"}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its greeting to its end."""
        line = web.WebSocketResponse(autoclose=self.says_farewell, timeout=0.1)
        await line.prepare(request)
        if self.greets:
            await line.send_json({"type": "hello", "num_connections": len(self.lines) + 1})
        self.lines.append(line)
        try:
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    self._hear(json.loads(message.data))
            if not self.says_farewell:
                await self.ends.wait()
        finally:
            self.lines.remove(line)
        return line

    async def listening(self, lines: int) -> None:
        """Wait until so many connections stand."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self.lines) < lines:
                await _breath()

    async def click(self, post: Shown, verb: str, *, member: str, line: int = 0) -> float:
        """Press a button that the post shows; the seconds until it was acknowledged."""
        return await self.press(post, self.value_of(post, verb), verb, member=member, line=line)

    async def press(self, post: Shown, value: str, verb: str, *, member: str, line: int = 0) -> float:
        """Press a button of an older copy of a post, which somebody still has on their screen."""
        return await self.send("interactive", a_click(post, value, verb, member), line=line)

    def click_of(self, post: Shown, verb: str, member: str) -> dict[str, Any]:
        """The payload of pressing a button that the post shows, to be sent by hand."""
        return a_click(post, self.value_of(post, verb), verb, member)

    async def command(self, text: str, *, member: str, channel: str = "CRISK") -> float:
        """Type ``/riskd TEXT``."""
        typed = {
            "command": "/riskd",
            "text": text,
            "user_id": member,
            "user_name": "somebody",
            "channel_id": channel,
            "response_url": "https://hooks.slack.test/commands/1",
        }
        return await self.send("slash_commands", typed)

    async def send(self, kind: str, payload: object, *, line: int = 0, name: str = "") -> float:
        """Hand over an envelope; the seconds until it was acknowledged."""
        name = name or f"envelope-{next(self._numbers)}"
        future = asyncio.get_running_loop().create_future()
        self._waiting[name] = future
        begun = asyncio.get_running_loop().time()
        await self.lines[line].send_json(
            {"envelope_id": name, "type": kind, "accepts_response_payload": True, "payload": payload}
        )
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return float(await future - begun)

    async def send_raw(self, text: str, *, line: int = 0) -> None:
        """Send whatever."""
        await self.lines[line].send_str(text)

    async def disconnect(self, reason: str = "refresh_requested", *, line: int = 0) -> None:
        """Ask the app to connect anew, as Slack does about once an hour."""
        await self.lines[line].send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def hang_up(self, line: int = 0) -> None:
        """End a connection without a word."""
        await self.lines[line].close()

    async def close(self) -> None:
        """End all of them."""
        self.ends.set()
        for line in list(self.lines):
            await line.close()

    @staticmethod
    def value_of(post: Shown, verb: str) -> str:
        """What a button of a post carries."""
        buttons = [each for block in post.blocks if block["type"] == "actions" for each in block["elements"]]
        return str(next(each["value"] for each in buttons if each["action_id"] == f"riskd.plan.{verb}"))

    def _hear(self, said: dict[str, Any]) -> None:
        self.heard.append(said)
        future = self._waiting.pop(str(said.get("envelope_id")), None)
        if future is not None and not future.done():
            future.set_result(asyncio.get_running_loop().time())


def a_click(post: Shown, value: str, verb: str, member: str) -> dict[str, Any]:
    """The payload of a pressed button, as Slack makes it."""
    container = {
        "type": "message",
        "message_ts": post.ts,
        "channel_id": post.channel,
        "is_ephemeral": False,
    }
    if post.thread_ts:
        container["thread_ts"] = post.thread_ts
    return {
        "type": "block_actions",
        "user": {"id": member, "username": "somebody", "name": "somebody", "team_id": "T0"},
        "api_app_id": "A0",
        "container": container,
        "channel": {"id": post.channel, "name": "risk"},
        "message": {"type": "message", "ts": post.ts, "text": "…", "blocks": post.blocks},
        "response_url": "https://hooks.slack.test/actions/1",
        "actions": [
            {"type": "button", "action_id": f"riskd.plan.{verb}", "value": value, "action_ts": "1.2"},
        ],
    }


def buttons_of(post: Shown) -> list[str]:
    """Words of the buttons that a post shows."""
    elements = [each for block in post.blocks if block["type"] == "actions" for each in block["elements"]]
    return [str(each["action_id"]).removeprefix("riskd.plan.") for each in elements]


async def _breath() -> None:
    """Let everything else run for a moment."""
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.005, future.set_result, None)
    await future
