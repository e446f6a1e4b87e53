"""The legs of a hedge as levers: what would be held if one of them were smaller, measured by the rule's own measure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan.steps import Steps, steps_of
from riskd.act.remedies.scope import row_selector
from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.strategy.hedge import leg_quantity, leg_worth
from riskd.model.arrays import FloatArray
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.policy.expression.take import take_rule
from riskd.policy.scope.select import selection

_PARTS = 1000  # of what riskd itself does not reduce: only for telling how much would be enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One leg that could be made smaller, in steps.

    Attributes:
        leg: Row of the leg.
        name: Of what is held: a symbol, or a coin.
        account: Account id.
        worth: Quote currency, unsigned.
        position: Row of the position that is reduced; -1: the leg is a coin.
        spot: Row of the coin; -1: the leg is a position.
        steps: Lots of the position; thousandths of what riskd cannot reduce.
        refused: Why riskd itself cannot make it smaller; empty: it can.
    """

    leg: int
    name: str
    account: str
    worth: float
    position: int
    steps: Steps
    spot: int = -1
    refused: str = ""

    def amount(self, number: int) -> Decimal:
        """Base units of so many steps."""
        return self.steps.quantity(number)


def levers_of(book: Book, demand: Demand, hedge: int) -> tuple[Lever, ...]:
    """The legs of a hedge that hold something, the largest first."""
    legs = book.layout.legs
    held, worth = book.once(leg_quantity), np.nan_to_num(np.abs(book.once(leg_worth)))
    rows = [row for row in np.flatnonzero(legs.hedge == hedge).tolist() if held[row] != 0.0]
    found = [
        _of_position(book, demand, row) if legs.perpetual[row] else _of_coin(book, row)
        for row in sorted(rows, key=lambda row: (-worth[row], row))
    ]
    return tuple(lever for lever in found if lever is not None)


class LegTrial:
    """Measures the hedge with one leg made smaller.

    Args:
        book: As it was judged.
        demand: Whose measure is taken.
        hedge: Row of the hedge.
        cost_rate: What closing costs, fraction of the notional closed; it leaves the equity of the account.
    """

    def __init__(self, book: Book, demand: Demand, hedge: int, cost_rate: FloatArray) -> None:
        self._book = book
        self._demand = demand
        self._hedge = hedge
        self._cost_rate = cost_rate

    def value(self, lever: Lever, number: int) -> float:
        """The measure of the hedge with so many steps less of a leg; NaN unknown."""
        book = self.book_with(lever, number)
        rule = self._demand.rule
        return float(take_rule(book, rule, selection(rule.where, book)).values[self._hedge])

    def book_with(self, lever: Lever, number: int) -> Book:
        """The book with so many steps less of a leg."""
        tables = self._book.tables
        amount = lever.amount(number)
        shrink = _less_of_a_coin if lever.position < 0 else self._less_of_a_position
        supposed = shrink(tables.snapshots[0], lever, amount)
        return Book.of(supposed, tables.histories[0], self._book.layout)

    def opened(self, lever: Lever, number: int) -> str:
        """Another hedge that has a leg in the same market and would come apart; empty: none would."""
        before, after = _apart(self._book), _apart(self.book_with(lever, number))
        worse = after > before * (1.0 + 1e-9)
        worse[self._hedge] = False
        names = [self._book.tables.hedges[row].id for row in np.flatnonzero(worse).tolist()]
        return names[0] if names else ""

    def _less_of_a_position(self, snapshot: Snapshot, lever: Lever, amount: Decimal) -> Snapshot:
        positions, row = snapshot.positions, lever.position
        held = positions.quantity_exact[row]
        left = held - amount if held > 0 else held + amount
        exact = (*positions.quantity_exact[:row], left, *positions.quantity_exact[row + 1 :])
        quantity, notional = positions.quantity.copy(), positions.notional.copy()
        quantity[row] = float(left)
        notional[row] = quantity[row] * positions.mark_price[row]
        equity = snapshot.accounts.equity.copy()
        equity[positions.account[row]] -= float(amount) * positions.mark_price[row] * self._cost_rate[row]
        return replace(
            snapshot,
            positions=replace(positions, quantity=quantity, notional=notional, quantity_exact=exact),
            accounts=replace(snapshot.accounts, equity=equity),
        )


def _less_of_a_coin(snapshot: Snapshot, lever: Lever, amount: Decimal) -> Snapshot:
    quantity = snapshot.spot.quantity.copy()
    quantity[lever.spot] -= math.copysign(float(amount), quantity[lever.spot])
    return replace(snapshot, spot=replace(snapshot.spot, quantity=quantity))


def _apart(book: Book) -> FloatArray:
    """Unsigned net worth of the legs of each hedge."""
    apart: FloatArray = np.abs(
        Groups(book.layout.legs.hedge, book.universe(Grain.HEDGE).size).total(book.once(leg_worth))
    )
    return apart


def _of_coin(book: Book, leg: int) -> Lever:
    legs, held = book.layout.legs, abs(float(book.once(leg_quantity)[leg]))
    definition = legs.legs[leg]
    return Lever(
        leg=leg,
        name=definition.name,
        account=definition.account,
        worth=abs(float(book.once(leg_worth)[leg])),
        position=-1,
        spot=int(legs.spot[leg]),
        steps=_parts_of(Decimal(repr(held))),
        refused="riskd trades no spot",
    )


def _of_position(book: Book, demand: Demand, leg: int) -> Lever | None:
    """The position that makes the leg what it is; in hedge mode that of the side that outweighs the other."""
    layout, positions, legs = book.layout, book.tables.positions, book.layout.legs
    held = float(book.once(leg_quantity)[leg])
    market = layout.market_keys(legs.account, legs.instrument)[leg]
    own = np.flatnonzero((layout.position_markets == market) & (positions.quantity * held > 0.0))
    if len(own) == 0:
        return None
    row = int(own[0])
    possible, refused = steps_of(book.tables.snapshots[0], [row], demand.action.max_step)
    in_scope = selection(row_selector(demand.rule), book).positions[row]
    return Lever(
        leg=leg,
        name=legs.legs[leg].name,
        account=legs.legs[leg].account,
        worth=abs(float(book.once(leg_worth)[leg])),
        position=row,
        steps=possible.get(row) or _parts_of(abs(positions.quantity_exact[row])),
        refused=refused.get(row, "" if in_scope else "the rule's scope leaves it out"),
    )


def _parts_of(held: Decimal) -> Steps:
    part = held / _PARTS
    return Steps(row=-1, held=held, lot=part, quantity_min=part, fewest=1, most=_PARTS)
