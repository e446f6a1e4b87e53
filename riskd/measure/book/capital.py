"""Ratios to equity that do not lie when equity is gone."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value
from riskd.measure.spec import Selection, Values
from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain


def infinite_without_equity(what: str) -> str:
    """When a share of equity is infinite, for the catalogue: ``fees were paid while equity is zero or negative``."""
    return f"{what} while equity is zero or negative"


INFINITE_WITHOUT_EQUITY = infinite_without_equity("exposure is held")


def over_equity(exposure: FloatArray, equity: FloatArray) -> FloatArray:
    """``exposure / equity``: 0 without exposure, +inf with exposure and no positive equity, NaN if either is unknown.

    Dividing by a negative equity would make the worst account look like the best.
    """
    share = exposure / equity
    poor = equity <= 0.0
    if not poor.any():
        return share
    without = np.where(np.isnan(exposure), np.nan, np.where(exposure == 0.0, 0.0, np.inf))
    return np.where(poor, without, share)


def share_of_capital(book: Book, grain: Grain, values: FloatArray, selection: Selection) -> Values:
    """Sum of position ``values`` over each subject's selected rows, over its equity."""
    unknown_row = FirstUnknown(book.position_groups(grain), values, selection.positions)

    def why(subject: int) -> str:
        row = unknown_row(subject)
        return missing_value(book, row) if row >= 0 else missing_equity(book, grain, subject)

    return Values(over_equity(book.total(grain, values, selection), book.equity_of(grain)), why)
