"""Whether what the venue says we hold is what our own book of fills says."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import FirstUnknown, account_name, missing_value
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

# A contract whose positions could not be held against its fills for so long is not reconciled.
COMPARED_WITHIN_SECONDS = 1800.0


def reconciliation_gap(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Worth of what the venue's positions and our fills differ by, over gross notional, for each account."""
    account, market, difference, age = _compared(book)
    layout, tables = book.layout, book.tables
    fresh = market[age <= COMPARED_WITHIN_SECONDS]
    unseen = (book.gross != 0.0) & ~np.isin(layout.position_markets, fresh)
    price = np.append(tables.quotes.mark_price, np.nan)[market % max(len(tables.instruments), 1)]
    price = np.where(market < 0, np.nan, price)
    apart = np.where(difference == 0.0, 0.0, np.abs(difference) * price)
    whole = layout.accounts.total(np.where(unseen, np.nan, book.gross))
    gap = Groups(account, layout.account_count).total(apart)
    unknown_row = FirstUnknown(layout.accounts, np.where(unseen, np.nan, book.gross))

    def why(number: int) -> str:
        row = unknown_row(number)
        if row < 0:
            return (
                f"mark price of a contract in which the fills of {account_name(book, number)} leave something"
            )
        name = tables.instruments[int(layout.position_instrument[row])].symbol
        return (
            missing_value(book, row)
            or f"fills of {name}: not held against the position in the last 30 minutes"
        )

    return Values(np.where((gap == 0.0) & ~np.isnan(whole), 0.0, gap / whole), why)


def _compared(book: Book) -> tuple[IndexArray, IndexArray, FloatArray, FloatArray]:
    """Account, (account, instrument) key, difference and age of each comparison; a key of -1 for an unknown contract."""
    tables, starts = book.tables, book.tables.account_starts()
    pairs = list(zip(starts, (history.reconciled for history in tables.histories), strict=True))
    account = index(np.concatenate([index(rows.account) + start for start, rows in pairs]))
    symbols = [symbol for _, rows in pairs for symbol in rows.symbol]
    owners = zip(tables.account_part[account].tolist(), account.tolist(), symbols, strict=True)
    known = book.layout.names.instruments
    instrument = index(
        [known.get((part, tables.profiles[code].venue, symbol), -1) for part, code, symbol in owners]
    )
    difference = np.concatenate([rows.difference for _, rows in pairs])
    compared = np.concatenate([rows.compared_at for _, rows in pairs])
    return (
        account,
        book.layout.market_keys(account, instrument),
        difference,
        book.now_of_account[account] - compared,
    )


SPECS = (
    MeasureSpec(
        name="reconciliation_gap",
        unit=Unit.RATIO,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="How far the venue's positions differ from those that follow from the fills: one of the two is not what happened.",
        formula=(
            "Σ |q_venue - q_fills|·M / Σ|q·M|, by contract, long and short together; q_fills is what was held when riskd began to "
            "watch the contract and every fill since, compared at the venue's time of the position's last change."
        ),
        source="Own definition. Reconciling positions against fills is what finds a lost fill, a stale answer or an order that nobody knew of.",
        unknown_when=(
            "Fills are read while a rule asks for them only; a contract that is held was not compared in the last 30 minutes, or "
            "the quantity or mark of a position is unknown."
        ),
        infinite_when="nothing is held and the fills say that something should be",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.WHOLE_ACCOUNT,
        function=reconciliation_gap,
        reads=frozenset({Surface.TRADES}),
        low=0.0,
    ),
)
