"""Rows for people and for programs: an aligned table, CSV or JSON.

Cells may hold text that came from a venue. It never reaches a terminal as it is: control, hidden and reversing characters
are replaced in tables and CSV, and escaped in JSON. Rich is imported only to draw on a terminal.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, auto
from typing import TextIO

from riskd.adapters.safe_text import visible

UNKNOWN = "NULL"

_WIDTH_MAX = 120
_DIGITS = 10
# A spreadsheet runs a cell that begins so as a formula; an apostrophe keeps it text.
_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


class Form(Enum):
    """How rows are written."""

    TABLE = auto()
    CSV = auto()
    JSON = auto()


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], form: Form, stream: TextIO) -> None:
    """Write rows to a stream.

    A table rounds numbers to ten digits and shortens long text, because it is for eyes. CSV and JSON keep every digit;
    in JSON a NaN is null, and an infinite, decimal, time or binary value is text.

    Args:
        columns: Names; JSON numbers the later ones of those that are the same.
        rows: One value for each column.
    """
    if form is Form.JSON:
        _write_json(columns, rows, stream)
    elif form is Form.CSV:
        _write_csv(columns, rows, stream)
    elif stream.isatty():
        _draw(columns, tuple(rows), stream)
    else:
        _write_plain(columns, tuple(rows), stream)


def cell(value: object) -> str:
    """A value as a table shows it, on one line and safe to print."""
    if value is None or _is_nan(value):
        return UNKNOWN
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    text = _text(value)
    return text if len(text) <= _WIDTH_MAX else f"{text[: _WIDTH_MAX - 1]}…"


def _text(value: object) -> str:
    """The whole value as text without anything that a terminal would obey."""
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (dict, list, tuple)):
        return visible(json.dumps(_json_value(value), ensure_ascii=False))
    return visible(str(value))


def _instant(at: datetime) -> str:
    """ISO 8601. A time without a zone is UTC, as everywhere in the ledger."""
    return at.isoformat(sep=" ") + ("" if at.tzinfo is not None else "Z")


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


# ---- tables --------------------------------------------------------------------------------------------------------


def _write_plain(columns: Sequence[str], rows: Sequence[Sequence[object]], stream: TextIO) -> None:
    lines = [[cell(name) for name in columns], *([cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = _right_aligned(columns, rows)
    for line in lines:
        padded = [
            text.rjust(width) if numeric else text.ljust(width)
            for text, width, numeric in zip(line, widths, right, strict=True)
        ]
        stream.write("  ".join(padded).rstrip() + "\n")


def _draw(columns: Sequence[str], rows: Sequence[Sequence[object]], stream: TextIO) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, numeric in zip(columns, _right_aligned(columns, rows), strict=True):
        table.add_column(Text(cell(name)), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value), style="dim" if value is None else "") for value in row))
    Console(file=stream, highlight=False, emoji=False, markup=False).print(table)


def _right_aligned(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[bool]:
    """Which columns hold numbers and nothing else."""
    known = [[row[index] for row in rows if row[index] is not None] for index in range(len(columns))]
    return [bool(values) and all(map(_is_number, values)) for values in known]


# ---- for programs --------------------------------------------------------------------------------------------------


def _write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_csv_value(name) for name in columns])
    for row in rows:
        writer.writerow([_csv_value(value) for value in row])


def _csv_value(value: object) -> str:
    if value is None or _is_nan(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    text = _text(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _write_json(columns: Sequence[str], rows: Iterable[Sequence[object]], stream: TextIO) -> None:
    """An array with an object a row, one row a line. Everything beyond ASCII is escaped."""
    names = _distinct(columns)
    separator = "[\n"
    for row in rows:
        fields = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
        stream.write(f"{separator}{json.dumps(fields, allow_nan=False)}")
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def _distinct(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _json_value(value: object) -> object:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return _json_number(value)
    if isinstance(value, dict):
        return {str(key): _json_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(inner) for inner in value]
    if isinstance(value, datetime):
        return _instant(value).replace(" ", "T")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.hex() if isinstance(value, bytes) else str(value)


def _json_number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
