"""How many positions there are, how much they lean to one side, and how much to one asset."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, compact
from riskd.measure.book.missing import FirstUnknown, missing_value
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain


def open_positions(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Number of selected positions, those that may have been closed among them."""
    return Values(book.position_groups(grain).count(selection.positions))


def one_sidedness(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Share of the selected gross notional that lies on the heavier side."""
    notional = book.tables.positions.notional
    long = book.total(grain, np.maximum(notional, 0.0), selection)
    short = book.total(grain, np.maximum(-notional, 0.0), selection)
    unknown_row = FirstUnknown(book.position_groups(grain), notional, selection.positions)
    # A larger part over itself and the smaller one: never above 1, whatever rounding makes of the sum of all.
    share = np.maximum(long, short) / (long + short)
    return Values(
        np.where(long + short == 0.0, 0.0, share), lambda subject: missing_value(book, unknown_row(subject))
    )


def hhi(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Sum of the squared weights of assets, by the size of the net notional of each."""
    subjects, assets = book.position_groups(grain), book.layout.assets
    width, notional = max(len(assets.names), 1), book.tables.positions.notional
    keys = subjects.of * width + assets.codes[book.layout.position_instrument]
    pairs, names = compact(keys, (subjects.size + 1) * width)
    net = np.abs(pairs.total(notional, selection.positions))
    owners = Groups(names // width, subjects.size)
    whole = owners.total(net)
    share = net / np.append(whole, np.nan)[owners.of]
    squared = owners.total(np.where(net == 0.0, 0.0, share * share))
    unknown_row = FirstUnknown(subjects, notional, selection.positions)
    # One asset weighs 1, whatever rounding makes of its share.
    return Values(np.minimum(squared, 1.0), lambda subject: missing_value(book, unknown_row(subject)))


_NEEDS = frozenset({Surface.POSITIONS})
_UNKNOWN = "The quantity or mark of a counted position is unknown."
SPECS = (
    MeasureSpec(
        name="open_positions",
        unit=Unit.COUNT,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="How many positions are open at once: each needs somebody who looks after it.",
        formula="number of open positions; both sides of a symbol in hedge mode are two. One not proven closed counts.",
        source="Usual practice of swing desks: at most 3 to 6 at once.",
        unknown_when="The positions could not be read.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.SELECTED_POSITIONS,
        function=open_positions,
    ),
    MeasureSpec(
        name="one_sidedness",
        unit=Unit.RATIO,
        low=0.0,
        high=1.0,
        grains=frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="Share of all exposure that points the same way: 50 % is balanced, 100 % is one bet on direction.",
        formula="max(Σ long |q·M|, Σ short |q·M|) / Σ|q·M|; spot does not count. 0 when nothing is held.",
        source="Usual practice: at most 75 % on one side; coins fall together in a crash.",
        unknown_when=_UNKNOWN,
        infinite_when="",
        # A book that leans one way, or holds one coin, comes back to its limit by closing only when it is flat.
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.SELECTED_POSITIONS,
        function=one_sidedness,
    ),
    MeasureSpec(
        name="hhi",
        unit=Unit.RATIO,
        low=0.0,
        high=1.0,
        grains=frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="Concentration by asset: 100 % is a single asset, 25 % is four equal ones; its inverse counts them.",
        formula=(
            "Σ w², w = |Σ q·M of an asset| / Σ of these over all assets; long and short of an asset offset, in all accounts "
            "of the subject together. Spot does not count. 0 when nothing is held net."
        ),
        source="Herfindahl-Hirschman index, in points of 10,000 at the DOJ; pinned in test_concentration.py.",
        unknown_when=_UNKNOWN,
        infinite_when="",
        # A book that leans one way, or holds one coin, comes back to its limit by closing only when it is flat.
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.SELECTED_POSITIONS,
        function=hhi,
    ),
)
