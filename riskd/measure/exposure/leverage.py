"""How much is held for each unit of capital."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity, share_of_capital
from riskd.measure.book.missing import missing_value, symbol
from riskd.measure.book.rare import replaced
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain


def leverage(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Gross notional of the selected positions over equity."""
    return share_of_capital(book, grain, book.gross, selection)


def position_leverage(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Notional of a position over the margin committed to it."""
    positions = book.tables.positions
    reported = positions.initial_margin
    cross = replaced(reported, np.isnan(reported), lambda: book.gross / positions.leverage_setting)
    committed = replaced(
        cross, positions.isolated, lambda: positions.isolated_wallet + positions.unrealized_pnl
    )

    def why(row: int) -> str:
        missing = (
            "isolated wallet or PnL" if positions.isolated[row] else "initial margin and leverage setting"
        )
        return missing_value(book, row) or f"{missing} of {symbol(book, row)}"

    return Values(over_equity(book.gross, committed), why)


SPECS = (
    MeasureSpec(
        name="leverage",
        unit=Unit.MULTIPLE,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="Gross notional for each unit of equity: what really is at work, whatever the slider says.",
        formula="L = Σ|q·M| / E; both sides of a symbol count, spot does not. 0 when nothing is held.",
        source="Effective leverage, as dYdX computes it; pinned in test_vectors.py.",
        unknown_when="Equity of an account, or the quantity or mark of a counted position, is unknown.",
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=leverage,
    ),
    MeasureSpec(
        name="position_leverage",
        unit=Unit.MULTIPLE,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Notional of a position for each unit of margin committed to it.",
        formula="|q·M| / margin; cross: initial margin (|q·M| / leverage setting); isolated: isolated wallet + PnL.",
        source="Binance USD-M position risk (positionInitialMargin, isolatedWallet).",
        unknown_when="Cross: neither initial margin nor setting is known. Isolated: its wallet or PnL is unknown.",
        infinite_when="the margin is used up: an isolated position has lost all of it",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=position_leverage,
    ),
)
