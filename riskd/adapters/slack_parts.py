"""A table, and the buttons under a plan, as Slack blocks within Slack's limits.

Source: table 100 rows of 20 cells; button text 75, value 2,000; confirm title 100, text 300 (docs/slack.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from riskd.act.decision import Verb
from riskd.adapters.slack_escape import MORE, Block, cost, fitted, mrkdwn, plain_text
from riskd.model.message import Question
from riskd.model.report import JsonValue

ROWS_MAX = 100
COLUMNS_MAX = 20
VALUE_MAX = 2_000
VALUE_VERSION = 1
ACTION_PREFIX = "riskd.plan."

_CELL_BUDGET = 160
_EMPTY = "–"
_CONFIRM_BUDGET = 300
# Each of the three buttons carries it, and it stands in JSON twice over.
_VALUE_BUDGET = 300

_LABELS = {Verb.APPROVE: "✅ Approve", Verb.HOLD: "✋ Hold 5 min", Verb.REJECT: "❌ Reject"}
_STYLES = {Verb.APPROVE: "primary", Verb.REJECT: "danger"}


def table_of(rows: Sequence[Sequence[str]], *, budget: int) -> Block | None:
    """A table of as many rows as fit, the last of them saying how many do not; None where not even two do.

    Args:
        rows: Text cells, the first row the head.
        budget: JSON characters of the whole block.
    """
    width = min(len(rows[0]), COLUMNS_MAX) if rows else 0
    kept: list[JsonValue] = []
    left = budget - len(json.dumps(_table([_row([f"{MORE} 999 more"], width)])))
    for row in rows[: ROWS_MAX - 1]:
        shown = _row(row, width)
        left -= len(json.dumps(shown)) + 2
        if left < 0:
            break
        kept.append(shown)
    if width == 0 or len(kept) < 2:
        return None
    rest = len(rows) - len(kept)
    return _table([*kept, _row([f"{MORE} {rest} more"], width)] if rest else kept)


def row_line(row: Sequence[str]) -> str:
    """A row as a line, where there are no tables."""
    return " · ".join(cell for cell in row if cell)


def buttons_of(question: Question) -> Block | None:
    """Approve, hold and reject; None when the plan has a name that no button can carry.

    Each button carries which plan and which version of it was shown (``p`` and ``h``), and the version of this form (``v``).
    """
    value = json.dumps(
        {"p": question.plan_id, "v": VALUE_VERSION, "h": question.digest}, separators=(",", ":")
    )
    if cost(value) > _VALUE_BUDGET:
        return None
    buttons = [_button(verb, value) for verb in Verb]
    confirm = fitted(question.confirm, _CONFIRM_BUDGET) or MORE
    buttons[0]["confirm"] = {
        "title": plain_text("Approve this plan?"),
        "text": mrkdwn(confirm),
        "confirm": plain_text("Approve"),
        "deny": plain_text("Back"),
    }
    return {"type": "actions", "elements": list[JsonValue](buttons)}


def _button(verb: Verb, value: str) -> Block:
    button: Block = {
        "type": "button",
        "action_id": f"{ACTION_PREFIX}{verb.value}",
        "text": plain_text(_LABELS[verb]),
        "value": value,
    }
    if verb in _STYLES:
        button["style"] = _STYLES[verb]
    return button


def _table(rows: list[JsonValue]) -> Block:
    return {"type": "table", "rows": rows}


def _row(row: Sequence[str], width: int) -> list[JsonValue]:
    """Exactly so many cells; one without a character is refused."""
    cells = [*row, *[""] * width][:width]
    return [{"type": "raw_text", "text": fitted(cell, _CELL_BUDGET) or _EMPTY} for cell in cells]
