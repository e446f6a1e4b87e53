"""What holding costs: the rate of the next settlement, and what was paid."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import infinite_without_equity, over_equity
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import account_name, missing_equity, missing_value, symbol
from riskd.measure.past.rows import Past, joined, last_run, past_funding, strategy_subjects, too_short
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.trade.stops import COSTS, RISK_FORMULA, RISK_UNKNOWN, STOP_LISTS, MoneyAtRisk, missing_risk
from riskd.model.arrays import FloatArray
from riskd.model.history import INCOME_KEPT_SECONDS
from riskd.model.report import Surface
from riskd.model.subject import Grain

_HOUR_SECONDS = 3_600.0


def funding_rate(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Funding per hour that a position pays (+) or receives (-)."""
    positions = book.tables.positions
    rate = np.sign(positions.quantity) * _hourly(book)
    return Values(rate, lambda row: _missing_rate(book, row, positions.quantity))


def funding_to_horizon(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Funding that a position will have paid at a horizon at today's rate, over what it may lose."""
    notional, risk = book.tables.positions.notional, book.once(MoneyAtRisk.of(ref))
    paid = notional * _hourly(book) * (ref.parameter("horizon") / _HOUR_SECONDS)
    free = np.where(paid > 0.0, np.inf, 0.0)
    share = np.where(risk > 0.0, paid / risk, free)

    def why(row: int) -> str:
        return missing_risk(book, row) if np.isnan(risk[row]) else _missing_rate(book, row, notional)

    return Values(np.where(np.isnan(paid) | np.isnan(risk), np.nan, share), why)


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


def funding_flip(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Number of settlements in a row, up to the last one, at which the market of a position paid."""
    past = past_funding(book, ref.parameter("window"))
    since = _needed_since(book, grain, ref.parameter("window"))
    known_since = past.known_since[book.layout.position_account]
    row, income = joined(book.layout.position_markets, _markets(book, past))
    counted = (past.at[income] > since[row]) & (past.at[income] >= known_since[row])
    row, income = row[counted], income[counted]
    received = past.column(tuple(history.funding.amount for history in book.tables.histories))[income]
    # Settlements are on the hour, whatever jitter their bookings carry.
    row, sums = _by_settlement(row, np.round(past.at[income] / _HOUR_SECONDS), received)
    run, before = last_run(Groups(row, len(since)), sums < 0.0)
    known = (before >= 0) | (known_since <= since)

    def why(position: int) -> str:
        name = account_name(book, int(book.layout.position_account[position]))
        return too_short(float(known_since[position]), float(since[position]), "funding history", name)

    return Values(np.where(known, run, np.nan), why)


def _by_settlement(row: IndexArray, hour: FloatArray, received: FloatArray) -> tuple[IndexArray, FloatArray]:
    """The position of each settlement and what it brought; those of a position stand together, oldest first."""
    order = np.lexsort((hour, row))
    row, hour, received = row[order], hour[order], received[order]
    is_new = np.ones(len(row), dtype=np.bool_)
    is_new[1:] = (row[1:] != row[:-1]) | (hour[1:] != hour[:-1])
    sums = Groups(index(np.cumsum(is_new) - 1), int(is_new.sum())).total(received)
    return row[is_new], sums


def _hourly(book: Book) -> FloatArray:
    """Funding rate of an hour of the instrument of each position."""
    quotes = book.tables.quotes
    hourly: FloatArray = (quotes.funding_rate / quotes.funding_interval_hours)[
        book.layout.position_instrument
    ]
    return hourly


def _missing_rate(book: Book, row: int, held: FloatArray) -> str:
    if np.isnan(held[row]):
        return missing_value(book, row)
    return f"funding rate or interval of {symbol(book, row)}"


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
        parameters=(
            Parameter(
                name="window",
                unit=Unit.DURATION,
                meaning="How far back funding is summed.",
                high=INCOME_KEPT_SECONDS,
            ),
        ),
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
        infinite_when=infinite_without_equity("funding was paid"),
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.BALANCES, Surface.INCOME}),
        counts=Counts.WHOLE_ACCOUNT,
        function=funding_cost,
    ),
    MeasureSpec(
        name="funding_flip",
        unit=Unit.COUNT,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(
            Parameter(
                name="window",
                unit=Unit.DURATION,
                meaning="How far back settlements are looked at.",
                default=7 * 86_400.0,
                high=INCOME_KEPT_SECONDS,
            ),
        ),
        meaning="Settlements in a row at which the position paid funding: a carry trade that has turned against its holder.",
        formula=(
            "number of the last settlements that were all paid (Σ funding < 0): counted back to one that was not, to the opening "
            "of the position, or to the start of the window. 0 before the first. Bookings about one full hour are one "
            "settlement; both sides of hedge mode together. The rate of the next settlement is not looked at: see funding_rate."
        ),
        source="Carry bots leave after 2 to 3 adverse settlements in a row.",
        unknown_when=(
            "The funding history does not reach back to the opening or the start of the window and only payments are in it, or "
            "the last read of it failed."
        ),
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS, Surface.INCOME}),
        counts=Counts.WHOLE_ACCOUNT,
        function=funding_flip,
    ),
    MeasureSpec(
        name="funding_to_horizon",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION}),
        parameters=(
            Parameter(
                name="horizon",
                unit=Unit.DURATION,
                meaning="How much longer the position is meant to be held.",
                default=10 * 86_400.0,
            ),
            *COSTS,
        ),
        meaning="Funding that holding on will cost at today's rate, as a share of what the trade may lose at its stop.",
        formula=(
            "q·M·f/τ·horizon / R; f and τ as for funding_rate, R as for risk_per_trade: negative when funding is received. "
            + RISK_FORMULA
            + "0 where nothing is at risk and nothing is paid."
        ),
        source="Usual practice of swing desks: at most 20 % of the planned loss; rates change, so it is no forecast.",
        unknown_when=f"The rate or the interval of the symbol is unknown. {RISK_UNKNOWN}",
        infinite_when="funding is paid and nothing is at risk: the stop stands at the mark and closing costs nothing",
        remedy=Remedy.NONE,
        needs=STOP_LISTS | {Surface.BALANCES, Surface.MARKS, Surface.FUNDING_INTERVALS},
        counts=Counts.SELECTED_POSITIONS,
        function=funding_to_horizon,
    ),
)
