"""Columns about what is held: of one position, and sums over the positions of a subject."""

from __future__ import annotations

from collections.abc import Callable

from riskd.measure.book.book import Book
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value, symbol
from riskd.measure.columns.column import ColumnFunction, ColumnSpec
from riskd.measure.columns.dimension import MONEY, PRICE, QUANTITY, Dimension, of_unit
from riskd.measure.spec import Counts, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import InstrumentColumns, PositionColumns
from riskd.model.subject import Grain

_POSITIONS = frozenset({Surface.POSITIONS})
_MARKED = frozenset({Surface.POSITIONS, Surface.MARKS})
_BALANCES = frozenset({Surface.BALANCES})
_COUNT = of_unit(Unit.COUNT)

SUMMED = (
    Grain.ACCOUNT,
    Grain.STRATEGY,
    Grain.ASSET,
    Grain.CLUSTER,
    Grain.EXCHANGE,
    Grain.DESK,
    Grain.PORTFOLIO,
    Grain.INSTRUMENT,
)
"""Subjects over whose positions is summed."""

INSIDE_ACCOUNTS = (Grain.STRATEGY, Grain.ASSET, Grain.CLUSTER)
"""Those of them that are a part of one account."""


# ---- one position --------------------------------------------------------------------------------------------------


def _row(name: str, dimension: Dimension, meaning: str, source: str, unknown_when: str) -> ColumnSpec:
    def read(positions: PositionColumns) -> FloatArray:
        values: FloatArray = getattr(positions, name)
        return values

    return _of_position(
        name, dimension, meaning, source, unknown_when, lambda book: read(book.tables.positions)
    )


def _of_position(
    name: str,
    dimension: Dimension,
    meaning: str,
    source: str,
    unknown_when: str,
    read: Callable[[Book], FloatArray],
) -> ColumnSpec:
    words = name.replace("_", " ")

    def function(book: Book, _grain: Grain, _selection: Selection) -> Values:
        def why(row: int) -> str:
            confirmed = book.tables.positions.confirmed[row]
            return f"{words} of {symbol(book, row)}" if confirmed else missing_value(book, row)

        return Values(read(book), why)

    return ColumnSpec(
        name=name,
        grain=Grain.POSITION,
        dimension=dimension,
        meaning=meaning,
        source=source,
        unknown_when=unknown_when,
        needs=_POSITIONS,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


def _quoted(name: str, meaning: str) -> ColumnSpec:
    def read(quotes: InstrumentColumns) -> FloatArray:
        values: FloatArray = getattr(quotes, name)
        return values

    def function(book: Book, _grain: Grain, _selection: Selection) -> Values:
        values = read(book.tables.quotes)[book.layout.position_instrument]
        return Values(values, lambda row: f"{name.replace('_', ' ')} of {symbol(book, row)}")

    return ColumnSpec(
        name=name,
        grain=Grain.POSITION,
        dimension=PRICE,
        meaning=meaning,
        source="of its instrument, as the venue states it",
        unknown_when="the venue states none",
        needs=_MARKED,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


_STATED = "the venue states none"
POSITION_COLUMNS = (
    _row("notional", MONEY, "worth, signed: long +, short -", "q·M", "quantity or mark is unknown"),
    _of_position(
        "gross", MONEY, "worth without sign", "|q·M|", "quantity or mark is unknown", lambda book: book.gross
    ),
    _row("quantity", QUANTITY, "base units, signed: long +, short -", "q", "the position is not confirmed"),
    _row("mark_price", PRICE, "mark price", "M, of the positions read", _STATED),
    _row("entry_price", PRICE, "mean price of the fills", "as the venue states it", _STATED),
    _row("liquidation_price", PRICE, "liquidation price", "as the venue states it", _STATED),
    _quoted("index_price", "index price"),
    _quoted("last_price", "price of the last trade"),
    _row(
        "unrealized_pnl",
        MONEY,
        "profit if closed at mark",
        "q·(M - entry)",
        "quantity, mark or entry is unknown",
    ),
    _row("initial_margin", MONEY, "initial margin", "as the venue states it", _STATED),
    _row("maintenance_margin", MONEY, "maintenance margin", "as the venue states it", _STATED),
    _row(
        "isolated_wallet", MONEY, "cash set aside for it", "as the venue states it", "the position is cross"
    ),
    _row(
        "leverage_setting",
        of_unit(Unit.MULTIPLE),
        "the slider: initial margin is notional / setting",
        "as the venue states it",
        _STATED,
    ),
)


# ---- sums over positions -------------------------------------------------------------------------------------------


def _summed(read: Callable[[Book], FloatArray], words: str) -> ColumnFunction:
    def function(book: Book, grain: Grain, selection: Selection) -> Values:
        values = read(book)
        unknown_row = FirstUnknown(book.position_groups(grain), values, selection.positions)

        def why(subject: int) -> str:
            row = unknown_row(subject)
            return missing_value(book, row) or f"{words} of {symbol(book, row)}"

        return Values(book.total(grain, values, selection), why)

    return function


def _number_held(book: Book, grain: Grain, selection: Selection) -> Values:
    return Values(book.position_groups(grain).count(selection.positions))


def _equity_behind(book: Book, grain: Grain, _selection: Selection) -> Values:
    return Values(book.equity_of(grain), lambda subject: missing_equity(book, grain, subject))


def _gross_of_account(book: Book, grain: Grain, _selection: Selection) -> Values:
    account = book.universe(grain).account
    summed = _summed(lambda each: each.gross, "notional")(book, Grain.ACCOUNT, book.everything)
    return Values(summed.values[account], lambda subject: summed.why(int(account[subject])))


_SUMS: tuple[tuple[str, str, str, str, Callable[[Book], FloatArray], str], ...] = (
    (
        "gross",
        "worth of all positions, without sign",
        "Σ|q·M|",
        "quantity or mark",
        lambda b: b.gross,
        "notional",
    ),
    (
        "net",
        "worth of all positions, long + and short -",
        "Σ q·M; spot does not count",
        "quantity or mark",
        lambda book: book.tables.positions.notional,
        "notional",
    ),
    (
        "unrealized_pnl",
        "profit if all positions were closed at mark",
        "Σ q·(M - entry)",
        "quantity, mark or entry",
        lambda book: book.tables.positions.unrealized_pnl,
        "unrealized PnL",
    ),
)
_MARGINS: tuple[tuple[str, Callable[[Book], FloatArray]], ...] = (
    ("initial_margin", lambda book: book.tables.positions.initial_margin),
    ("maintenance_margin", lambda book: book.tables.positions.maintenance_margin),
)


def sum_columns(grain: Grain) -> tuple[ColumnSpec, ...]:
    """The sums over the positions of each subject of one of the ``SUMMED`` grains."""
    found = [
        _held(
            grain,
            name,
            MONEY,
            meaning,
            source,
            f"{inputs} of a counted position is unknown",
            _summed(read, words),
        )
        for name, meaning, source, inputs, read, words in _SUMS
    ]
    if grain in INSIDE_ACCOUNTS:
        found += [_margin(grain, name, read) for name, read in _MARGINS]
        found.append(_account_gross(grain))
    return (
        *found,
        _held(grain, "positions", _COUNT, "how many positions are open", "number", "never", _number_held),
    )


def equity_column(grain: Grain) -> ColumnSpec:
    """Equity of the account behind a position, a strategy, an asset or a grid; of all accounts of a hedge."""
    is_hedge = grain is Grain.HEDGE
    return ColumnSpec(
        name="equity",
        grain=grain,
        dimension=MONEY,
        meaning="equity of the accounts that hold the legs" if is_hedge else "equity of the account",
        source="wallet balance + unrealized PnL",
        unknown_when="the venue states none",
        needs=_BALANCES,
        counts=Counts.WHOLE_ACCOUNT,
        function=_equity_behind,
    )


def _margin(grain: Grain, name: str, read: Callable[[Book], FloatArray]) -> ColumnSpec:
    words = name.replace("_", " ")
    source, unknown_when = "Σ as the venue states it for each", "the venue states none for a counted position"
    return _held(grain, name, MONEY, f"{words} of the positions", source, unknown_when, _summed(read, words))


def _account_gross(grain: Grain) -> ColumnSpec:
    return ColumnSpec(
        name="account_gross",
        grain=grain,
        dimension=MONEY,
        meaning="worth of all positions of the account, without sign, whatever is selected",
        source="Σ|q·M| of the account",
        unknown_when="quantity or mark of any position of the account is unknown",
        needs=_POSITIONS,
        counts=Counts.WHOLE_ACCOUNT,
        function=_gross_of_account,
    )


def _held(
    grain: Grain,
    name: str,
    dimension: Dimension,
    meaning: str,
    source: str,
    unknown_when: str,
    function: ColumnFunction,
) -> ColumnSpec:
    return ColumnSpec(
        name=name,
        grain=grain,
        dimension=dimension,
        meaning=meaning,
        source=source,
        unknown_when=unknown_when,
        needs=_POSITIONS,
        counts=Counts.SELECTED_POSITIONS,
        function=function,
    )
