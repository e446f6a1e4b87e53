"""Words and tables that the answers of `riskd stress` share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskd.model.subject import Subject

Row = tuple[str, ...]


def name_of(subject: Subject) -> str:
    """A subject as people say it."""
    return " ".join(value for _, value in subject.parts) or subject.grain.value


def money(value: float) -> str:
    """An amount of the settlement currency; infinite is what no limit is set to."""
    return "?" if np.isnan(value) else "no limit" if np.isinf(value) else f"{value:,.0f}"


def table(rows: Sequence[Row]) -> list[str]:
    """Columns as wide as they must be, indented."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
