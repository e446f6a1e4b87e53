"""How many bets a book really holds."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, compact
from riskd.measure.book.missing import FirstUnknown, missing_prices, missing_value
from riskd.measure.past.clusters import CORRELATION_MIN, WINDOW_DAYS, WINDOW_SECONDS
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import BoolArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def independent_bets(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """One over the sum of squared cluster weights of the selected gross notional; +inf where nothing is held."""
    gross = np.where(book.once(_is_placed) | (book.gross == 0.0), book.gross, np.nan)
    subjects = book.position_groups(grain)
    clusters, width = book.clustered.names, max(len(book.clustered.names.names), 1)
    codes = clusters.codes[book.layout.position_instrument]
    pairs, names = compact(subjects.of * width + codes, (subjects.size + 1) * width)
    whole = subjects.total(gross, selection.positions)
    share = pairs.total(gross, selection.positions) / np.append(whole, np.nan)[names // width]
    squared = Groups(names // width, subjects.size).total(share * share)
    unknown_row = FirstUnknown(subjects, gross, selection.positions)

    def why(subject: int) -> str:
        row = unknown_row(subject)
        instrument = int(book.layout.position_instrument[row])
        return missing_value(book, row) or missing_prices(book, instrument, WINDOW_SECONDS)

    # A single bet is one, whatever rounding makes of its share.
    return Values(np.where(whole == 0.0, np.inf, np.maximum(1.0 / squared, 1.0)), why)


def _is_placed(book: Book) -> BoolArray:
    """For each position, whether it is known which cluster its asset belongs to."""
    tables, clusters = book.tables, book.clustered.clusters
    owners = zip(tables.instrument_part.tolist(), tables.instruments, strict=True)
    placed = np.array([clusters.is_placed(part, row.base) for part, row in owners], dtype=np.bool_)
    found: BoolArray = placed[book.layout.position_instrument]
    return found


SPECS = (
    MeasureSpec(
        name="independent_bets",
        unit=Unit.COUNT,
        grains=frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="Effective number of separate bets: coins that fall together count as one.",
        formula=(
            "1 / Σ w², w = gross notional of a cluster / gross notional. Clusters as the configuration names them; else "
            f"measured: coins tied by a correlation of hourly log moves above {CORRELATION_MIN:g} over {WINDOW_DAYS} days "
            "are one cluster, and so is every coin that is tied to one of them."
        ),
        source="Inverse Herfindahl index; clusters as connected components of the correlation graph.",
        unknown_when=(
            "The quantity or mark of a counted position is unknown, or clusters are measured and the price history of a "
            "coin that is held is shorter than 90 % of the window."
        ),
        infinite_when="nothing is held",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=independent_bets,
        reads=frozenset({Surface.CANDLES}),
        low=1.0,
    ),
)
