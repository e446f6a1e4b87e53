"""What a move of prices does to an account's margin: how large a one it survives, and where a given one leaves it."""

from __future__ import annotations

from functools import partial

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import over_equity
from riskd.measure.book.groups import Groups, index
from riskd.measure.book.missing import (
    FirstUnknown,
    account_name,
    missing_backing,
    missing_brackets,
    missing_value,
    symbol,
)
from riskd.measure.margin.brackets import brackets, cross_equity, maintenance, own_maintenance
from riskd.measure.margin.liquidation import cross_rows
from riskd.measure.margin.market_move import Direction, Exposed, smallest_market_move
from riskd.measure.past.betas import BETA_FORMULA, BETA_UNKNOWN, BETA_WINDOW, betas_of
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain


def account_shock(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Smallest common fall or rise of all prices that liquidates an account."""
    exposed = Exposed(
        groups=cross_rows(book), equity=book.once(cross_equity), weight=np.ones(len(book.gross))
    )
    return Values(smallest_market_move(book, exposed, _direction(ref)), partial(missing_backing, book))


def beta_shock(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Smallest fall or rise of the market coin that liquidates an account when every coin follows by its beta."""
    betas, groups = betas_of(book, ref.parameter("window")), cross_rows(book)
    weight = betas.of_instruments[book.layout.position_instrument]
    exposed = Exposed(groups=groups, equity=book.once(cross_equity), weight=weight)
    unknown_row = FirstUnknown(groups, np.where(book.gross == 0.0, 0.0, weight))

    def why(account: int) -> str:
        if reason := missing_backing(book, account):
            return reason
        return betas.why_instrument(int(book.layout.position_instrument[unknown_row(account)]))

    return Values(smallest_market_move(book, exposed, _direction(ref)), why)


def asset_shock(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Smallest fall or rise of one coin alone that liquidates the account that holds it."""
    positions, assets = book.tables.positions, book.layout.assets_of_positions
    groups = Groups(index(np.where(positions.isolated, assets.size, assets.of)), assets.size)
    account, needed = book.layout.asset_groups[0], book.once(maintenance)
    others = cross_rows(book).total(needed)[account] - groups.total(needed)
    equity = book.once(cross_equity)[account] - others
    exposed = Exposed(groups=groups, equity=equity, weight=np.ones(len(needed)))
    unknown_row = FirstUnknown(groups, book.once(own_maintenance))

    def why(asset: int) -> str:
        row = unknown_row(asset)
        if row >= 0:
            return missing_value(book, row) or missing_brackets(book, row)
        return _missing_beside(book, int(account[asset]))

    return Values(smallest_market_move(book, exposed, _direction(ref)), why)


def shocked_margin_ratio(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Maintenance margin over margin balance after a common move of all prices, of the cross positions."""
    move, groups = ref.parameter("move"), cross_rows(book)
    notional = book.gross * (1.0 + move)
    needed = groups.total(brackets(book).maintenance(book.layout.position_instrument, notional))
    balance = book.once(cross_equity) + move * groups.total(book.tables.positions.notional)
    return Values(over_equity(needed, balance), partial(missing_backing, book))


def _direction(ref: MeasureRef) -> Direction:
    return Direction(ref.word("direction"))


def _missing_beside(book: Book, account: int) -> str:
    """Names what keeps the equity of an account, less the margin of its other positions, from being known."""
    cross, positions = cross_rows(book), book.tables.positions
    row = FirstUnknown(cross, book.once(maintenance))(account)
    if row >= 0:
        return missing_value(book, row) or f"maintenance margin and leverage brackets of {symbol(book, row)}"
    if np.isnan(book.tables.accounts.cross_wallet_balance[account]):
        return f"cross wallet balance of {account_name(book, account)}"
    return f"unrealized PnL of {symbol(book, FirstUnknown(cross, positions.unrealized_pnl)(account))}"


_DIRECTION = Parameter(
    name="direction",
    unit=None,
    meaning="Which way prices move: the nearer of the two, or one of them.",
    default=Direction.EITHER.value,
    words=tuple(direction.value for direction in Direction),
)
_UNKNOWN_WHEN = "A cross position's mark or brackets, or the cross wallet balance, is unknown."
_NEEDS = frozenset({Surface.POSITIONS, Surface.BALANCES})

SPECS = (
    MeasureSpec(
        name="account_shock",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(_DIRECTION,),
        meaning="Smallest fall or rise of all prices together that liquidates the account.",
        formula=(
            "min |s| with E + s·Σq·M = Σ(rate·|q·M|·(1+s) - amount), both signs or one, cross positions, exact by bracket; 0 where "
            "it holds already."
        ),
        source="Derived: maintenance is piecewise linear in s, so the root is found exactly, segment by segment.",
        unknown_when=_UNKNOWN_WHEN,
        infinite_when="no common move liquidates, or the account holds no cross position",
        remedy=Remedy.REDUCE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=account_shock,
    ),
    MeasureSpec(
        name="beta_shock",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(_DIRECTION, BETA_WINDOW),
        meaning="Smallest fall or rise of Bitcoin that liquidates the account when every other coin follows by its beta.",
        formula=(
            "min |s| with E + s·Σβ·q·M = Σ(rate·|q·M|·(1+β·s) - amount), both signs or one, cross positions, exact by bracket; no "
            f"price falls below zero. {BETA_FORMULA}"
        ),
        source=(
            "Derived as account_shock. A beta of quiet weeks is none of a crash: on 2025-10-10 Bitcoin fell by 17 % and the median "
            "of the smaller coins by 64 %; stress_loss has such days."
        ),
        unknown_when=f"{_UNKNOWN_WHEN} {BETA_UNKNOWN}",
        infinite_when="no move of Bitcoin liquidates, or the account holds no cross position",
        remedy=Remedy.REDUCE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=beta_shock,
        reads=frozenset({Surface.CANDLES}),
    ),
    MeasureSpec(
        name="asset_shock",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ASSET}),
        parameters=(_DIRECTION,),
        meaning="Smallest fall or rise of one coin, all others standing still, that liquidates the account that holds it.",
        formula=(
            "min |s| with E - Σ MM of the other coins + s·Σq·M = Σ(rate·|q·M|·(1+s) - amount), sums over the account's cross "
            "positions in the coin, exact by bracket; 0 where it holds already."
        ),
        source="Derived as account_shock. Whoever leaves out the margin of the other coins shows 4.60 % where 0.60 % is true (TorchTrade #344).",
        unknown_when=(
            "Mark or brackets of a cross position in the coin, the margin of another cross position of the account, a cross "
            "position's PnL or the cross wallet balance is unknown."
        ),
        infinite_when="no move of the coin alone liquidates, or the account holds no cross position in it",
        remedy=Remedy.REDUCE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=asset_shock,
    ),
    MeasureSpec(
        name="shocked_margin_ratio",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(
            Parameter(
                name="move",
                unit=Unit.RATIO,
                meaning="How far all prices move at once: -20% is a fall by a fifth.",
                low=-1.0,
            ),
        ),
        meaning="Share of the margin balance that maintenance margin would take after a common move of all prices; 100 % is liquidation.",
        formula=(
            "Σ(rate·|q·M|·(1+s) - amount) / (cross wallet + Σ uPnL + s·Σq·M), cross positions, brackets of the moved notional; "
            "isolated positions stand apart, as in margin_ratio."
        ),
        source="margin_ratio at moved marks; it is 100 % at a move of the size of account_shock.",
        unknown_when=_UNKNOWN_WHEN,
        infinite_when="margin would be needed while the balance is zero or negative",
        remedy=Remedy.REDUCE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=shocked_margin_ratio,
    ),
)
