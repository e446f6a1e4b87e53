"""A VenueTransport whose answers a test writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer, VenueCall

Reply = VenueAnswer | str
"""An answer, or the reason why none came."""


def replied(payload: Any, status: int = 200) -> VenueAnswer:
    """An answer with a JSON body, or with a text as it is."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return VenueAnswer(status=status, headers=(), text=text)


def error(code: int, status: int = 400) -> VenueAnswer:
    """The venue's own error."""
    return replied({"code": code, "msg": "no"}, status)


class ScriptedTransport:
    """Answers each call by a function, and remembers what it was asked."""

    def __init__(self, script: Callable[[VenueCall], Reply]) -> None:
        self._script = script
        self.asked: list[VenueCall] = []

    async def call(self, call: VenueCall) -> VenueAnswer:
        self.asked.append(call)
        reply = self._script(call)
        if isinstance(reply, str):
            raise VenueUnavailable(f"{call}: {reply}", reason=reply)
        return reply

    async def close(self) -> None:
        return None


def param(call: VenueCall, name: str) -> str:
    """One parameter of a call; empty when it has none of that name."""
    return dict(call.params).get(name, "")
