"""What Slack says of blocks that break its limits, as its documentation states them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def fault_of(body: dict[str, Any], *, takes_tables: bool = True) -> str:
    """Slack's own word for what is wrong with a message; empty when nothing is."""
    if not body.get("text"):
        return "no_text"
    blocks = body.get("blocks", [])
    if len(json.dumps(blocks)) > 13_000:
        return "msg_blocks_too_long"
    if len(blocks) > 50 or any(fault for block in blocks for fault in _faults(block, takes_tables)):
        return "invalid_blocks"
    return ""


def _faults(block: dict[str, Any], takes_tables: bool) -> Iterator[bool]:
    """One truth for each limit that a block breaks or keeps."""
    match block["type"]:
        case "section":
            fields = block.get("fields", [])
            yield "text" in block and not 1 <= len(block["text"]["text"]) <= 3_000
            yield len(fields) > 10 or any(not 1 <= len(each["text"]) <= 2_000 for each in fields)
            yield "text" not in block and not fields
        case "context":
            yield not 1 <= len(block["elements"]) <= 10
        case "actions":
            yield not 1 <= len(block["elements"]) <= 25
            for button in block["elements"]:
                yield from _button_faults(button)
            names = [button["action_id"] for button in block["elements"]]
            yield len(names) != len(set(names))
        case "table":
            rows = block["rows"]
            yield not takes_tables or not 1 <= len(rows) <= 100
            yield any(not 1 <= len(row) <= 20 or len(row) != len(rows[0]) for row in rows)
            yield any(cell["type"] != "raw_text" or not cell["text"] for row in rows for cell in row)
        case _:
            yield True


def _button_faults(button: dict[str, Any]) -> Iterator[bool]:
    yield button["type"] != "button" or button["text"]["type"] != "plain_text"
    yield not 1 <= len(button["text"]["text"]) <= 75
    yield len(button["value"]) > 2_000 or len(button["action_id"]) > 255
    yield button.get("style", "primary") not in ("primary", "danger")
    if "confirm" in button:
        confirm = button["confirm"]
        yield not 1 <= len(confirm["title"]["text"]) <= 100
        yield not 1 <= len(confirm["text"]["text"]) <= 300
        yield any(not 1 <= len(confirm[name]["text"]) <= 30 for name in ("confirm", "deny"))
