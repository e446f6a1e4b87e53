"""Everything that measures read: columns, groups and trust of one snapshot, or of many in one block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar, cast

import numpy as np

from riskd.measure.book.clustered import Clustered
from riskd.measure.book.grains import order_attributes, position_attributes, universe_of
from riskd.measure.book.groups import Attributes, Groups, IndexArray, index
from riskd.measure.book.layout import Layout
from riskd.measure.book.shape import shape_of
from riskd.measure.book.surfaces import Trust
from riskd.measure.book.tables import Tables, stacked, tables_of
from riskd.measure.book.universe import Universe
from riskd.measure.past.prices import PriceWindows
from riskd.measure.spec import Selection
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import History
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain

T = TypeVar("T")


class Book:
    """A snapshot with its history, ready to be measured. Derived columns are computed once, when first asked for.

    A stacked book holds many snapshots as one block: its group codes never mix two of them, and every measure gives,
    bit for bit, the values that each snapshot gives by itself, one after the other.
    """

    def __init__(self, tables: Tables, before: Layout | None = None) -> None:
        self.tables = tables
        self._before = before
        self._universes: dict[Grain, Universe] = {}
        self._trusted: dict[tuple[frozenset[Surface], Grain], BoolArray | None] = {}
        self._equity: dict[Grain, FloatArray] = {}
        self._kept: dict[Callable[[Book], object], object] = {}

    @classmethod
    def of(cls, snapshot: Snapshot, history: History, before: Layout | None = None) -> Book:
        """The book of one snapshot.

        Args:
            snapshot: What is held.
            history: Its past.
            before: The layout of the snapshot before, which serves again if nothing was opened or closed since.
        """
        return cls(tables_of(snapshot, history), before)

    @classmethod
    def stack(cls, books: Sequence[Book]) -> Book:
        """Many books as one block, in order."""
        return cls(stacked([book.tables for book in books]))

    @property
    def now(self) -> float:
        """The moment of judging of the first snapshot, seconds since the epoch."""
        return float(self.tables.now[0])

    @cached_property
    def layout(self) -> Layout:
        """Codes and groups of rows."""
        shape, before = shape_of(self.tables), self._before
        return before if before is not None and before.shape.equals(shape) else Layout(shape)

    @cached_property
    def price_windows(self) -> PriceWindows:
        """The price history, cut into windows."""
        return PriceWindows(self.tables)

    @cached_property
    def clustered(self) -> Clustered:
        """Which holdings count as one bet."""
        return Clustered(self.tables, self.layout, self.price_windows)

    @cached_property
    def now_of_account(self) -> FloatArray:
        """The moment of judging of each account's snapshot, seconds since the epoch."""
        return self.tables.now[self.tables.account_part]

    @cached_property
    def trust(self) -> Trust:
        """Quality of each account's surfaces."""
        return Trust(self.tables, self.layout)

    @cached_property
    def everything(self) -> Selection:
        """The selection of all positions and all orders."""
        return Selection(
            positions=np.ones(len(self.tables.positions), dtype=np.bool_),
            orders=np.ones(len(self.tables.orders), dtype=np.bool_),
        )

    @cached_property
    def gross(self) -> FloatArray:
        """Unsigned notional of each position."""
        return np.abs(self.tables.positions.notional)

    @cached_property
    def equity(self) -> FloatArray:
        """Equity of each account."""
        return self.tables.accounts.equity

    def universe(self, grain: Grain) -> Universe:
        """The subjects of a grain."""
        if grain not in self._universes:
            self._universes[grain] = universe_of(self, grain)
        return self._universes[grain]

    def position_attributes(self) -> Attributes:
        """What a selector may ask of each position row."""
        return position_attributes(self.layout)

    def order_attributes(self) -> Attributes:
        """What a selector may ask of each order row."""
        return order_attributes(self.layout)

    def position_groups(self, grain: Grain) -> Groups:
        """The subject of each position row.

        Raises:
            KeyError: A position may belong to several subjects of this grain, or to none.
        """
        return _POSITION_GROUPS[grain](self)

    def account_groups(self, grain: Grain) -> Groups:
        """The subject of each account: itself, its venue, its desk or the portfolio.

        Raises:
            KeyError: Accounts do not belong to subjects of this grain.
        """
        return _ACCOUNT_GROUPS[grain](self.layout)

    def equity_of(self, grain: Grain) -> FloatArray:
        """The equity that stands behind each subject.

        That of its account; of all accounts of a desk, of a hedge or of the portfolio; for a venue that of the
        portfolio, so that shares of venues add up. NaN where the account of one is unknown or not configured.
        """
        if grain not in self._equity:
            self._equity[grain] = self._sum_equity(grain)
        return self._equity[grain]

    def total(self, grain: Grain, values: FloatArray, selection: Selection) -> FloatArray:
        """Sum of position ``values`` over the selected rows of each subject."""
        everything = selection is self.everything or bool(selection.positions.all())
        return self.position_groups(grain).total(values, None if everything else selection.positions)

    def trusted(self, needs: frozenset[Surface], grain: Grain) -> BoolArray | None:
        """For each subject, whether all ``needs`` of all accounts it hangs on are OK; None: all of them are."""
        if self.trust.whole:
            return None
        key = (needs, grain)
        if key not in self._trusted:
            self._trusted[key] = self._judge_trust(needs, self.universe(grain))
        return self._trusted[key]

    def once(self, compute: Callable[[Book], T]) -> T:
        """``compute(self)``, computed the first time and kept."""
        if compute not in self._kept:
            # Missing inputs and zero denominators are no accidents here: the measures answer for them.
            with np.errstate(all="ignore"):
                self._kept[compute] = compute(self)
        return cast(T, self._kept[compute])

    def _sum_equity(self, grain: Grain) -> FloatArray:
        universe = self.universe(grain)
        if grain is Grain.ACCOUNT:
            return self.equity
        if universe.depends is None:
            return np.append(self.equity, np.nan)[universe.account]
        if grain is Grain.EXCHANGE:
            return self.account_groups(Grain.PORTFOLIO).total(self.equity)[universe.part]
        subject, account = universe.depends
        if grain is not Grain.HEDGE:
            return Groups(subject, universe.size).total(self.equity[account])
        legs, (subject, account) = self.layout.legs, _distinct(subject, account)
        homeless = Groups(legs.hedge, universe.size).touched(legs.account < 0)
        return np.where(homeless, np.nan, Groups(subject, universe.size).total(self.equity[account]))

    def _judge_trust(self, needs: frozenset[Surface], universe: Universe) -> BoolArray | None:
        accounts = self.trust.all_ok(needs)
        if accounts.all():
            return None
        if universe.depends is None:
            return accounts[universe.account] & (universe.account >= 0)
        subject, account = universe.depends
        return ~Groups(subject, universe.size).touched(~accounts[account])


def _distinct(subject: IndexArray, account: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Each (subject, account) pair once, in order: both legs of a hedge may lie in one account."""
    width = int(account.max(initial=0)) + 1
    keys = np.unique(subject * width + account)
    return index(keys // width), index(keys % width)


_POSITION_GROUPS: dict[Grain, Callable[[Book], Groups]] = {
    Grain.POSITION: lambda book: book.layout.positions,
    Grain.ACCOUNT: lambda book: book.layout.accounts,
    Grain.ASSET: lambda book: book.layout.assets_of_positions,
    Grain.CLUSTER: lambda book: book.clustered.of_positions,
    Grain.STRATEGY: lambda book: book.layout.strategies_of_positions,
    Grain.EXCHANGE: lambda book: book.layout.venues_of_positions,
    Grain.DESK: lambda book: book.layout.desks_of_positions,
    Grain.PORTFOLIO: lambda book: book.layout.parts_of_positions,
    Grain.INSTRUMENT: lambda book: Groups(book.layout.position_instrument, len(book.tables.instruments)),
}

_ACCOUNT_GROUPS: dict[Grain, Callable[[Layout], Groups]] = {
    Grain.ACCOUNT: lambda layout: Groups.of_one(layout.account_count),
    Grain.EXCHANGE: lambda layout: layout.venues_of_accounts,
    Grain.DESK: lambda layout: layout.desks_of_accounts,
    Grain.PORTFOLIO: lambda layout: layout.parts_of_accounts,
}
