"""The group of every row at every grain, worked out once a book and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from riskd.measure.book.definitions import Legs, Names, Places, legs_of, places_of
from riskd.measure.book.groups import Coded, Groups, IndexArray, coded, compact, index
from riskd.measure.book.tables import Tables
from riskd.measure.past.clusters import Clusters
from riskd.measure.past.prices import PriceWindows
from riskd.model.arrays import FloatArray
from riskd.model.desk import UNLABELLED
from riskd.model.instrument import Instrument


class Layout:
    """Codes and groups over the rows of ``tables``.

    ``position_..`` and ``order_..`` hold one code a row; ``..s_of_..`` are groups.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @cached_property
    def position_account(self) -> IndexArray:
        """Account of each position."""
        return index(self.tables.positions.account)

    @cached_property
    def position_instrument(self) -> IndexArray:
        """Instrument of each position."""
        return index(self.tables.positions.instrument)

    @cached_property
    def order_account(self) -> IndexArray:
        """Account of each order."""
        return index(self.tables.orders.account)

    @cached_property
    def order_instrument(self) -> IndexArray:
        """Instrument of each order."""
        return index(self.tables.orders.instrument)

    @cached_property
    def account_count(self) -> int:
        """Number of accounts."""
        return len(self.tables.profiles)

    @cached_property
    def accounts(self) -> Groups:
        """Accounts of positions."""
        return Groups(self.position_account, self.account_count)

    @cached_property
    def account_names(self) -> Coded:
        """Id of each account."""
        return Coded(
            np.arange(self.account_count, dtype=np.intp),
            tuple(profile.id for profile in self.tables.profiles),
        )

    @cached_property
    def venues(self) -> Coded:
        """Venue of each account."""
        return coded([profile.venue for profile in self.tables.profiles])

    @cached_property
    def desks(self) -> Coded:
        """Desk of each account; empty text where it has none."""
        return coded([profile.desk for profile in self.tables.profiles])

    @cached_property
    def books(self) -> Coded:
        """Book of each account; empty text where it has none."""
        return coded([profile.book for profile in self.tables.profiles])

    def part_of(self, account: IndexArray) -> IndexArray:
        """Snapshot of each of these accounts."""
        if len(self.tables.snapshots) == 1:
            return np.zeros(len(account), dtype=np.intp)
        return self.tables.account_part[account]

    @cached_property
    def parts_of_accounts(self) -> Groups:
        """Snapshots of accounts."""
        return Groups(self.tables.account_part, len(self.tables.snapshots))

    @cached_property
    def _venue_keys(self) -> tuple[Groups, IndexArray]:
        return self._by_part(self.venues)

    @cached_property
    def venues_of_accounts(self) -> Groups:
        """Venues of accounts, those of each snapshot apart."""
        return self._venue_keys[0]

    @cached_property
    def venue_groups(self) -> tuple[IndexArray, Coded]:
        """Part and name of each group of ``venues_of_accounts``."""
        return self._split(self._venue_keys[1], self.venues)

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
    def desk_groups(self) -> tuple[IndexArray, Coded]:
        """Part and name of each group of ``desks_of_accounts``."""
        return self._split(self._desk_keys[1], self.desks)

    @cached_property
    def assets(self) -> Coded:
        """Base asset of each instrument, and after the instruments of each spot row."""
        coins = self.tables.spot.asset
        bases = {key: [row.base for row in rows] for key, rows in self._distinct_instruments.items()}
        names = tuple(sorted({*chain.from_iterable(bases.values()), *coins}))
        number = {name: code for code, name in enumerate(names)}
        codes = {key: _numbers(texts, number) for key, texts in bases.items()}
        by_part = [codes[id(part.instruments)] for part in self.tables.snapshots]
        return Coded(np.concatenate([*by_part, _numbers(coins, number)]), names)

    def of_instruments(self, values: Callable[[tuple[Instrument, ...]], list[float]]) -> FloatArray:
        """A number of each instrument, worked out once for all snapshots that share their instruments."""
        found = {key: np.array(values(rows)) for key, rows in self._distinct_instruments.items()}
        return np.concatenate([found[id(part.instruments)] for part in self.tables.snapshots])

    @cached_property
    def _distinct_instruments(self) -> dict[int, tuple[Instrument, ...]]:
        return {id(part.instruments): part.instruments for part in self.tables.snapshots}

    @cached_property
    def _asset_keys(self) -> tuple[Groups, IndexArray]:
        return self._held_by(self.assets)

    def _held_by(self, names: Coded) -> tuple[Groups, IndexArray]:
        """(account, name) of positions and spot rows; ``names`` are of instruments, then of spot rows."""
        codes, width = names.codes, _size(names)
        held = self.position_account * width + codes[self.position_instrument]
        coins = index(self.tables.spot.account) * width + codes[len(self.tables.instruments) :]
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
        return self._split(self._asset_keys[1], self.assets)

    @cached_property
    def price_windows(self) -> PriceWindows:
        """The price history, cut into windows."""
        return PriceWindows(self.tables)

    @cached_property
    def clusters(self) -> Clusters:
        """Which assets count as one bet."""
        return Clusters(self.tables, self.price_windows)

    @cached_property
    def cluster_names(self) -> Coded:
        """Cluster of each instrument, and after the instruments of each spot row."""
        assets, coins = self.assets.texts(), len(self.tables.instruments)
        parts = self.tables.instrument_part.tolist()
        parts += self.tables.account_part[self.tables.spot.account].tolist()
        assert len(assets) == coins + len(self.tables.spot.asset)
        return coded(
            [self.clusters.names(part).get(asset, asset) for part, asset in zip(parts, assets, strict=True)]
        )

    @cached_property
    def _cluster_keys(self) -> tuple[Groups, IndexArray]:
        return self._held_by(self.cluster_names)

    @cached_property
    def clusters_of_positions(self) -> Groups:
        """(account, cluster) of positions."""
        groups = self._cluster_keys[0]
        return Groups(groups.of[: len(self.position_account)], groups.size)

    @cached_property
    def clusters_of_spot(self) -> Groups:
        """(account, cluster) of spot rows."""
        groups = self._cluster_keys[0]
        return Groups(groups.of[len(self.position_account) :], groups.size)

    @cached_property
    def cluster_groups(self) -> tuple[IndexArray, Coded]:
        """Account and name of each (account, cluster)."""
        return self._split(self._cluster_keys[1], self.cluster_names)

    @cached_property
    def strategies(self) -> Coded:
        """Name of each strategy code, and after those of every strategy that an account declares."""
        return coded([*self.tables.strategies, *(name for _, name in self._declared)])

    @cached_property
    def _declared(self) -> list[tuple[int, str]]:
        return [
            (account, name)
            for account, profile in enumerate(self.tables.profiles)
            for name in {UNLABELLED: None, **{match.strategy: None for match in profile.strategies}}
        ]

    @cached_property
    def _strategy_keys(self) -> tuple[Groups, IndexArray]:
        codes, width = self.strategies.codes, _size(self.strategies)
        positions = self.position_account * width + codes[self.tables.positions.strategy]
        orders = self.order_account * width + codes[self.tables.orders.strategy]
        declared = index([account for account, _ in self._declared]) * width
        declared = declared + codes[len(self.tables.strategies) :]
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
        return self._split(self._strategy_keys[1], self.strategies)

    @cached_property
    def names(self) -> Names:
        """Codes by name."""
        return Names(self.tables)

    @cached_property
    def legs(self) -> Legs:
        """Legs of hedges."""
        return legs_of(self.tables, self.names)

    @cached_property
    def grids(self) -> Places:
        """Where grids trade."""
        return places_of(self.tables, self.names)

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
        return account * max(len(self.tables.instruments), 1) + instrument

    def through_accounts(self, groups: Groups) -> Groups:
        """Groups of accounts as groups of their positions."""
        return Groups(groups.of[self.position_account], groups.size)

    def _by_part(self, names: Coded) -> tuple[Groups, IndexArray]:
        keys = self.tables.account_part * _size(names) + names.codes
        return compact(keys, len(self.tables.snapshots) * _size(names))

    def _split(self, keys: IndexArray, names: Coded) -> tuple[IndexArray, Coded]:
        owner = keys // _size(names)
        return owner, Coded(keys - owner * _size(names), names.names)


def _numbers(texts: Sequence[str], number: Mapping[str, int]) -> IndexArray:
    return np.fromiter(map(number.__getitem__, texts), dtype=np.intp, count=len(texts))


def _size(names: Coded) -> int:
    return max(len(names.names), 1)
