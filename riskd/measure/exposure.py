"""Shares: how concentrated exposure, equity and delta are."""

from __future__ import annotations

import numpy as np

from riskd.measure.book import Book
from riskd.measure.capital import INFINITE_WITHOUT_EQUITY, over_equity, share_of_capital
from riskd.measure.groups import Groups
from riskd.measure.hedge import delta_of_hedges
from riskd.measure.missing import FirstUnknown, account_name, missing_equity, missing_value
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain


def share_of_equity(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Gross notional of each subject over equity."""
    return share_of_capital(book, grain, book.gross, selection)


def share_of_gross(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Gross notional of each subject over the gross notional of its account; of a venue, over everything."""
    universe = book.universe(grain)
    if grain is Grain.EXCHANGE:
        all_of = book.position_groups(Grain.PORTFOLIO)
        whole = universe.part
    else:
        all_of = book.position_groups(Grain.ACCOUNT)
        whole = universe.account
    part = book.total(grain, book.gross, selection)
    total = all_of.total(book.gross)[whole]
    unknown_row = FirstUnknown(all_of, book.gross)

    def why(subject: int) -> str:
        return missing_value(book, unknown_row(int(whole[subject])))

    return Values(np.where(total == 0.0, 0.0, part / total), why)


def equity_at_venue(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Equity held at each venue over all equity."""
    total = book.equity_of(grain)
    held = book.account_groups(grain).total(book.equity)

    def why(subject: int) -> str:
        return (
            missing_equity(book, grain, subject)
            or "total equity is not positive, so that shares of it mean nothing"
        )

    return Values(np.where(total > 0.0, held / total, np.nan), why)


def net_delta(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Signed notional, with the spot that hedges name, over equity."""
    if grain is Grain.HEDGE:
        return delta_of_hedges(book)
    held = book.total(grain, book.tables.positions.notional, selection)
    worth = book.tables.spot.quantity * book.tables.spot.price
    groups = spot_groups(book, grain)
    unknown_row = FirstUnknown(
        book.position_groups(grain), book.tables.positions.notional, selection.positions
    )
    unknown_coin = FirstUnknown(groups, worth)

    def why(subject: int) -> str:
        row, coin = unknown_row(subject), unknown_coin(subject)
        if row >= 0:
            return missing_value(book, row)
        return missing_coin(book, coin) if coin >= 0 else missing_equity(book, grain, subject)

    return Values(over_equity(held + groups.total(worth), book.equity_of(grain)), why)


def spot_groups(book: Book, grain: Grain) -> Groups:
    """The subject of each spot row."""
    if grain is Grain.ASSET:
        return book.layout.assets_of_spot
    if grain is Grain.CLUSTER:
        return book.layout.clusters_of_spot
    accounts = book.account_groups(grain)
    return Groups(accounts.of[book.tables.spot.account], accounts.size)


def missing_coin(book: Book, row: int) -> str:
    """Names what keeps a spot row from being valued."""
    spot = book.tables.spot
    what = "spot balance" if np.isnan(spot.quantity[row]) else "price"
    return f"{what} of {spot.asset[row]} in {account_name(book, int(spot.account[row]))}"


SPECS = (
    MeasureSpec(
        name="share_of_equity",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION, Grain.ASSET, Grain.CLUSTER, Grain.STRATEGY, Grain.EXCHANGE}),
        parameters=(),
        meaning="Gross notional of the subject as a share of equity: the size of one bet.",
        formula="Σ|q·M| / E; E of the account; for a venue, of the portfolio. 0 when nothing is held.",
        source="Usual concentration limits: one asset 25-40 % of equity.",
        unknown_when="Equity, or the quantity or mark of a counted position, is unknown.",
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=share_of_equity,
    ),
    MeasureSpec(
        name="share_of_gross",
        unit=Unit.RATIO,
        low=0.0,
        high=1.0,
        grains=frozenset({Grain.ASSET, Grain.CLUSTER, Grain.STRATEGY, Grain.EXCHANGE}),
        parameters=(),
        meaning="Gross notional of the subject as a share of all gross notional: concentration.",
        formula="Σ|q·M| of the subject / Σ|q·M| of its account; of a venue, over the portfolio. 0 when nothing is held.",
        source="Usual concentration limits: one asset at most 60 % of gross exposure.",
        unknown_when="The quantity or mark of any position of the account is unknown: it is in the denominator.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=share_of_gross,
    ),
    MeasureSpec(
        name="equity_at_venue",
        unit=Unit.RATIO,
        grains=frozenset({Grain.EXCHANGE}),
        parameters=(),
        meaning="Share of all equity that lies at one venue.",
        formula="ΣE of the venue's accounts / ΣE of all accounts.",
        source="Usual venue limits: 50-70 % of equity at one exchange.",
        unknown_when="Equity of any account is unknown, or all equity together is not positive.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=equity_at_venue,
    ),
    MeasureSpec(
        name="net_delta",
        unit=Unit.RATIO,
        grains=frozenset(
            {Grain.ASSET, Grain.CLUSTER, Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO, Grain.HEDGE}
        ),
        parameters=(),
        meaning="Signed exposure to price as a share of equity: + gains when prices rise, 0 is neutral.",
        formula="(Σ q·M + Σ spot·index) / E; spot counts where a hedge names it, whatever is selected.",
        source="Delta of a linear contract is its notional; hedged desks warn at 5 % and act at 10 %.",
        unknown_when="Equity, a counted position's quantity or mark, or a hedge's spot balance or price is unknown.",
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=net_delta,
    ),
)
