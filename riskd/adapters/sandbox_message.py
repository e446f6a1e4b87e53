"""What goes over the pipe to the query process: columns as JSON, and answers, which are checked before they are believed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from riskd.adapters.sandbox_pipe import ChildLost, Message
from riskd.measure.relations.relation import Cells, listed
from riskd.measure.relations.relations import RELATIONS
from riskd.model.answer import Read, Refusal

_UNKNOWN_FORM = "its answer has an unknown form"


def arrays(columns: Iterable[tuple[str, Cells]]) -> dict[str, str]:
    """Columns as JSON arrays. JSON has no NaN; the engine reads the word ``"NaN"`` as one."""
    return {name: _array(cells) for name, cells in columns}


def rows_in(message: Message) -> tuple[tuple[str | None, float | None], ...]:
    """The rows of an answer.

    Raises:
        ChildLost: They have another form than a child gives.
    """
    rows = message.get("rows", [])
    if not isinstance(rows, list):
        raise ChildLost(_UNKNOWN_FORM)
    return tuple(_row(row) for row in rows)


def reads_in(message: Message) -> frozenset[Read]:
    """The columns that a query reads.

    Raises:
        ChildLost: They have another form than a child gives.
    """
    reads = message.get("reads")
    if not isinstance(reads, list):
        raise ChildLost(_UNKNOWN_FORM)
    return frozenset(_read(read) for read in reads)


def refusal_in(message: Message) -> Refusal | None:
    """Why a query may not be asked; None when it may.

    Raises:
        ChildLost: It is said in another form than a child gives.
    """
    match message.get("refused"):
        case None:
            failure = failure_in(message)
            return Refusal(what=failure) if failure else None
        case {"what": str(what), "cure": str(cure), "offset": int() | None as offset}:
            return Refusal(what=what, cure=cure, offset=offset)
        case _:
            raise ChildLost(_UNKNOWN_FORM)


def failure_in(message: Message) -> str:
    """Why a request could not be carried out; empty when it was."""
    failure = message.get("failed")
    return "" if failure is None else str(failure)


def _array(cells: Cells) -> str:
    plain = listed(cells)
    try:
        return json.dumps(plain, allow_nan=False)
    except ValueError:
        return json.dumps([_word(cell) for cell in plain])


def _word(cell: object) -> object:
    return repr(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell


def _row(row: object) -> tuple[str | None, float | None]:
    match row:
        case [str() | None as subject, float() | int() | None as value]:
            return subject, None if value is None else float(value)
        case _:
            raise ChildLost(_UNKNOWN_FORM)


def _read(read: object) -> Read:
    match read:
        case [str(table), str(column)] if table in RELATIONS:
            return table, RELATIONS[table].column(column).name
        case _:
            raise ChildLost(_UNKNOWN_FORM)
