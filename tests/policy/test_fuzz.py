"""Whatever the text, loading ends in a bundle or in a PolicyError, and soon."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.errors import PolicyError
from riskd.policy.load import load
from tests.policy.policy_text import codes_of, policy_text
from tests.policy.test_hash import BASE

PACKS = sorted((Path(__file__).resolve().parents[2] / "policies").glob("*.yaml"))
BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
TEXTS = [BASE, *(file.read_text(encoding="utf-8") for file in (*PACKS, *BAD))]
TOKENS = sorted(
    {
        *BASE.replace("{", " { ").replace("}", " } ").replace(",", " , ").split(),
        "$x",
        "_",
        "0.02",
        "~",
        "*",
        "&a",
        "max:",
        "by:",
        "steps:",
        "above:",
        "9" * 40,
        "''",
        "<<:",
    }
)


def load_or_refuse(text: str) -> None:
    with suppress(PolicyError):
        load([("f.yaml", text)])


@given(
    st.integers(0, len(BASE)),
    st.integers(0, 30),
    st.text(
        alphabet=st.sampled_from([*sorted(set(BASE)), "\t", "*", "&", "!", "|", "'", "\x00", "é"]), max_size=8
    ),
)
@settings(max_examples=120, derandomize=True, deadline=None)
def test_a_policy_with_a_splinter_in_it_never_raises_anything_else(at: int, cut: int, splinter: str) -> None:
    load_or_refuse(BASE[:at] + splinter + BASE[at + cut :])


@given(
    st.lists(st.sampled_from(TOKENS), max_size=12),
    st.sampled_from(
        ["rules:\n  - ", "vars: ", "scope: ", "calendars: ", "defaults: ", "guard: ", "tests:\n  - "]
    ),
)
@settings(max_examples=120, derandomize=True, deadline=None)
def test_any_words_anywhere_never_raise_anything_else(words: list[str], place: str) -> None:
    head = BASE[: BASE.index("scope:")]
    load_or_refuse(head + place + " ".join(words) + "\n")


@given(st.lists(st.sampled_from(BASE.splitlines(keepends=True)), max_size=40))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_lines_in_any_order_never_raise_anything_else(lines: list[str]) -> None:
    load_or_refuse("riskd: policy/v1\n" + "".join(lines))


VALUES = [
    *("", "5x", "5", "0.5", "2%", "null", "true", "'  '", "$cap", "position", "account", "hedge", "leverage"),
    *(
        "[]",
        "[5x]",
        "[[5x, 6x]]",
        "[notify, close]",
        "[{deleverage: {to: 5x}}]",
        "{}",
        "{a: b}",
        "{breach: []}",
    ),
    *(
        "{breach: {}}",
        "{breach: 5x}",
        "{by: leverage}",
        "{steps: []}",
        "{not: []}",
        "{drawdown: {window: 1d}}",
    ),
]


@given(st.data())
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_value_in_the_place_of_another_never_raises_anything_else(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(TEXTS)).splitlines() or [""]
    row = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[row].partition(": ")
    other = data.draw(st.sampled_from(TEXTS)).splitlines() or [""]
    borrowed = data.draw(st.sampled_from(other)).partition(": ")[2]
    lines[row] = f"{key}{colon or ': '}{data.draw(st.sampled_from([*VALUES, borrowed]))}"
    load_or_refuse("\n".join(lines))


@pytest.mark.parametrize("end", ["", "\n", "   ", "\n\n"])
def test_an_empty_value_at_the_very_end_of_a_file_is_a_fault_of_its_rule(end: str) -> None:
    rule = "id: r\ntitle: t\nmeasure: position_leverage\nper: position\nmax:\n  by: share_of_equity\n  steps:"
    assert codes_of(policy_text(rule).rstrip("\n") + end) == ["P101"]
