"""A book written as rows of a policy measures as the same book built by the builders: a reading of one is that of the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.rehearse_book import book_of
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.spec import MeasureRef
from riskd.model.desk import UNLABELLED, AccountProfile, StrategyMatch
from riskd.model.snapshot import OrderKind
from riskd.model.subject import Grain
from riskd.policy.book_rows import (
    AccountRow,
    BookRows,
    CloseRow,
    FundingRow,
    InstrumentRow,
    OrderRow,
    PlacedRow,
    PositionRow,
)
from tests import builders as b
from tests.builder_bookings import BookingRow, with_bookings

SYMBOLS = (b.BTC, b.ETH, b.SOL)
STRATEGIES = ("hedge", "swing", UNLABELLED)
PARAMETERS = {
    "window": 86_400.0,
    "beyond": 0.1,
    "slippage": 0.001,
    "fee": 0.0005,
    "horizon": 864_000.0,
    "together": 5.0,
    "least": 1.0,
}


@st.composite
def positions(draw: st.DrawFn, account: str, symbol: str, mark: float) -> PositionRow:
    """A position of which any number may be left out."""
    maybe = st.booleans()
    return PositionRow(
        account=account,
        symbol=symbol,
        strategy=draw(st.sampled_from(STRATEGIES)),
        quantity=Decimal(draw(st.integers(1, 40))) / 4 * draw(st.sampled_from([1, -1])),
        entry=mark * draw(st.sampled_from([0.9, 1.0, 1.1])) if draw(maybe) else None,
        leverage=draw(st.sampled_from([None, 2.0, 10.0])),
        isolated_wallet=draw(st.sampled_from([None, None, 500.0])),
        liquidation=mark * 0.7 if draw(maybe) else None,
        adl_rank=draw(st.sampled_from([None, 1.0])),
        opened_at=draw(st.sampled_from([None, -600.0])),
        confirmed=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def stops(draw: st.DrawFn, row: PositionRow, mark: float) -> OrderRow:
    """A stop of a position, which may protect it or not."""
    maybe = st.booleans()
    return OrderRow(
        account=row.account,
        symbol=row.symbol,
        strategy=row.strategy,
        kind=OrderKind.STOP,
        direction=-1 if row.quantity > 0 else 1,
        quantity=abs(row.quantity) / draw(st.sampled_from([1, 2])) if draw(maybe) else None,
        price=None,
        trigger=mark * draw(st.sampled_from([0.9, 0.97, 1.05])) if draw(maybe) else None,
        reduce_only=draw(maybe),
        position_side="BOTH",
        placed_at=draw(st.sampled_from([None, -5.0, -700_000.0])),
    )


def an_account(name: str, wallet: float, past: tuple[tuple[float, float], ...] = ()) -> AccountRow:
    return AccountRow(
        profile=AccountProfile(id=name, venue=b.VENUE),
        equity=None,
        wallet=wallet,
        maintenance_margin=None,
        hedge_mode=False,
        unknown=(),
        data_age_seconds=2.0,
        past=past,
    )


def an_instrument(symbol: str, mark: float) -> InstrumentRow:
    return InstrumentRow(
        venue=b.VENUE,
        symbol=symbol,
        mark=mark,
        index=mark,
        funding_rate=0.0001 / 8,
        maintenance_rate=0.005,
    )


@st.composite
def books(draw: st.DrawFn) -> BookRows:
    """Two accounts with some positions, stops, funding and a past."""
    maybe = st.booleans()
    marks = {symbol: draw(st.sampled_from([50.0, 60_000.0])) for symbol in SYMBOLS}
    places = [(account, symbol) for account in ("main", "other") for symbol in SYMBOLS if draw(maybe)]
    held = [draw(positions(account, symbol, marks[symbol])) for account, symbol in places]
    past = ((-7_200.0, 12_000.0), (-3_600.0, 9_000.0))
    return BookRows(
        accounts=tuple(
            an_account(name, draw(st.sampled_from([10_000.0, 1_000_000.0])), past if draw(maybe) else ())
            for name in ("main", "other")
        ),
        instruments=tuple(an_instrument(symbol, marks[symbol]) for symbol in SYMBOLS),
        positions=tuple(held),
        orders=tuple(draw(stops(row, marks[row.symbol])) for row in held if draw(maybe)),
        funding=tuple(
            FundingRow(account=r.account, symbol=r.symbol, strategy=r.strategy, paid=3.0, at=-60.0)
            for r in held
        ),
        closes=tuple(draw(closes(row)) for row in held for _ in range(draw(st.integers(0, 3)))),
        placed=tuple(PlacedRow(account=r.account, strategy=r.strategy, orders=2, at=-30.0) for r in held),
    )


@st.composite
def closes(draw: st.DrawFn, row: PositionRow) -> CloseRow:
    """An earlier close of what is held, now or a little later: one of them may be a piece of another."""
    return CloseRow(
        account=row.account,
        symbol=row.symbol,
        strategy=row.strategy,
        realized=float(draw(st.integers(-40, 40))),
        fee=draw(st.sampled_from([0.0, 1.5])),
        at=-draw(st.sampled_from([60.0, 62.0, 4_000.0])),
    )


def built(rows: BookRows) -> Book:
    """The same book by the builders, which were written for other tests."""
    snapshot = b.a_snapshot(
        accounts=[
            b.an_account(row.profile.id, wallet=row.wallet, strategies=declared(rows, row.profile.id))
            for row in rows.accounts
        ],
        instruments=[
            b.an_instrument(
                row.symbol,
                mark=row.mark,
                brackets=((0.0, row.maintenance_rate),),
                taker_fee_rate=None,
                funding_rate=0.0001,
            )
            for row in rows.instruments
        ],
        positions=[
            b.a_position(
                row.symbol,
                row.quantity,
                row.account,
                strategy=row.strategy,
                entry=row.entry,
                leverage=known(row.leverage),
                isolated_wallet=row.isolated_wallet,
                liquidation_price=known(row.liquidation),
                adl_rank=known(row.adl_rank),
                opened_age_seconds=math.nan if row.opened_at is None else -row.opened_at,
                confirmed=row.confirmed,
            )
            for row in rows.positions
        ],
        orders=[
            b.a_stop(
                row.symbol,
                "BUY" if row.direction > 0 else "SELL",
                row.quantity or 0,
                trigger=known(row.trigger),
                account=row.account,
                strategy=row.strategy,
                reduce_only=row.reduce_only,
                close_position=row.quantity is None,
                placed_age_seconds=60.0 if row.placed_at is None else -row.placed_at,
            )
            for row in rows.orders
        ],
    )
    history = b.a_history(
        snapshot,
        equity={
            row.profile.id: b.an_equity_series([(-at, equity) for at, equity in row.past])
            for row in rows.accounts
            if row.past
        },
        funding=[(r.account, r.symbol, r.strategy, -r.paid, -r.at) for r in rows.funding],
        activity=[(r.account, r.strategy, -r.at) for r in rows.placed for _ in range(r.orders)],
    )
    return Book.of(snapshot, with_bookings(history, snapshot, *booked(rows)))


def booked(rows: BookRows) -> list[BookingRow]:
    def row(of: CloseRow | FundingRow) -> BookingRow:
        return BookingRow(
            age_seconds=-of.at,
            realized=of.realized if isinstance(of, CloseRow) else None,
            fee=of.fee if isinstance(of, CloseRow) else 0.0,
            funding=-of.paid if isinstance(of, FundingRow) else 0.0,
            symbol=of.symbol,
            account=of.account,
            strategy=of.strategy,
        )

    return [*map(row, rows.closes), *map(row, rows.funding)]


def declared(rows: BookRows, account: str) -> tuple[StrategyMatch, ...]:
    names = {row.strategy for row in rows.positions if row.account == account} - {UNLABELLED}
    return tuple(StrategyMatch(symbols=("*",), strategy=name) for name in sorted(names))


def known(value: float | None) -> float:
    return math.nan if value is None else value


def written(rows: BookRows) -> Book:
    return book_of(rows, started_at=b.NOW, at=b.NOW, number=1)


def refs() -> Sequence[MeasureRef]:
    return [
        MeasureRef(name, tuple(sorted((p.name, PARAMETERS[p.name]) for p in spec.parameters)))
        for name, spec in sorted(CATALOGUE.items())
        if {p.name for p in spec.parameters} <= PARAMETERS.keys()
    ]


# The builders give a venue's totals where a position is unknown; rows leave them unknown too.
@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=books().filter(lambda rows: all(row.confirmed for row in rows.positions)))
def test_every_measure_of_a_written_book_is_that_of_the_built_one(rows: BookRows) -> None:
    ours, theirs = written(rows), built(rows)
    for ref in refs():
        for grain in sorted(CATALOGUE[ref.name].grains):
            mine = take(ours, ref, grain, ours.everything)
            other = take(theirs, ref, grain, theirs.everything)
            assert tuple(mine.subjects) == tuple(other.subjects), (ref.name, grain)
            np.testing.assert_allclose(
                mine.values, other.values, rtol=1e-12, err_msg=f"{ref.name} {grain}", equal_nan=True
            )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows=books())
def test_a_position_without_confirmation_is_unknown_in_whatever_it_belongs_to(rows: BookRows) -> None:
    book = written(rows)
    leverage = take(book, MeasureRef("leverage"), Grain.ACCOUNT, book.everything)
    for account, row in enumerate(rows.accounts):
        doubtful = any(not p.confirmed for p in rows.positions if p.account == row.profile.id)
        assert bool(np.isnan(leverage.values[account])) is doubtful


def test_times_count_from_the_first_look() -> None:
    rows = BookRows(
        accounts=(replace(an_account("main", 1_000.0), data_age_seconds=5.0),),
        placed=(PlacedRow(account="main", strategy=UNLABELLED, orders=30, at=-10.0),),
    )
    rate = MeasureRef("order_rate", (("window", 60.0),))
    for later, expected in ((0.0, 0.5), (49.0, 0.5), (51.0, 0.0)):
        book = book_of(rows, started_at=b.NOW, at=b.NOW + timedelta(seconds=later), number=1)
        assert take(book, rate, Grain.ACCOUNT, book.everything).values.tolist() == [pytest.approx(expected)]
        age = take(book, MeasureRef("data_age"), Grain.ACCOUNT, book.everything)
        assert age.values.tolist() == [5.0]
