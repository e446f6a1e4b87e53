"""Rows as people and programs read them; what a venue wrote never reaches a terminal as it is."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.cli.table import Form, cell, write_rows

HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202ekciuq\u200b\nnext"
COLUMNS = ("account", "equity_usd")
ROWS = (("main", 842310.5), ("grid", None))


def written(columns: Sequence[str], rows: Sequence[Sequence[object]], form: Form) -> str:
    stream = io.StringIO()
    write_rows(columns, rows, form, stream)
    return stream.getvalue()


def test_a_table_is_aligned_and_numbers_stand_right() -> None:
    assert written(COLUMNS, ROWS, Form.TABLE) == (
        "account  equity_usd\nmain       842310.5\ngrid           NULL\n"
    )


def test_no_rows_is_a_head_alone() -> None:
    assert written(COLUMNS, (), Form.TABLE) == "account  equity_usd\n"
    assert written(COLUMNS, (), Form.CSV) == "account,equity_usd\n"
    assert json.loads(written(COLUMNS, (), Form.JSON)) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        (float("nan"), "NULL"),
        (0.1 + 0.2, "0.3"),
        (1_000_000, "1000000"),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        (datetime(2026, 3, 4, 12, 0, 1), "2026-03-04 12:00:01Z"),  # noqa: DTZ001 - as the ledger gives it
        (datetime(2026, 3, 4, 12, tzinfo=UTC), "2026-03-04 12:00:00+00:00"),
        (date(2026, 3, 4), "2026-03-04"),
        (b"\x00\xff", "00ff"),
        ([1, {"a": None}], '[1, {"a": null}]'),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_a_cell_shows_its_value(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.mark.parametrize("form", list(Form))
def test_hostile_text_is_harmless_in_every_form(form: Form) -> None:
    text = written((HOSTILE,), ((HOSTILE,), ([HOSTILE],)), form)
    assert not set(text) & set("\x1b\x07\u202e\u200b\r\t")
    assert "next" in text


@settings(max_examples=100, derandomize=True)
@given(text=st.text())
def test_no_text_breaks_a_line_or_reaches_the_terminal_unseen(text: str) -> None:
    for form in (Form.TABLE, Form.CSV):
        shown = written(("a",), ((text,),), form)
        assert shown.count("\n") == 2
        assert not any(unicodedata.category(letter).startswith("C") for letter in shown.replace("\n", ""))


@settings(max_examples=100, derandomize=True)
@given(
    text=st.text(st.characters(codec="utf-8")),
    number=st.floats(allow_nan=False, allow_infinity=False),
)
def test_json_keeps_every_letter_and_every_digit(text: str, number: float) -> None:
    assert json.loads(written(("a", "b"), ((text, number),), Form.JSON)) == [{"a": text, "b": number}]


def test_json_has_a_word_for_what_json_lacks() -> None:
    row = (
        float("nan"),
        float("inf"),
        Decimal("0.1"),
        datetime(2026, 3, 4),  # noqa: DTZ001 - as the ledger gives it
        timedelta(minutes=1),
        b"\x01",
        (1,),
    )
    (parsed,) = json.loads(written("abcdefg", (row,), Form.JSON))
    assert list(parsed.values()) == [None, "inf", "0.1", "2026-03-04T00:00:00Z", 60.0, "01", [1]]


def test_columns_of_the_same_name_stay_apart() -> None:
    assert json.loads(written(("a", "a", "a_2"), ((1, 2, 3),), Form.JSON)) == [{"a": 1, "a_2": 2, "a_2_2": 3}]


def test_csv_keeps_every_digit_and_leaves_the_unknown_empty() -> None:
    (head, row) = csv.reader(io.StringIO(written(("a", "b", "c"), ((0.1 + 0.2, None, 'x,"y'),), Form.CSV)))
    assert (head, row) == (["a", "b", "c"], ["0.30000000000000004", "", 'x,"y'])


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|x", "-2+3", "@sum(1)"])
def test_a_spreadsheet_runs_no_text_of_a_venue(formula: str) -> None:
    assert written(("a",), ((formula,),), Form.CSV).splitlines()[1] == f"'{formula}"


def test_a_negative_number_stays_one() -> None:
    row = (-1.5, Decimal(-2), "-0.25000")
    assert written(("a", "b", "exact"), (row,), Form.CSV).splitlines()[1] == "-1.5,-2,-0.25000"


def drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        write_rows(COLUMNS, (*ROWS, (HOSTILE, 1.0)), Form.TABLE, terminal)
        terminal.flush()
        text = os.read(ours, 65536).decode("utf-8")
    os.close(ours)
    return text


def test_a_terminal_gets_a_drawn_table_without_anything_hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = drawn_on_a_terminal(monkeypatch)
    assert "─" in text
    assert "\x1b[" in text  # our own style of the head
    assert "\x1b[2J" not in text
    assert "\x1b]0;" not in text


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    colour = [
        code for code in drawn_on_a_terminal(monkeypatch).split("\x1b[")[1:] if code[:2] in {"3", "38", "9"}
    ]
    assert colour == []


def test_a_stream_that_is_no_terminal_gets_plain_text(tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("w+", encoding="utf-8") as file:
        write_rows(COLUMNS, ROWS, Form.TABLE, file)
        file.seek(0)
        assert file.read() == written(COLUMNS, ROWS, Form.TABLE)
