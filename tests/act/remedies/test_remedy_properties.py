"""For random books, one-way and hedge mode, healthy and torn: remedies protect, reduce, and never guess."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.plan import NoPlan
from riskd.act.remedies.cancel import cancellations
from riskd.act.remedies.flatten import flattening
from riskd.act.remedies.roles import order_roles
from riskd.act.remedies.stop import SHARE_OF_ROOM, placements
from riskd.measure.exposure.resting import may_open
from riskd.measure.margin.liquidation import nearest_distance
from riskd.measure.trade.protection import protection
from riskd.model.order import Cancellation, Plan, StopPlacement
from riskd.model.snapshot import OrderKind, Snapshot
from riskd.model.subject import Grain, account_subject
from tests.act.remedies.demands import cancel, place_stop
from tests.builders import (
    NOW,
    AccountRow,
    OrderRow,
    PositionRow,
    a_position,
    a_snapshot,
    a_stop,
    an_account,
    an_order,
)
from tests.measure.books import book_of, by_subject
from tests.measure.random_orders import random_orders

PRICES = {"BTC/USDT:USDT": 60_000.0, "ETH/USDT:USDT": 3_000.0}
WHICH = ("risk_increasing", "grid", "all")


@dataclass(frozen=True)
class Rows:
    """A book as it is written down."""

    accounts: list[AccountRow]
    positions: list[PositionRow]
    orders: list[OrderRow]

    @property
    def snapshot(self) -> Snapshot:
        return a_snapshot(accounts=self.accounts, positions=self.positions, orders=self.orders)

    def without(self, gone: Iterable[Cancellation]) -> Rows:
        """The same book without some orders."""
        ids = {step.order_id for step in gone}
        return replace(self, orders=[order for order in self.orders if order.order_id not in ids])


def a_random_book(seed: int, missing: float) -> Rows:
    """Two accounts, one in hedge mode, with positions and orders of every kind."""
    r = random.Random(seed)
    accounts = [an_account("main"), an_account("hedged", hedge_mode=True)]
    positions = [row for account in accounts for row in _positions(r, missing, account)]
    orders = [
        order
        for account in accounts
        for order in random_orders(r, missing, lambda r: r.uniform(500, 50_000), PRICES, account, positions)
    ]
    return Rows(accounts, positions, [_as_written(r, number, order) for number, order in enumerate(orders)])


def _positions(r: random.Random, missing: float, account: AccountRow) -> Iterable[PositionRow]:
    for symbol, price in PRICES.items():
        for side in ("LONG", "SHORT") if account.hedge_mode else ("BOTH",):
            if r.random() < 0.3:
                continue
            sign = {"LONG": 1, "SHORT": -1, "BOTH": r.choice([1, -1])}[side]
            quantity = max(round(r.uniform(500, 50_000) / price, 3), 0.001)
            yield a_position(
                symbol,
                sign * Decimal(str(quantity)),
                account.profile.id,
                position_side=side,
                confirmed=r.random() >= missing,
                entry=price * r.uniform(0.9, 1.1),
            )


def _as_written(r: random.Random, number: int, order: OrderRow) -> OrderRow:
    """Quantities as venues write them; some stops that nobody marked reduce-only."""
    quantity = max(round(float(order.quantity), 3), 0.001)
    unmarked = order.kind is OrderKind.STOP and r.random() < 0.2
    return replace(
        order,
        quantity=Decimal(str(quantity)),
        reduce_only=order.reduce_only and not unmarked,
        order_id=str(number),
    )


seeds = st.integers(0, 10**9)


@settings(max_examples=80)
@given(seed=seeds, missing=st.sampled_from([0.0, 0.1]), which=st.sampled_from(WHICH))
def test_no_cancellation_lowers_the_stop_coverage_of_any_position(
    seed: int, missing: float, which: str
) -> None:
    rows = a_random_book(seed, missing)
    before = by_subject(rows.snapshot, "stop_coverage", Grain.POSITION)
    reach = by_subject(rows.snapshot, "stop_distance", Grain.POSITION)
    for name in ("main", "hedged"):
        made = cancellations(book_of(rows.snapshot), cancel(which, account_subject(name)))
        if isinstance(made, NoPlan):
            continue
        left = rows.without(made).snapshot
        assert by_subject(left, "stop_coverage", Grain.POSITION) == pytest.approx(before, nan_ok=True)
        assert by_subject(left, "stop_distance", Grain.POSITION) == pytest.approx(reach, nan_ok=True)


@settings(max_examples=80)
@given(seed=seeds)
def test_afterwards_no_order_opens_anything_but_an_unmarked_stop(seed: int) -> None:
    rows = a_random_book(seed, 0.0)
    for name in ("main", "hedged"):
        made = cancellations(book_of(rows.snapshot), cancel("risk_increasing", account_subject(name)))
        rows = rows.without(() if isinstance(made, NoPlan) else made)
    snapshot = rows.snapshot
    book = book_of(snapshot)
    stops = [kind in (OrderKind.STOP, OrderKind.TRAILING) for kind in snapshot.orders.kind]
    if not (may_open(book) & np.array(stops, dtype=np.bool_)).any():
        assert by_subject(book, "filled_leverage", Grain.ACCOUNT) == pytest.approx(
            by_subject(book, "leverage", Grain.ACCOUNT)
        )


@settings(max_examples=60)
@given(seed=seeds)
def test_what_is_cancelled_could_open_unless_everything_is_asked_for(seed: int) -> None:
    snapshot = a_random_book(seed, 0.0).snapshot
    book = book_of(snapshot)
    opens = {
        (snapshot.desk.accounts[account].id, order): bool(may)
        for account, order, may in zip(
            snapshot.orders.account.tolist(), snapshot.orders.order_id, may_open(book).tolist(), strict=True
        )
    }
    roles = order_roles(book)
    assert not (roles.adds & roles.protects).any()
    for which in ("risk_increasing", "grid"):
        made = cancellations(book, cancel(which))
        for step in () if isinstance(made, NoPlan) else made:
            assert opens[step.account, step.order_id]


@settings(max_examples=80)
@given(seed=seeds, missing=st.sampled_from([0.0, 0.1]), distance=st.floats(0.001, 0.5))
def test_a_placed_stop_completes_the_coverage_and_is_never_wider(
    seed: int, missing: float, distance: float
) -> None:
    rows = a_random_book(seed, missing)
    book = book_of(rows.snapshot)
    stops, room = protection(book), nearest_distance(book)
    for row, subject in enumerate(book.universe(Grain.POSITION).subjects):
        made = placements(book, place_stop(subject, distance))
        if isinstance(made, NoPlan):
            continue
        (stop,) = made
        away = abs(1.0 - float(stop.trigger_price) / float(stop.mark_price))
        assert 0.0 < away <= distance + 1e-12
        assert away <= float(SHARE_OF_ROOM) * room[row] + 1e-12
        gaps = stops.gap[stops.row == row]
        if len(gaps):
            assert away * float(stop.mark_price) <= gaps.max() * (1 + 1e-12)
        assert (stop.trigger_price < stop.mark_price) == (stop.held > 0)
        assert 0 < stop.quantity <= abs(stop.held)
        covered = by_subject(with_stop(rows, stop).snapshot, "stop_coverage", Grain.POSITION)
        assert covered[str(subject)] == 1.0


def with_stop(rows: Rows, stop: StopPlacement) -> Rows:
    """The book with the stop resting in it."""
    placed = a_stop(
        stop.symbol,
        "SELL" if stop.held > 0 else "BUY",
        stop.quantity,
        float(stop.trigger_price),
        stop.account,
        position_side=stop.position_side,
        order_id="new",
    )
    return replace(rows, orders=[*rows.orders, placed])


@settings(max_examples=60)
@given(seed=seeds, missing=st.sampled_from([0.0, 0.2]))
def test_a_flattening_closes_what_is_known_and_names_the_rest(seed: int, missing: float) -> None:
    snapshot = a_random_book(seed, missing).snapshot
    for code, profile in enumerate(snapshot.desk.accounts):
        made = flattening(book_of(snapshot), profile.id, NOW)
        if isinstance(made, NoPlan):
            continue
        assert isinstance(made, Plan)
        held = {
            (snapshot.instruments[instrument].symbol, side): exact
            for account, instrument, side, exact, confirmed in zip(
                snapshot.positions.account.tolist(),
                snapshot.positions.instrument.tolist(),
                snapshot.positions.position_side,
                snapshot.positions.quantity_exact,
                snapshot.positions.confirmed.tolist(),
                strict=True,
            )
            if account == code and confirmed
        }
        assert {(step.symbol, step.position_side): step.held for step in made.reductions} == held
        assert all(step.quantity == abs(step.held) for step in made.reductions)
        unseen = int((~snapshot.positions.confirmed[snapshot.positions.account == code]).sum())
        assert len([text for text in made.remains if "not proven closed" in text]) == unseen


def test_orders_of_somebody_else_are_never_touched() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("side")],
        orders=[an_order("BTC/USDT:USDT", "BUY", 1, 59_000, "side")],
    )
    assert isinstance(cancellations(book_of(snapshot), cancel("all")), NoPlan)
