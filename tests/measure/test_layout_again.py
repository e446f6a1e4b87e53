"""A layout serves the next cycle while nothing was opened or closed, and changes no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.model.arrays import FloatArray
from riskd.model.history import EquitySeries
from riskd.model.snapshot import OrderKind, Snapshot
from riskd.model.subject import Grain
from tests.measure.comparison import ref_of
from tests.measure.random_books import ABSURD, GAPPY, SOUND, Taste, a_random_book

CHECKED = settings(max_examples=15, deadline=None, derandomize=True)
SNAPSHOT, HISTORY = next(
    book
    for book in (a_random_book(seed, SOUND) for seed in range(100))
    if len(book[0].positions) > 2 and len(book[0].orders) > 2 and len(book[0].strategies) > 1
)


def the_next(snapshot: Snapshot, seed: int) -> Snapshot:
    """The same rows in new arrays with other prices; of some positions the size, and of some the side, is another."""
    rng = np.random.default_rng(seed)
    held, quotes = snapshot.positions, snapshot.quotes
    price = np.exp(rng.normal(0.0, 0.05, len(held)))
    size = rng.choice([1.0, 1.0, 0.5, -2.0], len(held))

    def by(values: FloatArray, factor: FloatArray) -> FloatArray:
        return values * factor

    return replace(
        snapshot,
        id=snapshot.id + 1,
        instruments=(*snapshot.instruments,),
        quotes=replace(
            quotes,
            funding_rate=quotes.funding_rate * 1.5,
            bracket_floor=quotes.bracket_floor.copy(),
            bracket_rate=quotes.bracket_rate.copy(),
        ),
        accounts=replace(snapshot.accounts, equity=snapshot.accounts.equity * 0.9),
        positions=replace(
            held,
            account=held.account.copy(),
            instrument=held.instrument.copy(),
            quantity=by(held.quantity, size),
            quantity_exact=tuple(
                exact if factor > 0 else -exact
                for exact, factor in zip(held.quantity_exact, size.tolist(), strict=True)
            ),
            mark_price=by(held.mark_price, price),
            notional=by(held.notional, size * price),
            unrealized_pnl=by(held.unrealized_pnl, size),
        ),
        orders=replace(
            snapshot.orders, account=snapshot.orders.account.copy(), kind=(*snapshot.orders.kind,)
        ),
    )


def everything_of(book: Book) -> dict[tuple[str, Grain], tuple[bytes, tuple[str, ...], tuple[str, ...]]]:
    """The bits of every value, every reason and every name."""
    found = {}
    for name, spec in CATALOGUE.items():
        for grain in sorted(spec.grains):
            taken = take(book, ref_of(name), grain, select_all(book))
            found[name, grain] = taken.values.tobytes(), tuple(taken.unknown), tuple(map(str, taken.subjects))
    return found


@pytest.mark.parametrize("taste", [SOUND, GAPPY, ABSURD])
@CHECKED
@given(seed=st.integers(0, 10**9))
def test_the_next_cycle_measures_to_the_bit_what_a_first_one_does(taste: Taste, seed: int) -> None:
    snapshot, history = a_random_book(seed, taste)
    first = Book.of(snapshot, history)
    everything_of(first)
    after = the_next(snapshot, seed)
    again, alone = Book.of(after, history, first.layout), Book.of(after, history)
    assert again.layout is first.layout
    assert everything_of(again) == everything_of(alone)


def _positions(snapshot: Snapshot) -> Snapshot:
    held = snapshot.positions
    strategy = held.strategy.copy()
    strategy[0] = (strategy[0] + 1) % len(snapshot.strategies)
    return replace(snapshot, positions=replace(held, strategy=strategy))


def _order_kind(snapshot: Snapshot) -> Snapshot:
    first, *rest = snapshot.orders.kind
    other = OrderKind.LIMIT if first is OrderKind.STOP else OrderKind.STOP
    return replace(snapshot, orders=replace(snapshot.orders, kind=(other, *rest)))


def _brackets(snapshot: Snapshot) -> Snapshot:
    rate = snapshot.quotes.bracket_rate * 1.01
    return replace(snapshot, quotes=replace(snapshot.quotes, bracket_rate=rate))


def _instrument(snapshot: Snapshot) -> Snapshot:
    first, *rest = snapshot.instruments
    return replace(snapshot, instruments=(replace(first, base="OTHER"), *rest))


def _surfaces(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, surfaces=snapshot.surfaces[1:])


def _account(snapshot: Snapshot) -> Snapshot:
    first, *rest = snapshot.desk.accounts
    desk = replace(snapshot.desk, accounts=(replace(first, desk="another"), *rest))
    return replace(snapshot, desk=desk)


CHANGES = (_positions, _order_kind, _brackets, _instrument, _surfaces, _account)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_a_layout_does_not_serve_where_anything_else_is_held(change: Callable[[Snapshot], Snapshot]) -> None:
    before = Book.of(SNAPSHOT, HISTORY)
    everything_of(before)
    after = change(SNAPSHOT)
    again = Book.of(after, HISTORY, before.layout)
    assert again.layout is not before.layout
    assert everything_of(again) == everything_of(Book.of(after, HISTORY))


def test_the_past_of_long_series_is_that_of_short_ones() -> None:
    """Short series are looked through together, long ones one by one: hours before every window make them long."""
    equity = tuple(None if one is None else _with_old_hours(one) for one in HISTORY.equity)
    assert any(equity)
    short, long = Book.of(SNAPSHOT, HISTORY), Book.of(SNAPSHOT, replace(HISTORY, equity=equity))
    for name in ("drawdown", "loss_today"):
        for grain in CATALOGUE[name].grains:
            found = [take(book, ref_of(name), grain, select_all(book)) for book in (short, long)]
            assert found[0].values.tobytes() == found[1].values.tobytes()
            assert tuple(found[0].unknown) == tuple(found[1].unknown)


def _with_old_hours(series: EquitySeries) -> EquitySeries:
    """The same with 1,000 better hours long before."""
    old = np.arange(-2e8, -2e8 + 3.6e6, 3_600.0) + series.at[0]
    return replace(
        series,
        at=np.concatenate([old, series.at]),
        highest=np.concatenate([np.full(len(old), 1e12), series.highest]),
        first=np.concatenate([np.full(len(old), 1e12), series.first]),
    )
