"""Column blocks into tables, one INSERT a block.

Numbers go in as registered NumPy columns. Texts go in as one JSON list a block, and each row names its word by number:
DuckDB otherwise looks for pandas once for every single text (measured here without pandas: 270 ms for 1,000 texts;
this way 1 ms). ``executemany`` would be slower still.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache

import duckdb
import numpy as np

from riskd.record.block import Block


def insert(connection: duckdb.DuckDBPyConnection, block: Block) -> None:
    """Append all rows of a block.

    Raises:
        duckdb.Error: They could not be written; the caller rolls back.
    """
    if len(block):
        columns, rows = _rows_of(block)
        _run(connection, block, f"insert into {_quoted(block.table)} ({columns}) {rows}", [])


def insert_new(
    connection: duckdb.DuckDBPyConnection, block: Block, *, key: tuple[str, ...], time: str
) -> None:
    """Append the rows whose ``key`` the table does not have yet.

    Args:
        key: Columns that identify a row.
        time: A time column that never differs between two rows of one key. Only rows of the table from the block's
            earliest time on are compared, so that the cost does not grow with the table.

    Raises:
        duckdb.Error: They could not be written; the caller rolls back.
    """
    if not len(block):
        return
    columns, rows = _rows_of(block)
    names = ", ".join(_quoted(name) for name in key)
    earliest: datetime = np.min(dict(block.numbers)[time]).item()
    sql = (
        f"insert into {_quoted(block.table)} ({columns}) "  # noqa: S608  # names of our own tables and columns
        f"select fresh.* from (select distinct on ({names}) * from ({rows})) fresh "
        f"anti join (select {names} from {_quoted(block.table)} where {_quoted(time)} >= ?) known using ({names})"
    )
    _run(connection, block, sql, [earliest])


def _run(connection: duckdb.DuckDBPyConnection, block: Block, sql: str, parameters: list[object]) -> None:
    arrays = {name: np.ascontiguousarray(column) for name, column in (*block.numbers, *block.texts)}
    words = [json.dumps(block.vocabulary)] if block.texts else []
    connection.register("block", arrays)
    try:
        connection.execute(sql, [*words, *parameters])
    finally:
        connection.unregister("block")


def _rows_of(block: Block) -> tuple[str, str]:
    return _select(
        tuple(name for name, _ in block.numbers),
        tuple(name for name, _ in block.texts),
    )


@lru_cache(maxsize=256)
def _select(numbers: tuple[str, ...], texts: tuple[str, ...]) -> tuple[str, str]:
    """Column names, and a SELECT that gives them. List elements count from 1; element 0 is NULL."""
    names = ", ".join(_quoted(name) for name in (*numbers, *texts))
    values = [f"block.{_quoted(name)}" for name in numbers]
    values += [f"vocabulary.words[block.{_quoted(name)}] as {_quoted(name)}" for name in texts]
    source = "block"
    if texts:
        source += """ cross join (select from_json(?, '["VARCHAR"]') as words) vocabulary"""
    return names, f"select {', '.join(values)} from {source}"  # noqa: S608  # names of our own columns


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
