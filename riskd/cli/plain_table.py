"""Columns of words, aligned, without a library."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence


def plain_table(rows: Sequence[Sequence[str]], *, left: Collection[int]) -> Iterator[str]:
    """Rows as lines.

    Args:
        rows: The first is the header.
        left: Numbers of the columns that are aligned to the left; the others are numbers, and aligned to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            text.ljust(width) if place in left else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
