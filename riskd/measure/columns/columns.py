"""The named columns of each grain, out of which expressions are made: own ones, and the measures of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.columns.capital import OF_ACCOUNTS, capital_columns
from riskd.measure.columns.column import ColumnSpec
from riskd.measure.columns.dimension import of_unit
from riskd.measure.columns.held import INSIDE_ACCOUNTS, POSITION_COLUMNS, SUMMED, equity_column, sum_columns
from riskd.measure.columns.market import GRID_COLUMNS, HEDGE_COLUMNS, INSTRUMENT_COLUMNS
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Selection, Values
from riskd.model.subject import Grain

_WITH_EQUITY_BEHIND = (Grain.POSITION, *INSIDE_ACCOUNTS, Grain.HEDGE, Grain.GRID)
_OWN: Mapping[Grain, tuple[ColumnSpec, ...]] = {
    Grain.POSITION: POSITION_COLUMNS,
    Grain.INSTRUMENT: INSTRUMENT_COLUMNS,
    Grain.HEDGE: HEDGE_COLUMNS,
    Grain.GRID: GRID_COLUMNS,
}


def _own(grain: Grain) -> dict[str, ColumnSpec]:
    found = [*_OWN.get(grain, ())]
    if grain in OF_ACCOUNTS:
        found += capital_columns(grain)
    if grain in _WITH_EQUITY_BEHIND:
        found.append(equity_column(grain))
    if grain in SUMMED:
        found += sum_columns(grain)
    return {column.name: column for column in found}


COLUMNS: Mapping[Grain, Mapping[str, ColumnSpec]] = MappingProxyType({grain: _own(grain) for grain in Grain})
"""The columns of each grain that are no measures."""


def columns_of(grain: Grain, catalogue: Mapping[str, MeasureSpec] = CATALOGUE) -> Mapping[str, ColumnSpec]:
    """All columns of a grain by name: its own, and each measure that needs no parameter."""
    measures = {
        name: column_of_measure(spec, grain)
        for name, spec in catalogue.items()
        if grain in spec.grains and is_column(spec)
    }
    return {**COLUMNS[grain], **measures}


@lru_cache(maxsize=512)
def column(grain: Grain, name: str) -> ColumnSpec:
    """One column of a grain.

    Raises:
        KeyError: There is none of that name: a policy was not compiled.
    """
    own = COLUMNS[grain].get(name)
    return column_of_measure(CATALOGUE[name], grain) if own is None else own


def is_column(spec: MeasureSpec) -> bool:
    """Whether a measure can be named without parameters: it has none, or a default for each."""
    return all(parameter.default is not None for parameter in spec.parameters)


def column_of_measure(spec: MeasureSpec, grain: Grain) -> ColumnSpec:
    """A measure as a column. Where it is infinite, a column is unknown: nothing can be computed with infinity."""
    ref = MeasureRef(
        spec.name, tuple((each.name, each.default) for each in spec.parameters if each.default is not None)
    )

    def function(book: Book, own_grain: Grain, selection: Selection) -> Values:
        counted = book.everything if spec.counts is Counts.WHOLE_ACCOUNT else selection
        measured = take(book, ref, own_grain, counted)
        infinite = np.isinf(measured.values)

        def why(subject: int) -> str:
            return (
                f"{spec.name} is infinite: {spec.infinite_when}"
                if infinite[subject]
                else measured.unknown[subject]
            )

        return Values(np.where(infinite, np.nan, measured.values), why)

    without = f" Unknown too when infinite: {spec.infinite_when}." if spec.infinite_when else ""
    return ColumnSpec(
        name=spec.name,
        grain=grain,
        dimension=of_unit(spec.unit),
        meaning=spec.meaning,
        source=spec.formula,
        unknown_when=spec.unknown_when + without,
        needs=spec.needs,
        counts=spec.counts,
        function=function,
        reads=spec.reads,
    )
