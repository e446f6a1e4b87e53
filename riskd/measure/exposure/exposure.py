"""Shares: how concentrated exposure, equity and delta are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity, share_of_capital
from riskd.measure.book.groups import Groups
from riskd.measure.book.missing import FirstUnknown, account_name, missing_equity, missing_value
from riskd.measure.past.betas import BETA_FORMULA, BETA_UNKNOWN, BETA_WINDOW, Betas, betas_of
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.measure.strategy.hedge import delta_of_hedges, leg_worth, missing_leg
from riskd.model.arrays import FloatArray
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
    return _delta(
        book,
        grain,
        selection,
        rows=_Summed(book.tables.positions.notional, partial(missing_value, book)),
        coins=_Summed(_worth_of_coins(book), partial(missing_coin, book)),
    )


def beta_delta(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """The same with every coin counted by how far it moves with the market coin."""
    betas = betas_of(book, ref.parameter("window"))
    if grain is Grain.HEDGE:
        return _of_hedges(book, betas)
    instrument, notional = book.layout.position_instrument, book.tables.positions.notional
    worth = _worth_of_coins(book)

    def why_row(row: int) -> str:
        return missing_value(book, row) or betas.why_instrument(int(instrument[row]))

    def why_coin(coin: int) -> str:
        return missing_coin(book, coin) if np.isnan(worth[coin]) else betas.why_coin(coin)

    return _delta(
        book,
        grain,
        selection,
        rows=_Summed(_times(notional, betas.of_instruments[instrument]), why_row),
        coins=_Summed(_times(worth, betas.of_coins), why_coin),
    )


@dataclass(frozen=True, slots=True)
class _Summed:
    """One number for each row, and why one of them is not known."""

    values: FloatArray
    why: Callable[[int], str]


def _delta(book: Book, grain: Grain, selection: Selection, *, rows: _Summed, coins: _Summed) -> Values:
    """The sum of selected positions and of the coins that hedges name, over equity."""
    groups = spot_groups(book, grain)
    unknown_row = FirstUnknown(book.position_groups(grain), rows.values, selection.positions)
    unknown_coin = FirstUnknown(groups, coins.values)

    def why(subject: int) -> str:
        row, coin = unknown_row(subject), unknown_coin(subject)
        if row >= 0:
            return rows.why(row)
        return coins.why(coin) if coin >= 0 else missing_equity(book, grain, subject)

    held = book.total(grain, rows.values, selection)
    return Values(over_equity(held + groups.total(coins.values), book.equity_of(grain)), why)


def _of_hedges(book: Book, betas: Betas) -> Values:
    legs, worth = book.layout.legs, book.once(leg_worth)
    of_contracts, of_coins = (np.append(found, np.nan) for found in (betas.of_instruments, betas.of_coins))
    beta = np.where(legs.perpetual, of_contracts[legs.instrument], of_coins[legs.spot])
    moved = _times(worth, beta)
    groups = Groups(legs.hedge, book.universe(Grain.HEDGE).size)
    unknown_leg = FirstUnknown(groups, moved)

    def why(hedge: int) -> str:
        leg = unknown_leg(hedge)
        if leg < 0:
            return missing_equity(book, Grain.HEDGE, hedge)
        if np.isnan(worth[leg]):
            return missing_leg(book, leg)
        if legs.perpetual[leg]:
            return betas.why_instrument(int(legs.instrument[leg]))
        return betas.why_coin(int(legs.spot[leg]))

    return Values(over_equity(groups.total(moved), book.equity_of(Grain.HEDGE)), why)


def _worth_of_coins(book: Book) -> FloatArray:
    return book.tables.spot.quantity * book.tables.spot.price


def _times(worth: FloatArray, beta: FloatArray) -> FloatArray:
    """Worth by beta. What is worth nothing moves nothing, whatever is not known of its beta."""
    return np.where(worth == 0.0, 0.0, worth * beta)


def spot_groups(book: Book, grain: Grain) -> Groups:
    """The subject of each spot row."""
    if grain is Grain.ASSET:
        return book.layout.assets_of_spot
    if grain is Grain.CLUSTER:
        return book.clustered.of_spot
    accounts = book.account_groups(grain)
    return Groups(accounts.of[book.tables.spot.account], accounts.size)


def missing_coin(book: Book, row: int) -> str:
    """Names what keeps a spot row from being valued."""
    spot = book.tables.spot
    what = "spot balance" if np.isnan(spot.quantity[row]) else "price"
    return f"{what} of {spot.asset[row]} in {account_name(book, int(spot.account[row]))}"


_DELTA_GRAINS = frozenset(
    {Grain.ASSET, Grain.CLUSTER, Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO, Grain.HEDGE}
)

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
        grains=_DELTA_GRAINS,
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
    MeasureSpec(
        name="beta_delta",
        unit=Unit.RATIO,
        grains=_DELTA_GRAINS,
        parameters=(BETA_WINDOW,),
        meaning="Signed exposure to a move of Bitcoin as a share of equity, every coin counted by its beta; 0 is neutral to the market.",
        formula=(
            "(Σ q·M·β + Σ spot·index·β) / E; spot counts where a hedge names it, whatever is selected. Over equity as net_delta; "
            f"expr: abs(beta_delta) / leverage is it over gross. {BETA_FORMULA}"
        ),
        source="Cross-hedging desks: |net beta delta| at most 5 % of gross exposure, 10 % critical. Betas drift: correlation beside it.",
        unknown_when=(
            "Equity, a counted position's quantity or mark, or a hedge's spot balance or price is unknown. "
            + BETA_UNKNOWN
        ),
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=beta_delta,
        reads=frozenset({Surface.CANDLES}),
    ),
)
