"""Clicks and commands are read strictly: what our own posts did not bring about is nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.decision import Verb
from riskd.adapters.slack import Place
from riskd.adapters.slack_envelope import Click, SlashCommand, read_click, read_command
from tests.fakes.slack_sockets import a_click

VALUE = json.dumps({"p": "pln-1", "v": 1, "h": "c41d"})


@dataclass
class APost:
    channel: str = "CRISK"
    ts: str = "2.0"
    thread_ts: str = "1.0"
    blocks: list[dict[str, Any]] = field(default_factory=list)


def test_a_click_tells_who_what_which_version_and_where() -> None:
    assert read_click(a_click(APost(), VALUE, "reject", "U1")) == Click(
        member="U1", verb=Verb.REJECT, plan_id="pln-1", digest="c41d", place=Place("CRISK", "2.0", "1.0")
    )
    alone = read_click(a_click(APost(thread_ts=""), VALUE, "hold", "U1"))
    assert alone is not None
    assert alone.place == Place("CRISK", "2.0", "2.0")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"p": "pln-1", "v": 2, "h": "c41d"}',
        '{"p": "pln-1", "v": "1", "h": "c41d"}',
        '{"p": 7, "v": 1, "h": "c41d"}',
        '{"p": "pln-1", "v": 1, "h": ""}',
        '{"p": "pln-1", "v": 1}',
        json.dumps({"p": "p" * 300, "v": 1, "h": "c41d"}),
        json.dumps({"p": "pln-1", "v": 1, "h": "c41d", "x": "x" * 3_000}),
    ],
)
def test_a_button_that_carries_something_else_is_none_of_ours(value: str) -> None:
    assert read_click(a_click(APost(), value, "approve", "U1")) is None


def test_another_button_or_interaction_is_none_of_ours() -> None:
    click = a_click(APost(), VALUE, "approve", "U1")
    assert read_click({**click, "type": "view_submission"}) is None
    assert read_click({**click, "actions": []}) is None
    assert read_click({**click, "actions": click["actions"] * 2}) is None
    assert read_click({**click, "user": {}}) is None
    assert read_click({**click, "container": {"channel_id": "C:1", "message_ts": "2.0"}}) is None
    assert read_click(a_click(APost(), VALUE, "run", "U1")) is None


def test_a_command_is_read_as_words() -> None:
    typed: dict[str, Any] = {
        "command": "/riskd",
        "text": "  halt  main now ",
        "user_id": "U1",
        "channel_id": "C1",
    }
    assert read_command(typed) == SlashCommand(member="U1", channel="C1", words=("halt", "main", "now"))
    assert read_command({**typed, "command": "/other"}) is None
    assert read_command({**typed, "user_id": ""}) is None
    assert read_command({**typed, "text": "halt " * 1_000}) == SlashCommand(
        member="U1", channel="C1", words=()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CLICK = a_click(APost(), VALUE, "approve", "U1")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data(), change=JSON)
def test_no_payload_whatever_breaks_the_reading(data: st.DataObject, change: Any) -> None:
    name = data.draw(st.sampled_from(sorted(CLICK)))
    changed = {**CLICK, name: change}
    found = read_click(changed)
    assert found is None or found.plan_id == "pln-1"
    assert read_command(changed) is None
