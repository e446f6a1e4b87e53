"""A local server that speaks the part of Slack's Web API that riskd uses, over real HTTP, with its faults.

async with slack_server(token="xoxb-…") as slack:
    slack.faults = [Fault.RATE_LIMITED]
    notifier = SlackNotifier(token=…, room="#risk", base_url=slack.url)
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from aiohttp import web

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
    NO_TIMESTAMP = auto()


_ERRORS = {
    Fault.INVALID_BLOCKS: "invalid_blocks",
    Fault.EDIT_WINDOW_CLOSED: "edit_window_closed",
    Fault.MESSAGE_NOT_FOUND: "message_not_found",
    Fault.THREAD_NOT_FOUND: "thread_not_found",
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
class SlackServer:
    """The server's books. ``faults`` are used up one a request."""

    token: str
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method of the API."""
        method = request.match_info["method"]
        body = await request.json() if request.can_read_body else {}
        self.requests.append(method)
        self.bodies.append(body)
        fault = self.faults.pop(0) if self.faults else None
        broken = self._break(request, fault)
        if broken is not None:
            return broken
        if request.headers.get("Authorization") != f"Bearer {self.token}":
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
        refusal = _refused(body)
        if refusal:
            return _no(refusal)
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

    def _update(self, body: dict[str, Any]) -> web.Response:
        for post in self.posts:
            if (post.channel, post.ts) == (body["channel"], body["ts"]):
                post.text, post.blocks, post.edits = body["text"], body["blocks"], post.edits + 1
                return web.json_response({"ok": True, "channel": post.channel, "ts": post.ts})
        return _no("message_not_found")


@asynccontextmanager
async def slack_server(token: str = "xoxb-test") -> AsyncIterator[SlackServer]:
    """A running server on a free port of this machine."""
    server = SlackServer(token=token)
    app = web.Application()
    app.router.add_post("/api/{method}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}/api/"
    try:
        yield server
    finally:
        await runner.cleanup()


def _no(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def _refused(body: dict[str, Any]) -> str:
    """Slack's own word for what is wrong with a message; empty when nothing is."""
    if not body.get("text"):
        return "no_text"
    blocks = body.get("blocks", [])
    if len(json.dumps(blocks)) > 13_000:
        return "msg_blocks_too_long"
    texts = [block["text"] for block in blocks if "text" in block]
    too_long = any(not 1 <= len(text["text"]) <= 3_000 for text in texts)
    many = len(blocks) > 50 or any(len(block.get("fields", [])) > 10 for block in blocks)
    fields = [field for block in blocks for field in block.get("fields", [])]
    long_field = any(not 1 <= len(text["text"]) <= 2_000 for text in fields)
    return "invalid_blocks" if too_long or many or long_field else ""
