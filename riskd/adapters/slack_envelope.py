"""What Slack hands over when people press a button or type a command, read strictly.

Whatever is not exactly what our own posts and our own command bring about is nothing: it is acknowledged and forgotten.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from riskd.act.decision import Verb
from riskd.adapters.slack import Place
from riskd.adapters.slack_parts import ACTION_PREFIX, VALUE_MAX, VALUE_VERSION
from riskd.model.report import JsonValue

COMMAND = "/riskd"
_TEXT_MAX = 500
_ID_MAX = 200

Payload = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Somebody pressed a button under a plan.

    Attributes:
        member: Slack's id of the person.
        digest: Of the plan as it was shown to them.
        place: The post that they saw.
    """

    member: str
    verb: Verb
    plan_id: str
    digest: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """Somebody typed ``/riskd WORDS``.

    Attributes:
        member: Slack's id of the person.
        channel: Slack's id of the channel in which they typed it.
        words: What stands after the command.
    """

    member: str
    channel: str
    words: tuple[str, ...]


def read_click(payload: Payload) -> Click | None:
    """The click of an ``interactive`` envelope; None when it is none of ours."""
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or len(actions) != 1:
        return None
    action, member, place = _object(actions[0]), _text(_object(payload.get("user")), "id"), _place(payload)
    verb = _text(action, "action_id").removeprefix(ACTION_PREFIX)
    value = _value(_text(action, "value", longest=VALUE_MAX))
    plan_id, digest = _text(value, "p"), _text(value, "h")
    if place is None or verb not in tuple(Verb) or value.get("v") != VALUE_VERSION:
        return None
    if not (member and plan_id and digest):
        return None
    return Click(member=member, verb=Verb(verb), plan_id=plan_id, digest=digest, place=place)


def read_command(payload: Payload) -> SlashCommand | None:
    """The command of a ``slash_commands`` envelope; None when it is none of ours."""
    member, channel = _text(payload, "user_id"), _text(payload, "channel_id")
    if _text(payload, "command") != COMMAND or not (member and channel):
        return None
    text = payload.get("text")
    words = tuple(text.split()) if isinstance(text, str) and len(text) <= _TEXT_MAX else ()
    return SlashCommand(member=member, channel=channel, words=words)


def _place(payload: Payload) -> Place | None:
    """Where the post is: Slack names its root when it stands in a thread."""
    container, message = _object(payload.get("container")), _object(payload.get("message"))
    channel, timestamp = _text(container, "channel_id"), _text(container, "message_ts")
    if not channel or not timestamp or ":" in f"{channel}{timestamp}":
        return None
    thread = _text(container, "thread_ts") or _text(message, "thread_ts") or timestamp
    return None if ":" in thread else Place(channel, timestamp, thread)


def _value(text: str) -> Payload:
    try:
        return _object(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _object(value: JsonValue) -> Payload:
    return value if isinstance(value, dict) else {}


def _text(fields: Payload, name: str, *, longest: int = _ID_MAX) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) and len(value) <= longest else ""
