"""The group of every row at every grain, worked out when asked for, and once as long as nothing is opened or closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeVar, cast

import numpy as np

from riskd.measure.book.definitions import Legs, Names, Places, legs_of, places_of
from riskd.measure.book.groups import Coded, Groups, IndexArray, coded, compact, index
from riskd.measure.book.shape import Shape
from riskd.measure.book.universe import LabelSet
from riskd.model.arrays import FloatArray
from riskd.model.desk import UNLABELLED
from riskd.model.instrument import Instrument

T = TypeVar("T")


class Layout:
    """Codes and groups over the rows of a shape.

    ``position_..`` and ``order_..`` hold one code a row; ``..s_of_..`` are groups. As it knows no price and no quantity, books
    of equal shape share one layout, cycle after cycle.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._kept: dict[Callable[[Layout], object], object] = {}

    def once(self, compute: Callable[[Layout], T]) -> T:
        """``compute(self)``, computed the first time and kept: what a measure needs that no price changes."""
        if compute not in self._kept:
            self._kept[compute] = compute(self)
        return cast(T, self._kept[compute])

    @cached_property
    def position_account(self) -> IndexArray:
        """Account of each position."""
        return index(self.shape.position_account)

    @cached_property
    def position_instrument(self) -> IndexArray:
        """Instrument of each position."""
        return index(self.shape.position_instrument)

    @cached_property
    def order_account(self) -> IndexArray:
        """Account of each order."""
        return index(self.shape.order_account)

    @cached_property
    def order_instrument(self) -> IndexArray:
        """Instrument of each order."""
        return index(self.shape.order_instrument)

    @cached_property
    def account_count(self) -> int:
        """Number of accounts."""
        return len(self.shape.profiles)

    @cached_property
    def positions(self) -> Groups:
        """Positions by themselves."""
        return Groups.of_one(len(self.position_account))

    @cached_property
    def accounts(self) -> Groups:
        """Accounts of positions."""
        return Groups(self.position_account, self.account_count)

    @cached_property
    def account_names(self) -> Coded:
        """Id of each account."""
        return Coded(
            np.arange(self.account_count, dtype=np.intp),
            tuple(profile.id for profile in self.shape.profiles),
        )

    @cached_property
    def account_labels(self) -> tuple[LabelSet, ...]:
        """Labels of each account."""
        return tuple(profile.labels for profile in self.shape.profiles)

    @cached_property
    def venues(self) -> Coded:
        """Venue of each account."""
        return coded([profile.venue for profile in self.shape.profiles])

    @cached_property
    def desks(self) -> Coded:
        """Desk of each account; empty text where it has none."""
        return coded([profile.desk for profile in self.shape.profiles])

    @cached_property
    def books(self) -> Coded:
        """Book of each account; empty text where it has none."""
        return coded([profile.book for profile in self.shape.profiles])

    def part_of(self, account: IndexArray) -> IndexArray:
        """Snapshot of each of these accounts."""
        if self.shape.parts == 1:
            return np.zeros(len(account), dtype=np.intp)
        return self.shape.account_part[account]

    @cached_property
    def parts_of_accounts(self) -> Groups:
        """Snapshots of accounts."""
        return Groups(self.shape.account_part, self.shape.parts)

    @cached_property
    def parts_of_positions(self) -> Groups:
        """Snapshots of positions."""
        return self._through_accounts(self.parts_of_accounts)

    @cached_property
    def _venue_keys(self) -> tuple[Groups, IndexArray]:
        return self._by_part(self.venues)

    @cached_property
    def venues_of_accounts(self) -> Groups:
        """Venues of accounts, those of each snapshot apart."""
        return self._venue_keys[0]

    @cached_property
    def venues_of_positions(self) -> Groups:
        """Venues of positions, those of each snapshot apart."""
        return self._through_accounts(self.venues_of_accounts)

    @cached_property
    def venue_groups(self) -> tuple[IndexArray, Coded]:
        """Part and name of each group of ``venues_of_accounts``."""
        return self.split(self._venue_keys[1], self.venues)

    @cached_property
    def _desk_keys(self) -> tuple[Groups, IndexArray]:
        groups, keys = self._by_part(self.desks)
        named = np.array([name != "" for name in self.desks.names], dtype=np.bool_)[keys % _size(self.desks)]
        number = np.where(named, np.cumsum(named) - 1, int(named.sum()))
        return Groups(index(number[groups.of]), int(named.sum())), keys[named]

    @cached_property
    def desks_of_accounts(self) -> Groups:
        """Desks of accounts; an account without a desk is in none."""
        return self._desk_keys[0]

    @cached_property
    def desks_of_positions(self) -> Groups:
        """Desks of positions; that of an account without a desk is in none."""
        return self._through_accounts(self.desks_of_accounts)

    @cached_property
    def desk_groups(self) -> tuple[IndexArray, Coded]:
        """Part and name of each group of ``desks_of_accounts``."""
        return self.split(self._desk_keys[1], self.desks)

    @cached_property
    def assets(self) -> Coded:
        """Base asset of each instrument, and after the instruments of each spot row."""
        coins = self.shape.spot_assets
        bases = {key: [row.base for row in rows] for key, rows in self._distinct_instruments.items()}
        names = tuple(sorted({*chain.from_iterable(bases.values()), *coins}))
        number = {name: code for code, name in enumerate(names)}
        codes = {key: _numbers(texts, number) for key, texts in bases.items()}
        by_part = [codes[id(listed)] for listed in self.shape.listed]
        return Coded(np.concatenate([*by_part, _numbers(coins, number)]), names)

    def of_instruments(self, values: Callable[[tuple[Instrument, ...]], list[float]]) -> FloatArray:
        """A number of each instrument, worked out once for all snapshots that share their instruments."""
        found = {key: np.array(values(rows)) for key, rows in self._distinct_instruments.items()}
        return np.concatenate([found[id(listed)] for listed in self.shape.listed])

    @cached_property
    def _distinct_instruments(self) -> dict[int, tuple[Instrument, ...]]:
        return {id(listed): listed for listed in self.shape.listed}

    @cached_property
    def _asset_keys(self) -> tuple[Groups, IndexArray]:
        return self.held_by(self.assets)

    def held_by(self, names: Coded) -> tuple[Groups, IndexArray]:
        """Groups of (account, name), and their keys for ``split``, of positions and spot rows; ``names`` are of instruments, then of spot rows."""
        codes, width = names.codes, _size(names)
        held = self.position_account * width + codes[self.position_instrument]
        coins = index(self.shape.spot_account) * width + codes[len(self.shape.instruments) :]
        keys = np.concatenate([held, coins]) if len(coins) else held
        return compact(keys, self.account_count * width)

    @cached_property
    def assets_of_positions(self) -> Groups:
        """(account, asset) of positions."""
        groups = self._asset_keys[0]
        return Groups(groups.of[: len(self.position_account)], groups.size)

    @cached_property
    def assets_of_spot(self) -> Groups:
        """(account, asset) of spot rows."""
        groups = self._asset_keys[0]
        return Groups(groups.of[len(self.position_account) :], groups.size)

    @cached_property
    def asset_groups(self) -> tuple[IndexArray, Coded]:
        """Account and asset of each (account, asset)."""
        return self.split(self._asset_keys[1], self.assets)

    @cached_property
    def strategies(self) -> Coded:
        """Name of each strategy code, and after those of every strategy that an account declares."""
        return coded([*self.shape.strategies, *(name for _, name in self._declared)])

    @cached_property
    def _declared(self) -> list[tuple[int, str]]:
        return [
            (account, name)
            for account, profile in enumerate(self.shape.profiles)
            for name in {UNLABELLED: None, **{match.strategy: None for match in profile.strategies}}
        ]

    @cached_property
    def _strategy_keys(self) -> tuple[Groups, IndexArray]:
        codes, width = self.strategies.codes, _size(self.strategies)
        positions = self.position_account * width + codes[self.shape.position_strategy]
        orders = self.order_account * width + codes[self.shape.order_strategy]
        declared = index([account for account, _ in self._declared]) * width
        declared = declared + codes[len(self.shape.strategies) :]
        return compact(np.concatenate([positions, orders, declared]), self.account_count * width)

    @cached_property
    def strategies_of_positions(self) -> Groups:
        """(account, strategy) of positions."""
        groups = self._strategy_keys[0]
        return Groups(groups.of[: len(self.position_account)], groups.size)

    @cached_property
    def strategies_of_orders(self) -> Groups:
        """(account, strategy) of orders."""
        groups, first = self._strategy_keys[0], len(self.position_account)
        return Groups(groups.of[first : first + len(self.order_account)], groups.size)

    @cached_property
    def strategy_groups(self) -> tuple[IndexArray, Coded]:
        """Account and name of each (account, strategy): declared, or seen on a position or an order."""
        return self.split(self._strategy_keys[1], self.strategies)

    @cached_property
    def names(self) -> Names:
        """Codes by name."""
        return Names(self.shape)

    @cached_property
    def legs(self) -> Legs:
        """Legs of hedges."""
        return legs_of(self.shape, self.names)

    @cached_property
    def grids(self) -> Places:
        """Where grids trade."""
        return places_of(self.shape, self.names)

    def market_keys(self, account: IndexArray, instrument: IndexArray) -> IndexArray:
        """One number for each (account, instrument); -1 where one of them is -1."""
        return np.where((account < 0) | (instrument < 0), -1, self._market(account, instrument))

    @cached_property
    def position_markets(self) -> IndexArray:
        """``market_keys`` of positions."""
        return self._market(self.position_account, self.position_instrument)

    @cached_property
    def order_markets(self) -> IndexArray:
        """``market_keys`` of orders."""
        return self._market(self.order_account, self.order_instrument)

    def _market(self, account: IndexArray, instrument: IndexArray) -> IndexArray:
        return account * max(len(self.shape.instruments), 1) + instrument

    def _through_accounts(self, groups: Groups) -> Groups:
        """Groups of accounts as groups of their positions."""
        return Groups(groups.of[self.position_account], groups.size)

    def _by_part(self, names: Coded) -> tuple[Groups, IndexArray]:
        keys = self.shape.account_part * _size(names) + names.codes
        return compact(keys, self.shape.parts * _size(names))

    def split(self, keys: IndexArray, names: Coded) -> tuple[IndexArray, Coded]:
        """Account (or part) and name of each key."""
        owner = keys // _size(names)
        return owner, Coded(keys - owner * _size(names), names.names)


def _numbers(texts: Sequence[str], number: Mapping[str, int]) -> IndexArray:
    return np.fromiter(map(number.__getitem__, texts), dtype=np.intp, count=len(texts))


def _size(names: Coded) -> int:
    return max(len(names.names), 1)
