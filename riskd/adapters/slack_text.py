"""A message as Slack blocks: every dynamic text escaped, everything within Slack's limits.

Limits are budgets in JSON characters, which is what Slack counts in the end and never less than the characters of the
text itself. Texts are cut before they are escaped, so that no entity is cut in two.

Source: Slack's block limits (50 blocks, 3,000 characters a section, 10 fields of 2,000) and an undocumented bound of
about 13,000 characters for all blocks together, of which 8,000 are used: docs/experience.md 4.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from riskd.adapters.safe_text import visible
from riskd.model.message import Message, MessageKind
from riskd.model.report import JsonValue
from riskd.model.verdict import Level

BLOCKS_MAX = 50
BLOCKS_JSON_MAX = 8_000
SECTION_MAX = 3_000
FIELDS_MAX = 10

_HEADLINE_BUDGET = 1_200
_FIELD_NAME_BUDGET = 60
_FIELD_VALUE_BUDGET = 200
_BODY_BUDGET = 2_600
_KEY_BUDGET = 200
_TEXT_BUDGET = 2_800

_MORE = "…"
_ZERO_WIDTH_SPACE = "\u200b"
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
    "@": f"@{_ZERO_WIDTH_SPACE}",  # so that @here stays three letters and a sign
}

Block = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One post.

    Attributes:
        text: What notifications and screen readers give; a sentence that stands alone.
        blocks: What the channel shows.
    """

    text: str
    blocks: tuple[Block, ...]


def render(message: Message) -> Rendered:
    """A message as Slack is to show it, whatever it holds."""
    mark = _mark(message)
    headline = _mrkdwn(f"{mark} *{fitted(message.headline, _HEADLINE_BUDGET) or _MORE}*")
    blocks: list[Block] = [{"type": "section", "text": headline}]
    if message.fields:
        shown = [_field(name, value) for name, value in message.fields[:FIELDS_MAX]]
        blocks.append({"type": "section", "fields": list[JsonValue](shown)})
    if message.body:
        blocks.append({"type": "section", "text": _mrkdwn(_lines(message.body, _BODY_BUDGET))})
    reference = _mrkdwn(fitted(message.key, _KEY_BUDGET) or _MORE)
    blocks.append({"type": "context", "elements": [reference]})
    return Rendered(f"{mark} {fitted(message.headline, _TEXT_BUDGET) or _MORE}", tuple(blocks))


def fitted(text: str, budget: int) -> str:
    """``text`` escaped for Slack's markup, in at most ``budget`` characters of JSON; cut with an ellipsis."""
    kept: list[str] = []
    spent = 0
    for piece in _pieces(text):
        spent += _cost(piece)
        if spent > budget - _cost(_MORE):
            return "".join([*kept, _MORE])
        kept.append(piece)
    return "".join(kept)


def _pieces(text: str) -> Iterator[str]:
    """One piece a character, each harmless alone and after the one before."""
    before = ""
    for character in visible(text):
        if character == before == "/":
            yield f"{_ZERO_WIDTH_SPACE}/"  # no "://", so no link
        else:
            yield _ESCAPES.get(character, character)
        before = character


def _lines(lines: Sequence[str], budget: int) -> str:
    """As many whole lines as fit, then how many more there are."""
    kept: list[str] = []
    left = budget - _cost(f"\n{_MORE} and {len(lines)} more lines")
    for line in lines:
        shown = fitted(line, left if not kept else budget) or _MORE
        left -= _cost(f"{shown}\n")
        if left < 0:
            break
        kept.append(shown)
    rest = len(lines) - len(kept)
    return "\n".join([*kept, f"{_MORE} and {rest} more lines"] if rest else kept)


def _field(name: str, value: str) -> JsonValue:
    shown = f"*{fitted(name, _FIELD_NAME_BUDGET)}*\n{fitted(value, _FIELD_VALUE_BUDGET) or _MORE}"
    return _mrkdwn(shown)


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "verbatim": True, "text": text}


def _cost(text: str) -> int:
    return len(json.dumps(text)) - 2


_LEVEL_MARKS = {Level.OK: "🟢", Level.WARN: "🟡", Level.BREACH: "🟠", Level.CRITICAL: "🔴"}
_KIND_MARKS = {
    MessageKind.UNKNOWN: "⚫",
    MessageKind.PLAN: "🧮",
    MessageKind.EXECUTION: "📤",
    MessageKind.SYSTEM: "🛠",  # a pictogram, not a letter
}


def _mark(message: Message) -> str:
    """A sign before the headline, for the eye; the words say the same."""
    return _KIND_MARKS.get(message.kind, _LEVEL_MARKS[message.level])
