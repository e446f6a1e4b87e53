"""The bets that positions and coins belong to: unlike other groups, these change as prices move."""

from __future__ import annotations

from functools import cached_property

from riskd.measure.book.groups import Coded, Groups, IndexArray, coded
from riskd.measure.book.layout import Layout
from riskd.measure.book.tables import Tables
from riskd.measure.past.clusters import Clusters
from riskd.measure.past.prices import PriceWindows


class Clustered:
    """Clusters over the rows of a book, worked out when asked for."""

    def __init__(self, tables: Tables, layout: Layout, windows: PriceWindows) -> None:
        self._tables = tables
        self._layout = layout
        self.clusters = Clusters(tables, windows)

    @cached_property
    def names(self) -> Coded:
        """Cluster of each instrument, and after the instruments of each spot row."""
        tables, assets = self._tables, self._layout.assets.texts()
        parts = tables.instrument_part.tolist()
        parts += tables.account_part[tables.spot.account].tolist()
        assert len(assets) == len(tables.instruments) + len(tables.spot.asset)
        return coded(
            [self.clusters.names(part).get(asset, asset) for part, asset in zip(parts, assets, strict=True)]
        )

    @cached_property
    def _keys(self) -> tuple[Groups, IndexArray]:
        return self._layout.held_by(self.names)

    @cached_property
    def of_positions(self) -> Groups:
        """(account, cluster) of positions."""
        groups = self._keys[0]
        return Groups(groups.of[: len(self._tables.positions)], groups.size)

    @cached_property
    def of_spot(self) -> Groups:
        """(account, cluster) of spot rows."""
        groups = self._keys[0]
        return Groups(groups.of[len(self._tables.positions) :], groups.size)

    @cached_property
    def groups(self) -> tuple[IndexArray, Coded]:
        """Account and name of each (account, cluster)."""
        return self._layout.split(self._keys[1], self.names)
