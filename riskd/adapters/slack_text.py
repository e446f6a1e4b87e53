"""A message as Slack blocks: every dynamic text escaped, everything within Slack's limits.

Source: Slack's block limits (50 blocks, 3,000 characters a section, 10 fields of 2,000) and an undocumented bound of
about 13,000 characters for all blocks together, of which 8,000 are used: docs/experience.md 4.1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from riskd.adapters.question_words import command_words
from riskd.adapters.slack_escape import MORE, Block, cost, fitted, mrkdwn
from riskd.adapters.slack_parts import buttons_of, row_line, table_of
from riskd.model.message import Message, MessageKind, Question
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
_TABLE_BUDGET = 2_000
_BLOCK_OVERHEAD = 100  # the braces and names of the section that holds the lines
_LINES_LEAST = 500


class Buttons(Enum):
    """Whether a question is asked with buttons, or with the commands to type."""

    OFFERED = auto()  # somebody listens to clicks
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One post.

    Attributes:
        text: What notifications and screen readers give; a sentence that stands alone.
        blocks: What the channel shows.
        plain_blocks: The same without a table, whose rows are lines there; the same blocks where there is none.
        fallback: All of it as text, for a workspace that takes no blocks.
    """

    text: str
    blocks: tuple[Block, ...]
    plain_blocks: tuple[Block, ...]
    fallback: str

    @property
    def has_table(self) -> bool:
        """Whether the blocks hold one."""
        return self.blocks != self.plain_blocks


def render(message: Message, *, buttons: Buttons = Buttons.NONE) -> Rendered:
    """A message as Slack is to show it, whatever it holds."""
    mark = _mark(message)
    headline = f"{mark} *{fitted(message.headline, _HEADLINE_BUDGET) or MORE}*"
    head: list[Block] = [{"type": "section", "text": mrkdwn(headline)}]
    if message.fields:
        shown = [_field(name, value) for name, value in message.fields[:FIELDS_MAX]]
        head.append({"type": "section", "fields": list[JsonValue](shown)})
    asked = None if message.question is None or buttons is Buttons.NONE else buttons_of(message.question)
    tail: list[Block] = [] if asked is None else [asked]
    reference = mrkdwn(fitted(message.key, _KEY_BUDGET) or MORE)
    tail.append({"type": "context", "elements": [reference]})
    lines = (*_to_type(message.question if asked is None else None), *message.body)
    rows = tuple(row_line(row) for row in message.table)
    return Rendered(
        text=f"{mark} {fitted(message.headline, _TEXT_BUDGET) or MORE}",
        blocks=_filled(head, message.table, lines, tail),
        plain_blocks=_filled(head, (), (*rows, *lines), tail),
        fallback=_fallback(mark, message, rows),
    )


def _filled(
    head: Sequence[Block], rows: Sequence[Sequence[str]], lines: Sequence[str], tail: Sequence[Block]
) -> tuple[Block, ...]:
    """All blocks: a table and then the lines get what the others leave of Slack's bound, and the lines always some of it."""
    left = BLOCKS_JSON_MAX - len(json.dumps([*head, *tail])) - _LINES_LEAST
    table = table_of(rows, budget=min(_TABLE_BUDGET, left))
    middle: list[Block] = []
    if table is not None:
        middle.append(table)
        left -= len(json.dumps(table))
    elif rows:
        lines = (*map(row_line, rows), *lines)
    if lines:
        budget = min(_BODY_BUDGET, left + _LINES_LEAST - _BLOCK_OVERHEAD)
        middle.append({"type": "section", "text": mrkdwn(_lines(lines, budget))})
    return (*head, *middle, *tail)


def _fallback(mark: str, message: Message, rows: Sequence[str]) -> str:
    """Everything as text, the question by the commands that answer it."""
    lines = (*_to_type(message.question), *rows, *message.body)
    headline = f"{mark} {fitted(message.headline, _HEADLINE_BUDGET) or MORE}"
    return f"{headline}\n{_lines(lines, _TEXT_BUDGET - _HEADLINE_BUDGET)}" if lines else headline


def _to_type(question: Question | None) -> tuple[str, ...]:
    return () if question is None else (command_words(question),)


def _lines(lines: Sequence[str], budget: int) -> str:
    """As many lines as fit, then how many more there are. No line takes more than half, so that one cannot hide the next."""
    kept: list[str] = []
    left = budget - cost(f"\n{MORE} and {len(lines)} more lines")
    for line in lines:
        shown = fitted(line, budget // 2) or MORE
        left -= cost(f"{shown}\n")
        if left < 0:
            break
        kept.append(shown)
    rest = len(lines) - len(kept)
    return "\n".join([*kept, f"{MORE} and {rest} more lines"] if rest else kept)


def _field(name: str, value: str) -> JsonValue:
    shown = f"*{fitted(name, _FIELD_NAME_BUDGET)}*\n{fitted(value, _FIELD_VALUE_BUDGET) or MORE}"
    return mrkdwn(shown)


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
