"""Any message, of any hostile text, is rendered within Slack's limits and without a live control sequence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.slack_escape import fitted
from riskd.adapters.slack_parts import table_of
from riskd.adapters.slack_text import BLOCKS_JSON_MAX, BLOCKS_MAX, SECTION_MAX, Buttons, Rendered, render
from riskd.model.message import Message, MessageKind, Question
from riskd.model.verdict import Level
from tests.fakes.slack_blocks import fault_of

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


def tables() -> st.SearchStrategy[tuple[tuple[str, ...], ...]]:
    rows = st.integers(0, 25).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width)))
    return rows.map(lambda rows: tuple(map(tuple, rows)))


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
        question=st.none() | st.builds(Question, plan_id=TEXT, digest=TEXT, confirm=TEXT),
        table=tables(),
    )


def texts(blocks: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Every text object of the blocks, wherever it stands."""

    def within(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return [found for each in value for found in within(each)]
        if not isinstance(value, dict):
            return []
        own = [value] if isinstance(value.get("text"), str) else []
        return own + [found for each in value.values() for found in within(each)]

    return within(list(blocks))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(message=messages(), buttons=st.sampled_from(Buttons))
def test_any_message_fits_and_holds_no_live_control_sequence(message: Message, buttons: Buttons) -> None:
    rendered = render(message, buttons=buttons)
    for blocks in (rendered.blocks, rendered.plain_blocks):
        assert len(blocks) <= BLOCKS_MAX
        assert len(json.dumps(blocks)) < BLOCKS_JSON_MAX
        assert fault_of({"text": "-", "blocks": list(blocks)}) == ""
        for text in texts(blocks):
            assert text["type"] in ("mrkdwn", "plain_text", "raw_text")
            assert text["type"] != "mrkdwn" or text["verbatim"] is True
            assert 1 <= len(text["text"]) <= SECTION_MAX
            assert_harmless(text["text"])
    assert not any(block["type"] == "table" for block in rendered.plain_blocks)
    for said in (rendered.text, rendered.fallback):
        assert 1 <= len(said) <= SECTION_MAX
        assert_harmless(said)
    assert "\n" not in rendered.text


ASKING = Message(
    key="plan|pln-1",
    kind=MessageKind.PLAN,
    level=Level.CRITICAL,
    thread="",
    edits_root=False,
    headline="PLAN pln-1 for main: reduce 60k USD",
    body=("If nobody answers by 12:05:00 UTC: the plan expires, nothing is sent.",),
    question=Question(plan_id="pln-1", digest="c41d" * 8, confirm="1 reduce-only order"),
    table=(("#", "Step"), ("1", "sell BTC")),
)


def kinds(rendered: Rendered) -> list[Any]:
    return [block["type"] for block in rendered.blocks]


def test_a_question_has_three_buttons_that_carry_plan_and_version_and_asks_before_approving() -> None:
    rendered = render(ASKING, buttons=Buttons.OFFERED)
    assert kinds(rendered) == ["section", "table", "section", "actions", "context"]
    (actions,) = (block for block in rendered.blocks if block["type"] == "actions")
    buttons: Any = actions["elements"]
    assert [button["action_id"] for button in buttons] == [
        "riskd.plan.approve",
        "riskd.plan.hold",
        "riskd.plan.reject",
    ]
    assert all(json.loads(each["value"]) == {"p": "pln-1", "v": 1, "h": "c41d" * 8} for each in buttons)
    assert buttons[0]["confirm"]["text"]["text"] == "1 reduce-only order"


def test_where_nobody_listens_to_clicks_the_commands_are_told_instead() -> None:
    rendered = render(ASKING)
    assert "actions" not in kinds(rendered)
    assert "Decide: riskd plan approve pln-1; or hold, or reject" in json.dumps(rendered.blocks)


def test_without_a_table_its_rows_are_lines_and_without_blocks_everything_is_text() -> None:
    rendered = render(ASKING, buttons=Buttons.OFFERED)
    assert "1 · sell BTC" in json.dumps(rendered.plain_blocks, ensure_ascii=False)
    assert rendered.fallback.split("\n") == [
        "🧮 PLAN pln-1 for main: reduce 60k USD",
        "Decide: riskd plan approve pln-1; or hold, or reject",
        "# · Step",
        "1 · sell BTC",
        "If nobody answers by 12:05:00 UTC: the plan expires, nothing is sent.",
    ]


def test_a_plan_whose_name_no_button_can_carry_is_decided_by_typing() -> None:
    long = replace(ASKING, question=Question(plan_id="p" * 500, digest="c41d", confirm=""))
    assert "actions" not in kinds(render(long, buttons=Buttons.OFFERED))


def test_rows_that_do_not_fit_are_counted_in_the_last_one() -> None:
    table = table_of([("#", "Step"), *((str(number), "x" * 90) for number in range(80))], budget=2_000)
    assert table is not None
    rows: Any = table["rows"]
    assert len(json.dumps(table)) <= 2_000
    assert [cell["text"] for cell in rows[-1]] == [f"… {81 - len(rows) + 1} more", "–"]


def test_a_hundred_rows_are_as_many_as_a_table_takes() -> None:
    table = table_of([("a",)] * 300, budget=100_000)
    assert table is not None
    rows: Any = table["rows"]
    assert (len(rows), rows[-1][0]["text"]) == (100, "… 201 more")


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
    section: Any = rendered.blocks[1]
    assert len(json.dumps(section["text"]["text"])) <= 2_602
    lines = section["text"]["text"].split("\n")
    assert lines[0].startswith("position 000")
    assert lines[-1] == f"… and {500 - len(lines) + 1} more lines"
