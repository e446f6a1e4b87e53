"""Slack blocks as lines for a terminal and as a page for a browser: near enough to judge a message by."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskd.adapters.slack_escape import Block

_STYLE = """\
body{font:15px/1.46 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#1d1c1d}
article{border:1px solid #ddd;border-radius:8px;padding:.75rem 1rem;margin:0 0 1.5rem}
h2{font-size:.8rem;color:#616061;margin:0 0 .5rem}.fields{display:grid;grid-template-columns:1fr 1fr;gap:.5rem}
table{border-collapse:collapse;margin:.5rem 0}td{border:1px solid #ddd;padding:.25rem .5rem}tr:first-child{font-weight:600}
button{font:inherit;margin:.25rem .5rem .25rem 0;padding:.25rem .75rem;border:1px solid #bbb;border-radius:4px;background:#fff}
.primary{background:#007a5a;color:#fff}.danger{color:#e01e5a}.context{color:#616061;font-size:.8rem}p{margin:.4rem 0}
"""


def text_lines(blocks: Sequence[Block]) -> Iterator[str]:
    """A message as lines."""
    for block in blocks:
        match block["type"]:
            case "section":
                yield from (line for text in _texts(block) for line in _plain(text).split("\n"))
            case "table":
                yield from (" | ".join(_plain(cell) for cell in row) for row in _rows(block))
            case "actions":
                yield "  ".join(f"[{_plain(button['text']['text'])}]" for button in _elements(block))
            case _:
                yield from (_plain(element["text"]) for element in _elements(block))


def page(messages: Mapping[str, Sequence[Block]]) -> str:
    """A page with each message under its name."""
    articles = "\n".join(
        f"<article><h2>{html.escape(name)}</h2>\n{''.join(map(_block, blocks))}</article>"
        for name, blocks in messages.items()
    )
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>riskd in Slack</title>\n'
        f"<style>\n{_STYLE}</style>\n<body>\n{articles}\n</body></html>\n"
    )


def _block(block: Block) -> str:
    match block["type"]:
        case "section" if "fields" in block:
            return (
                f'<div class="fields">{"".join(f"<p>{_marked(text)}</p>" for text in _texts(block))}</div>\n'
            )
        case "section":
            return "".join(f"<p>{_marked(text)}</p>\n" for text in _texts(block))
        case "table":
            rows = ("".join(f"<td>{_escaped(cell)}</td>" for cell in row) for row in _rows(block))
            return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>\n"
        case "actions":
            return f"<p>{''.join(map(_button, _elements(block)))}</p>\n"
        case _:
            return "".join(f'<p class="context">{_marked(each["text"])}</p>\n' for each in _elements(block))


def _button(button: dict[str, Any]) -> str:
    style = html.escape(str(button.get("style", "")))
    asked = button.get("confirm")
    title = "" if asked is None else html.escape(_plain(asked["text"]["text"]), quote=True)
    return f'<button class="{style}" title="{title}">{_escaped(button["text"]["text"])}</button>'


def _marked(text: str) -> str:
    """Slack's markup as HTML: what it escapes is escaped there too, bold is all that we use of it."""
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", _escaped(text)).replace("\n", "<br>")


def _escaped(text: str) -> str:
    return html.escape(_plain(text), quote=True)


def _plain(text: str) -> str:
    """What people read where Slack reads entities."""
    return html.unescape(text)


def _texts(block: Block) -> list[str]:
    given = json.loads(json.dumps(block))
    return [given["text"]["text"]] if "text" in given else [field["text"] for field in given["fields"]]


def _rows(block: Block) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in json.loads(json.dumps(block))["rows"]]


def _elements(block: Block) -> list[dict[str, Any]]:
    return list(json.loads(json.dumps(block))["elements"])
