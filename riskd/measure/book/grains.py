"""How the subjects of each grain are named and what a selector may ask of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from riskd.measure.book.groups import Attributes, Coded, Groups, IndexArray, index, lookup
from riskd.measure.book.layout import Layout
from riskd.measure.book.universe import Labels, Subjects, Universe
from riskd.model.subject import Grain, Subject, account_subject, position_subject

if TYPE_CHECKING:
    from riskd.measure.book.book import Book

Columns = dict[str, Callable[[], Coded]]


def universe_of(book: Book, grain: Grain) -> Universe:
    """The universe of a grain."""
    if grain is Grain.POSITION:
        return _positions(book)
    if grain is Grain.CLUSTER:
        return _clusters(book)
    return _BUILDERS[grain](book.layout)


def position_attributes(layout: Layout) -> Attributes:
    """What a selector may ask of a position."""
    strategy = index(layout.shape.position_strategy)
    account, instrument = layout.position_account, layout.position_instrument
    return Attributes(_row_columns(layout, account, instrument, layout.position_markets, strategy))


def order_attributes(layout: Layout) -> Attributes:
    """What a selector may ask of a resting order."""
    strategy = index(layout.shape.order_strategy)
    account, instrument = layout.order_account, layout.order_instrument
    return Attributes(_row_columns(layout, account, instrument, layout.order_markets, strategy))


def account_labels(layout: Layout, account: IndexArray) -> Labels:
    """Labels of the account of each row."""
    return Labels(account, layout.account_labels)


def _account_columns(layout: Layout, account: IndexArray) -> Columns:
    return {
        "account": lambda: layout.account_names.at(account),
        "venue": lambda: layout.venues.at(account),
        "desk": lambda: layout.desks.at(account),
        "book": lambda: layout.books.at(account),
    }


def _market_columns(layout: Layout, instrument: IndexArray) -> Columns:
    return {
        "symbol": lambda: Coded(instrument, tuple(row.symbol for row in layout.shape.instruments)),
        "asset": lambda: layout.assets.at(instrument),
    }


def _row_columns(
    layout: Layout, account: IndexArray, instrument: IndexArray, markets: IndexArray, strategy: IndexArray
) -> Columns:
    def hedge() -> Coded:
        legs = layout.legs
        leg = lookup(layout.market_keys(legs.account, legs.instrument), markets)
        return Coded(np.append(legs.hedge, -1)[leg], tuple(row.id for row in layout.shape.hedges))

    def grid() -> Coded:
        grids = layout.grids
        number = lookup(layout.market_keys(grids.account, grids.instrument), markets)
        return Coded(number, tuple(row.id for row in layout.shape.grids))

    return {
        **_account_columns(layout, account),
        **_market_columns(layout, instrument),
        "strategy": lambda: layout.strategies.at(strategy),
        "hedge": hedge,
        "grid": grid,
    }


def _bound(
    layout: Layout, grain: Grain, account: IndexArray, columns: Columns, build: Callable[[int], Subject]
) -> Universe:
    """Subjects that hang on one account each."""
    return Universe(
        grain=grain,
        size=len(account),
        subjects=Subjects(len(account), build),
        account=account,
        part=layout.part_of(account),
        attributes=Attributes(columns),
        labels=account_labels(layout, account),
    )


def _positions(book: Book) -> Universe:
    layout, positions = book.layout, book.tables.positions
    profiles, instruments = book.tables.profiles, book.tables.instruments

    def build(row: int) -> Subject:
        account = profiles[positions.account[row]].id
        return position_subject(account, instruments[positions.instrument[row]].symbol, positions.side(row))

    account, instrument = layout.position_account, layout.position_instrument
    columns = _row_columns(
        layout, account, instrument, layout.position_markets, index(layout.shape.position_strategy)
    )
    return _bound(layout, Grain.POSITION, account, columns, build)


def _accounts(layout: Layout) -> Universe:
    account = np.arange(layout.account_count, dtype=np.intp)
    profiles = layout.shape.profiles
    columns = _account_columns(layout, account)
    return _bound(layout, Grain.ACCOUNT, account, columns, lambda row: account_subject(profiles[row].id))


def _of_account(layout: Layout, grain: Grain, groups: tuple[IndexArray, Coded]) -> Universe:
    """Strategies or assets of accounts."""
    account, names = groups
    profiles = layout.shape.profiles
    codes = names.codes

    def build(row: int) -> Subject:
        owner = profiles[account[row]].id
        return Subject(grain, (("account", owner), (grain.value, names.names[codes[row]])))

    columns = {**_account_columns(layout, account), grain.value: lambda: names}
    return _bound(layout, grain, account, columns, build)


def _clusters(book: Book) -> Universe:
    """Clusters of accounts. What they are called may change with the market, so that nothing is chosen by it."""
    layout = book.layout
    account, names = book.clustered.groups

    def build(row: int) -> Subject:
        owner = layout.shape.profiles[account[row]].id
        return Subject(Grain.CLUSTER, (("account", owner), ("cluster", names.names[names.codes[row]])))

    return _bound(layout, Grain.CLUSTER, account, _account_columns(layout, account), build)


def _grids(layout: Layout) -> Universe:
    grids, account = layout.shape.grids, layout.grids.account

    def build(row: int) -> Subject:
        return Subject(Grain.GRID, (("grid", grids[row].id),))

    columns = {
        **_account_columns(layout, account),
        **_market_columns(layout, layout.grids.instrument),
        "grid": lambda: _own_names(tuple(grid.id for grid in grids)),
    }
    return _bound(layout, Grain.GRID, account, columns, build)


def _instruments(layout: Layout) -> Universe:
    instruments = layout.shape.instruments
    own = np.arange(len(instruments), dtype=np.intp)

    def build(row: int) -> Subject:
        return Subject(
            Grain.INSTRUMENT, (("venue", instruments[row].venue), ("symbol", instruments[row].symbol))
        )

    columns = {
        **_market_columns(layout, own),
        "venue": lambda: _own_names(tuple(row.venue for row in instruments)),
    }
    nothing = np.zeros(0, dtype=np.intp)
    return _free(Grain.INSTRUMENT, layout.shape.instrument_part, columns, build, (nothing, nothing))


def _hedges(layout: Layout) -> Universe:
    hedges, legs = layout.shape.hedges, layout.legs

    def build(row: int) -> Subject:
        return Subject(Grain.HEDGE, (("hedge", hedges[row].id),))

    first = legs.account[legs.primary]
    columns = {
        **_account_columns(layout, first),
        "hedge": lambda: _own_names(tuple(hedge.id for hedge in hedges)),
    }
    known = legs.account >= 0
    depends = (legs.hedge[known], legs.account[known])
    labels = Labels(np.arange(len(hedges), dtype=np.intp), tuple(hedge.labels for hedge in hedges))
    return _free(Grain.HEDGE, layout.shape.hedge_part, columns, build, depends, labels)


def _named_groups(grain: Grain, key: str, groups: Groups, names: tuple[IndexArray, Coded]) -> Universe:
    """Venues or desks."""
    part, coded = names

    def build(row: int) -> Subject:
        return Subject(grain, ((key, coded.names[coded.codes[row]]),))

    return _free(grain, part, {key: lambda: coded}, build, _members(groups))


def _portfolios(layout: Layout) -> Universe:
    parts = layout.parts_of_accounts
    part = np.arange(parts.size, dtype=np.intp)
    return _free(Grain.PORTFOLIO, part, {}, lambda _: Subject(Grain.PORTFOLIO, ()), _members(parts))


def _members(groups: Groups) -> tuple[IndexArray, IndexArray]:
    account = index(np.flatnonzero(groups.of < groups.size))
    return groups.of[account], account


def _free(
    grain: Grain,
    part: IndexArray,
    columns: Columns,
    build: Callable[[int], Subject],
    depends: tuple[IndexArray, IndexArray],
    labels: Labels | None = None,
) -> Universe:
    """Subjects that hang on any number of accounts."""
    nobody = np.full(len(part), -1, dtype=np.intp)
    return Universe(
        grain=grain,
        size=len(part),
        subjects=Subjects(len(part), build),
        account=nobody,
        part=part,
        attributes=Attributes(columns),
        labels=labels or Labels(nobody, ()),
        depends=depends,
    )


def _own_names(names: tuple[str, ...]) -> Coded:
    return Coded(np.arange(len(names), dtype=np.intp), names)


_BUILDERS: Mapping[Grain, Callable[[Layout], Universe]] = {
    Grain.ACCOUNT: _accounts,
    Grain.STRATEGY: lambda layout: _of_account(layout, Grain.STRATEGY, layout.strategy_groups),
    Grain.ASSET: lambda layout: _of_account(layout, Grain.ASSET, layout.asset_groups),
    Grain.EXCHANGE: lambda layout: _named_groups(
        Grain.EXCHANGE, "venue", layout.venues_of_accounts, layout.venue_groups
    ),
    Grain.DESK: lambda layout: _named_groups(
        Grain.DESK, "desk", layout.desks_of_accounts, layout.desk_groups
    ),
    Grain.INSTRUMENT: _instruments,
    Grain.HEDGE: _hedges,
    Grain.GRID: _grids,
    Grain.PORTFOLIO: _portfolios,
}
