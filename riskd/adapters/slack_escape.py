"""Dynamic text made harmless for Slack's markup, and cut to a budget of JSON characters.

JSON characters are what Slack counts in the end, and never fewer than the characters of the text itself. Texts are cut before
they are escaped, so that no entity is cut in two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from riskd.adapters.safe_text import visible
from riskd.model.report import JsonValue

MORE = "…"

_ZERO_WIDTH_SPACE = "\u200b"
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
    "@": f"@{_ZERO_WIDTH_SPACE}",  # so that @here stays three letters and a sign
}

Block = dict[str, JsonValue]


def fitted(text: str, budget: int) -> str:
    """``text`` escaped for Slack's markup, in at most ``budget`` characters of JSON; cut with an ellipsis."""
    kept: list[str] = []
    spent = 0
    for piece in _pieces(text):
        spent += cost(piece)
        if spent > budget - cost(MORE):
            return "".join([*kept, MORE])
        kept.append(piece)
    return "".join(kept)


def mrkdwn(text: str) -> Block:
    """A text of Slack's markup, in which nothing becomes a link by itself. It must be escaped already."""
    return {"type": "mrkdwn", "verbatim": True, "text": text}


def plain_text(text: str) -> Block:
    """A text without markup. It must be escaped already."""
    return {"type": "plain_text", "emoji": True, "text": text}


def cost(text: str) -> int:
    """Characters of a text in JSON."""
    return len(json.dumps(text)) - 2


def _pieces(text: str) -> Iterator[str]:
    """One piece a character, each harmless alone and after the one before."""
    before = ""
    for character in visible(text):
        if character == before == "/":
            yield f"{_ZERO_WIDTH_SPACE}/"  # no "://", so no link
        else:
            yield _ESCAPES.get(character, character)
        before = character
