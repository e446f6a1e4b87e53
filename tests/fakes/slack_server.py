"""A local server that speaks the part of Slack that riskd uses, over real HTTP and websockets, with its faults.

async with slack_server(token="xoxb-…") as slack:
    slack.faults = [Fault.RATE_LIMITED]
    notifier = SlackNotifier(token=…, room="#risk", base_url=slack.url)
    await slack.sockets.click(slack.posts[0], "approve", member="U012AB3CD")
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from aiohttp import web

from tests.fakes.slack_blocks import fault_of
from tests.fakes.slack_sockets import SlackSockets

RETRY_AFTER_SECONDS = 17


class Fault(Enum):
    """What goes wrong with one request."""

    RATE_LIMITED = auto()
    OUTAGE = auto()
    PLAIN_TEXT_PAGE = auto()  # a proxy's page with HTTP 200
    NOT_AN_OBJECT = auto()
    TRUNCATED = auto()
    LOST = auto()  # booked, and the connection breaks before the answer
    RESET = auto()  # not booked
    INVALID_BLOCKS = auto()
    EDIT_WINDOW_CLOSED = auto()
    MESSAGE_NOT_FOUND = auto()
    THREAD_NOT_FOUND = auto()
    NOT_IN_CHANNEL = auto()
    NO_TIMESTAMP = auto()
    NO_TABLES = auto()  # a workspace that knows the other blocks and no tables
    HANG = auto()  # no answer comes before the server ends


_ERRORS = {
    Fault.INVALID_BLOCKS: "invalid_blocks",
    Fault.EDIT_WINDOW_CLOSED: "edit_window_closed",
    Fault.MESSAGE_NOT_FOUND: "message_not_found",
    Fault.THREAD_NOT_FOUND: "thread_not_found",
    Fault.NOT_IN_CHANNEL: "not_in_channel",
}


@dataclass
class Post:
    """A message as the channel shows it now."""

    channel: str
    ts: str
    thread_ts: str
    broadcast: bool
    text: str
    blocks: list[dict[str, Any]]
    edits: int = 0


@dataclass
class Whisper:
    """What one person was told alone."""

    channel: str
    member: str
    thread_ts: str
    text: str


@dataclass
class SlackServer:
    """The server's books. ``faults`` are used up one a request."""

    token: str
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    whispers: list[Whisper] = field(default_factory=list)
    sockets: SlackSockets = field(default_factory=SlackSockets)
    takes_tables: bool = True
    validates: bool = True
    ends: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method of the API."""
        method = request.match_info["method"]
        body = await _body(request)
        self.requests.append(method)
        self.bodies.append(body)
        fault = self.faults.pop(0) if self.faults else None
        broken = self._break(request, fault)
        if broken is not None:
            return broken
        if fault is Fault.HANG:
            await self.ends.wait()
        authorization = request.headers.get("Authorization")
        if method == "apps.connections.open":
            return web.json_response(self.sockets.ticket(authorization))
        if authorization != f"Bearer {self.token}":
            return _no("invalid_auth")
        answer = self._answer(method, body, fault)
        if fault is Fault.LOST:
            return _hang_up(request)
        return answer

    def _break(self, request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
        if fault is Fault.RATE_LIMITED:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        if fault is Fault.OUTAGE:
            return web.Response(status=503, text="<html>down</html>", content_type="text/html")
        if fault is Fault.PLAIN_TEXT_PAGE:
            return web.Response(text="please log in", content_type="text/plain")
        if fault is Fault.NOT_AN_OBJECT:
            return web.json_response(["ok"])
        if fault is Fault.TRUNCATED:
            return web.Response(text='{"ok": tru', content_type="application/json")
        if fault is Fault.RESET:
            return _hang_up(request)
        return _no(_ERRORS[fault]) if fault in _ERRORS else None

    def _answer(self, method: str, body: dict[str, Any], fault: Fault | None) -> web.Response:
        if method == "auth.test":
            return web.json_response({"ok": True, "user": "riskd", "team": "desk"})
        if method == "chat.getPermalink":
            return web.json_response({"ok": True, "permalink": _permalink(body)})
        if method == "blocks.validate":
            return self._validate(body)
        no_tables = fault is Fault.NO_TABLES or not self.takes_tables
        refusal = fault_of(body, takes_tables=not no_tables)
        if refusal:
            return _no(refusal)
        if method == "chat.postEphemeral":
            self.whispers.append(
                Whisper(body["channel"], body["user"], body.get("thread_ts", ""), body["text"])
            )
            return web.json_response({"ok": True, "message_ts": "1795339441.000001"})
        if method == "chat.postMessage":
            return self._post(body, fault)
        if method == "chat.update":
            return self._update(body)
        return _no("unknown_method")

    def _post(self, body: dict[str, Any], fault: Fault | None) -> web.Response:
        thread = body.get("thread_ts", "")
        if thread and not any(post.ts == thread and not post.thread_ts for post in self.posts):
            return _no("thread_not_found")
        post = Post(
            channel="C" + body["channel"].lstrip("#C").upper(),
            ts=f"1795339440.{len(self.posts) + 1:06d}",
            thread_ts=thread,
            broadcast=bool(body.get("reply_broadcast")),
            text=body["text"],
            blocks=body["blocks"],
        )
        self.posts.append(post)
        place = {} if fault is Fault.NO_TIMESTAMP else {"channel": post.channel, "ts": post.ts}
        return web.json_response({"ok": True, **place})

    def _validate(self, body: dict[str, Any]) -> web.Response:
        if not self.validates:
            return _no("unknown_method")
        fault = fault_of({"text": "-", "blocks": json.loads(body["blocks"])}, takes_tables=self.takes_tables)
        return _no(fault) if fault else web.json_response({"ok": True})

    def _update(self, body: dict[str, Any]) -> web.Response:
        for post in self.posts:
            if (post.channel, post.ts) == (body["channel"], body["ts"]):
                post.text, post.blocks, post.edits = body["text"], body["blocks"], post.edits + 1
                return web.json_response({"ok": True, "channel": post.channel, "ts": post.ts})
        return _no("message_not_found")


@asynccontextmanager
async def slack_server(
    token: str = "xoxb-test", *, app_token: str = "xapp-test"
) -> AsyncIterator[SlackServer]:
    """A running server on a free port of this machine."""
    server = SlackServer(token=token, sockets=SlackSockets(app_token=app_token))
    app = web.Application()
    app.router.add_post("/api/{method}", server.handle)
    app.router.add_get("/link", server.sockets.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}/api/"
    server.sockets.url = f"ws://127.0.0.1:{port}/link"
    try:
        yield server
    finally:
        server.ends.set()
        await server.sockets.close()
        await runner.cleanup()


def _no(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def _body(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    if request.content_type == "application/json":
        given = await request.json()
        return dict(given)
    return {name: str(value) for name, value in (await request.post()).items()}


def _permalink(body: dict[str, Any]) -> str:
    return f"https://desk.slack.test/archives/{body['channel']}/p{body['message_ts'].replace('.', '')}"
