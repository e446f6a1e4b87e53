"""How much of the margin balance is needed to keep what is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import over_equity
from riskd.measure.book.missing import FirstUnknown, account_name, missing_value, symbol
from riskd.measure.margin.brackets import cross_equity, maintenance
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


@dataclass(frozen=True, slots=True)
class Margin:
    """What keeps each account's positions, isolated ones left apart.

    Attributes:
        needed: Maintenance margin.
        balance: Margin balance.
        why: Names what is unknown of an account of which one of them is.
    """

    needed: FloatArray
    balance: FloatArray
    why: Callable[[int], str]


def margin_ratio(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Maintenance margin over margin balance, isolated positions left apart."""
    margin = book.once(margin_of)
    return Values(over_equity(margin.needed, margin.balance), margin.why)


def margin_of(book: Book) -> Margin:
    """Maintenance margin and margin balance of each account. Taken through ``book.once``."""
    accounts, positions, groups = book.tables.accounts, book.tables.positions, book.layout.accounts
    needed, cross = book.once(maintenance), ~positions.isolated
    summed = groups.total(needed, cross)
    mixed = groups.touched(positions.isolated)
    stated = np.where(mixed | np.isnan(accounts.maintenance_margin), summed, accounts.maintenance_margin)
    balance = np.where(mixed, book.once(cross_equity), accounts.equity)
    unknown_row = FirstUnknown(groups, needed, cross)

    def why(account: int) -> str:
        row = unknown_row(account)
        if np.isnan(stated[account]) and row >= 0:
            return (
                missing_value(book, row) or f"maintenance margin and leverage brackets of {symbol(book, row)}"
            )
        what = "cross wallet balance or PnL" if mixed[account] else "equity"
        return f"{what} of {account_name(book, account)}"

    return Margin(stated, balance, why)


SPECS = (
    MeasureSpec(
        name="margin_ratio",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="Share of the margin balance that maintenance margin takes; 100 % is liquidation.",
        formula=(
            "MM / E as the venue states them; with isolated positions in the account, ΣMM of the cross positions / "
            "(cross wallet + Σ uPnL of the cross positions). MM from our brackets where the venue states none."
        ),
        source="Binance margin ratio (OKX and Kraken publish its inverse); pinned in test_vectors.py.",
        unknown_when="Equity (or cross wallet balance) is unknown, or neither the venue nor brackets give MM.",
        infinite_when="margin is needed while the balance is zero or negative",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=margin_ratio,
    ),
)
