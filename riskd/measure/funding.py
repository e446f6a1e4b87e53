"""What holding costs: the rate of the next settlement, and what was paid."""

from __future__ import annotations

import numpy as np

from riskd.measure.book import Book
from riskd.measure.capital import INFINITE_WITHOUT_EQUITY, over_equity
from riskd.measure.groups import Groups, IndexArray, index
from riskd.measure.missing import account_name, missing_equity, missing_value, symbol
from riskd.measure.past import Past, joined, past_funding, strategy_subjects, too_short
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def funding_rate(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Funding per hour that a position pays (+) or receives (-)."""
    quotes, positions = book.tables.quotes, book.tables.positions
    hourly = (quotes.funding_rate / quotes.funding_interval_hours)[book.layout.position_instrument]

    def why(row: int) -> str:
        if np.isnan(positions.quantity[row]):
            return missing_value(book, row)
        return f"funding rate or interval of {symbol(book, row)}"

    return Values(np.sign(positions.quantity) * hourly, why)


def funding_cost(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Net funding paid in the window over equity."""
    past = past_funding(book, ref.parameter("window"))
    paid = -past.column(tuple(history.funding.amount for history in book.tables.histories))
    since = _needed_since(book, grain, ref.parameter("window"))
    subject, row = _payers(book, grain, past)
    size = book.universe(grain).size
    counted = past.at[row] > since[subject]
    total = Groups(subject, size).total(paid[row], counted)
    first_short = _first_short_account(book, grain, past.known_since, since)

    def why(number: int) -> str:
        account = int(first_short[number])
        if account >= 0:
            name = account_name(book, account)
            return too_short(float(past.known_since[account]), float(since[number]), "funding history", name)
        return missing_equity(book, grain, number)

    values = np.where(first_short >= 0, np.nan, over_equity(total, book.equity_of(grain)))
    return Values(values, why)


def _needed_since(book: Book, grain: Grain, window: float) -> FloatArray:
    """From when on funding counts: the window, but of a position not before it was opened."""
    universe = book.universe(grain)
    begins = book.tables.now[universe.part] - window
    if grain is Grain.POSITION:
        return np.fmax(begins, book.tables.positions.opened_at)
    return begins


def _payers(book: Book, grain: Grain, past: Past) -> tuple[IndexArray, IndexArray]:
    """(subject, funding row) pairs."""
    if grain is Grain.ACCOUNT:
        return past.account, np.arange(len(past.account), dtype=np.intp)
    layout = book.layout
    if grain is Grain.STRATEGY:
        texts = past.texts(tuple(history.funding.strategy for history in book.tables.histories))
        found = strategy_subjects(book, past, texts)
        return found[found >= 0], index(np.flatnonzero(found >= 0))
    markets = _markets(book, past)
    if grain is Grain.POSITION:
        return joined(layout.position_markets, markets)
    legs = layout.legs
    leg, row = joined(layout.market_keys(legs.account, legs.instrument), markets)
    return legs.hedge[leg], row


def _markets(book: Book, past: Past) -> IndexArray:
    """(account, instrument) key of each funding row; -2, which nothing else holds, for one not in the snapshot."""
    tables = book.tables
    parts = tables.account_part[past.account].tolist()
    venues = [tables.profiles[account].venue for account in past.account.tolist()]
    symbols = past.texts(tuple(history.funding.symbol for history in tables.histories))
    known = book.layout.names.instruments
    instrument = index([known.get(key, -1) for key in zip(parts, venues, symbols, strict=True)])
    keys = book.layout.market_keys(past.account, instrument)
    return np.where(keys < 0, -2, keys)


def _first_short_account(book: Book, grain: Grain, known_since: FloatArray, since: FloatArray) -> IndexArray:
    """For each subject an account whose history does not reach back far enough; -1: none."""
    universe = book.universe(grain)
    if universe.depends is None:
        short = ~(known_since[universe.account] <= since)
        return np.where(short, universe.account, -1)
    subject, account = universe.depends
    short = ~(known_since[account] <= since[subject])
    result = np.full(universe.size, -1, dtype=np.intp)
    result[subject[short][::-1]] = account[short][::-1]
    return result


SPECS = (
    MeasureSpec(
        name="funding_rate",
        unit=Unit.RATE,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Funding that the position pays each hour (positive) or receives (negative), of its notional.",
        formula="sign(q)·f / τ; f: rate of one interval (positive: longs pay), τ: the venue's interval in hours.",
        source="APR = f·8760/τ with τ from the venue, never a constant; Hyperliquid's worked payment, pinned in test_vectors.py.",
        unknown_when="The rate or the interval of the symbol is unknown.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.MARKS, Surface.FUNDING_INTERVALS}),
        counts=Counts.SELECTED_POSITIONS,
        function=funding_rate,
    ),
    MeasureSpec(
        name="funding_cost",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION, Grain.STRATEGY, Grain.ACCOUNT, Grain.HEDGE}),
        parameters=(Parameter(name="window", unit=Unit.DURATION, meaning="How far back funding is summed."),),
        meaning="Net funding paid (positive) or received (negative) in the window, as a share of equity.",
        formula=(
            "-Σ funding of the window / E. Position: of its symbol, not before it was opened; both sides of hedge mode "
            "together, as the venue settles them. Hedge: of its perpetual legs, over the equity of the accounts of all legs."
        ),
        source="Binance USD-M income history, FUNDING_FEE.",
        unknown_when=(
            "The funding history does not reach back to the start of the window, the last read of it failed, or equity "
            "is unknown."
        ),
        infinite_when=INFINITE_WITHOUT_EQUITY.replace("exposure is held", "funding was paid"),
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.BALANCES, Surface.INCOME}),
        counts=Counts.WHOLE_ACCOUNT,
        function=funding_cost,
    ),
)
