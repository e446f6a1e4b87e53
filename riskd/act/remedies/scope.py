"""What a demand reaches: the positions and orders inside its subject that its rule's scope selects, and how far to believe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from riskd.act.demand import Demand
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.missing import account_name
from riskd.measure.trade.protection import sides
from riskd.model.arrays import BoolArray
from riskd.model.report import Surface
from riskd.model.subject import Grain
from riskd.policy.rule import Rule, Selector
from riskd.policy.scope.select import selection

# What a subject itself was selected by and its rows do not carry, or carry only for the first of several.
_OF_THE_SUBJECT: Mapping[Grain, tuple[str, ...]] = {Grain.HEDGE: ("hedge", "labels."), Grain.GRID: ("grid",)}
_BY_ACCOUNT = frozenset({Grain.ACCOUNT, Grain.EXCHANGE, Grain.DESK, Grain.PORTFOLIO})


def subject_row(book: Book, demand: Demand) -> int | None:
    """Row of the demand's subject among all of its kind; None: the snapshot does not hold it."""
    subjects = book.universe(demand.subject.grain).subjects
    return next((row for row, subject in enumerate(subjects) if subject == demand.subject), None)


def orders_of(book: Book, demand: Demand, row: int) -> IndexArray:
    """Rows of the resting orders inside a subject that the rule's scope selects."""
    selected = selection(row_selector(demand.rule), book).orders
    return index(np.flatnonzero(_orders_inside(book, demand, row) & selected))


def row_selector(rule: Rule) -> Selector:
    """The scope of a rule as far as it speaks of positions and orders, and not only of the rule's subjects."""
    own = _OF_THE_SUBJECT.get(rule.grain, ())
    return Selector(tuple(test for test in rule.where.tests if not (own and test[0].startswith(own))))


def accounts_of(book: Book, demand: Demand, row: int) -> tuple[int, ...]:
    """Codes of the accounts that a subject lies in; -1 for one that is not configured."""
    universe = book.universe(demand.subject.grain)
    if demand.subject.grain is Grain.INSTRUMENT:
        venue = demand.subject.part("venue")
        return tuple(code for code, profile in enumerate(book.tables.profiles) if profile.venue == venue)
    if demand.subject.grain is Grain.HEDGE:
        legs = book.layout.legs
        return tuple(sorted(set(legs.account[legs.hedge == row].tolist())))
    if universe.depends is None:
        return (int(universe.account[row]),)
    return tuple(sorted(set(universe.depends[1][universe.depends[0] == row].tolist())))


def doubt(book: Book, accounts: Iterable[int], needs: frozenset[Surface]) -> str:
    """The first thing of some accounts that cannot be believed; empty when everything can."""
    for account in accounts:
        if account < 0:
            return "an account that is not configured"
        if complaint := book.trust.complaint(account, needs):
            return f"{complaint}, of {account_name(book, account)}"
    return ""


def _orders_inside(book: Book, demand: Demand, row: int) -> BoolArray:
    layout, grain = book.layout, demand.subject.grain
    if grain in _BY_ACCOUNT:
        inside: BoolArray = book.account_groups(grain).of[layout.order_account] == row
        return inside
    if grain is Grain.STRATEGY:
        of_strategy: BoolArray = layout.strategies_of_orders.of == row
        return of_strategy
    if grain is Grain.INSTRUMENT:
        of_instrument: BoolArray = layout.order_instrument == row
        return of_instrument
    if grain in (Grain.ASSET, Grain.CLUSTER):
        return _orders_in_coins(book, demand, row)
    return _orders_in_markets(book, grain, row)


def _orders_in_coins(book: Book, demand: Demand, row: int) -> BoolArray:
    """Orders in an asset, or in the assets of a cluster, of one account."""
    grain = demand.subject.grain
    coins = book.layout.assets if grain is Grain.ASSET else book.clustered.names
    wanted = np.array([text == demand.subject.part(grain.value) for text in coins.texts()], dtype=np.bool_)
    own = book.layout.order_account == book.universe(grain).account[row]
    inside: BoolArray = own & wanted[book.layout.order_instrument]
    return inside


def _orders_in_markets(book: Book, grain: Grain, row: int) -> BoolArray:
    """Orders in the market of a position (in hedge mode those of its side) or of a grid, or in those of a hedge's legs."""
    layout = book.layout
    if grain is Grain.POSITION:
        same_market = layout.order_markets == layout.position_markets[row]
        side = sides(book.tables.positions.position_side)[row]
        here: BoolArray = same_market & (sides(book.tables.orders.position_side) == side)
        return here
    if grain is Grain.GRID:
        grids = layout.grids
        keys = layout.market_keys(grids.account, grids.instrument)[[row]]
    else:
        legs = layout.legs
        keys = layout.market_keys(legs.account, legs.instrument)[legs.hedge == row]
    return np.isin(layout.order_markets, keys[keys >= 0])
