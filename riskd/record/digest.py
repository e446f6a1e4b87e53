"""One number for everything that a cycle saw and concluded, by which an audit tells that no row was changed since.

The digest is taken over the rows as the ledger holds them, so that it can be taken again from the ledger. Blocks and
columns go in by name. A column without a single value adds nothing: a column that a later migration adds, and that is
NULL in old rows, leaves old digests as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from riskd.model.arrays import IntArray
from riskd.record.block import Block, NumberColumn


def digest(blocks: Iterable[Block]) -> str:
    """sha256 over ``blocks``, hexadecimal. Rows count in their order, blocks and columns in order of their names."""
    total = hashlib.sha256()
    for block in sorted(blocks, key=lambda block: block.table):
        if len(block):
            _add(total, f"table {block.table} {len(block)}".encode())
            for name, content in sorted(_columns(block)):
                _add(total, name.encode())
                _add(total, content)
    return total.hexdigest()


def _columns(block: Block) -> Iterable[tuple[str, bytes]]:
    for name, column in block.numbers:
        content = _number_bytes(column)
        if content:
            yield name, content
    for name, codes in block.texts:
        if codes.any():
            yield name, _text_bytes(codes, block.vocabulary)


def _number_bytes(column: NumberColumn) -> bytes:
    """Little-endian bytes with one form of NaN and one of zero; empty when every value is missing."""
    if column.dtype.kind == "M":
        missing = np.isnat(column)
        column = column.astype("datetime64[us]").astype(np.int64)
    elif column.dtype.kind == "f":
        missing = np.isnan(column)
        # DuckDB's compression keeps every float but the sign of a negative zero [measured, 1.5.6]; adding 0 drops it.
        column = np.where(missing, np.nan, column + 0.0)
    else:
        missing = np.zeros(len(column), dtype=np.bool_)
    if missing.all():
        return b""
    return column.dtype.kind.encode() + column.astype(column.dtype.newbyteorder("<")).tobytes()


def _text_bytes(codes: IntArray, vocabulary: tuple[str, ...]) -> bytes:
    """The distinct texts in order of first appearance, then for each row which of them it is."""
    used, first, row_of = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype="<i4")
    rank[order] = np.arange(len(order))
    words = [b"-" if used[row] == 0 else b"+" + vocabulary[used[row] - 1].encode() for row in order]
    return b"".join(len(word).to_bytes(4, "little") + word for word in words) + b"|" + rank[row_of].tobytes()


def _add(total: hashlib._Hash, content: bytes) -> None:
    """With its length in front, so that no two lists of parts run together to the same bytes."""
    total.update(len(content).to_bytes(8, "little"))
    total.update(content)
