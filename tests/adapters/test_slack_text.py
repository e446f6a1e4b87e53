"""Any message, of any hostile text, is rendered within Slack's limits and without a live control sequence."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.slack_text import BLOCKS_JSON_MAX, BLOCKS_MAX, FIELDS_MAX, SECTION_MAX, fitted, render
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

HOSTILE = [
    "<!channel>",
    "<!here|x>",
    "<@U123>",
    "<https://evil.example|click>",
    "https://evil.example",
    "@here @channel @everyone",
    "`rm -rf` ```block```",
    "&lt;!channel&gt;",
    "\x1b[31mred\x1b[0m",
    "\u202eevil\u202c",
    "a\nb\r\nc\u2028d",
    "\x00\ud800",
    'quote " back\\slash',
    "🔥" * 50,
    "=HYPERLINK()",
    "/" * 40,
]
TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(HOSTILE),
    st.sampled_from(HOSTILE).map(lambda text: text * 100),
    st.text(alphabet=st.characters(blacklist_categories=()), max_size=200).map(lambda text: text * 40),
)


def messages() -> st.SearchStrategy[Message]:
    return st.builds(
        Message,
        key=TEXT,
        kind=st.sampled_from(MessageKind),
        level=st.sampled_from(Level),
        thread=st.just(""),
        edits_root=st.just(False),
        headline=TEXT,
        fields=st.lists(st.tuples(TEXT, TEXT), max_size=14).map(tuple),
        body=st.lists(TEXT, max_size=60).map(tuple),
    )


def texts(blocks: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Every text object of the blocks."""
    found = [block["text"] for block in blocks if "text" in block]
    return found + [x for block in blocks for x in block.get("fields", []) + block.get("elements", [])]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(message=messages())
def test_any_message_fits_and_holds_no_live_control_sequence(message: Message) -> None:
    rendered = render(message)
    assert len(rendered.blocks) <= BLOCKS_MAX
    assert len(json.dumps(rendered.blocks)) < BLOCKS_JSON_MAX
    for text in texts(rendered.blocks):
        assert (text["type"], text["verbatim"]) == ("mrkdwn", True)
        assert 1 <= len(text["text"]) <= SECTION_MAX
        assert_harmless(text["text"])
    for block in rendered.blocks:
        assert len(block.get("fields", [])) <= FIELDS_MAX  # type: ignore[arg-type]  # a list in every section
    assert 1 <= len(rendered.text) <= SECTION_MAX
    assert_harmless(rendered.text)
    assert "\n" not in rendered.text


def assert_harmless(text: str) -> None:
    assert not re.search(r"[<>`]", text)
    assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert not re.search(r"@(here|channel|everyone)", text)
    assert "://" not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("&lt;", "&amp;lt;"),
        ("`x`", "ˋxˋ"),
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("a\nb", "a b"),
    ],
)
def test_each_character_has_one_harmless_form(raw: str, shown: str) -> None:
    assert fitted(raw, 100) == shown


def test_a_text_is_cut_between_entities_never_inside_one() -> None:
    for budget in range(6, 40):
        shown = fitted("&" * 100, budget)
        assert re.fullmatch(r"(&amp;)*…", shown)
        assert len(json.dumps(shown)) - 2 <= budget


def test_lines_that_do_not_fit_are_counted() -> None:
    body = tuple(f"position {number:03d} " + "x" * 80 for number in range(500))
    rendered = render(
        Message(
            key="k",
            kind=MessageKind.ALERT,
            level=Level.WARN,
            thread="",
            edits_root=False,
            headline="many",
            body=body,
        )
    )
    assert len(json.dumps(rendered.blocks[1]["text"]["text"])) <= 2_602  # type: ignore[call-overload, index]  # a section
    lines = rendered.blocks[1]["text"]["text"].split("\n")  # type: ignore[call-overload, index, union-attr]  # a section
    assert lines[0].startswith("position 000")
    assert lines[-1] == f"… and {500 - len(lines) + 1} more lines"
