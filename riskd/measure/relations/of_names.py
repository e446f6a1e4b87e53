"""The tables of the schema ``exposure`` that name things: hedges, grids, subjects, and how well each account is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.relations.relation import Cells, Relation, number, text
from riskd.model.report import Surface
from riskd.model.snapshot import SurfaceState
from riskd.model.subject import Grain, Subject


def subject_key(subject: Subject) -> str:
    """A subject as a query names it: the one name that it has, else all parts; ``portfolio`` for the one portfolio."""
    return subject.parts[0][1] if len(subject.parts) == 1 else str(subject)


def position_ids(book: Book) -> list[str]:
    """The subject of each position in words, which is its key."""
    return [str(subject) for subject in book.universe(Grain.POSITION).subjects]


# ---- hedges and grids ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _LegRow:
    """A leg with one position of it; ``position`` is -1 where it holds none."""

    leg: int
    place: int
    position: int


def _leg_rows(book: Book) -> list[_LegRow]:
    """Every leg once, or once for each position in its market: hedge mode holds long and short apart."""
    legs = book.layout.legs
    held: dict[int, list[int]] = {}
    for row, market in enumerate(book.layout.position_markets.tolist()):
        held.setdefault(market, []).append(row)
    markets = book.layout.market_keys(legs.account, legs.instrument).tolist()
    rows, place = [], 0
    for leg, market in enumerate(markets):
        place = 0 if legs.primary[leg] else place + 1
        found = held.get(market, [-1]) if legs.perpetual[leg] and market >= 0 else [-1]
        rows += [_LegRow(leg=leg, place=place, position=position) for position in found]
    return rows


def _of_legs(cell: Callable[[Book, _LegRow], str | float | bool | None]) -> Callable[[Book], Cells]:
    return lambda book: [cell(book, row) for row in book.once(_leg_rows)]


def _hedge_id(book: Book, row: _LegRow) -> str:
    return book.tables.hedges[int(book.layout.legs.hedge[row.leg])].id


def _position_id(book: Book, row: _LegRow) -> str | None:
    return book.once(position_ids)[row.position] if row.position >= 0 else None


def _leg_account(book: Book) -> IndexArray:
    return index(book.layout.legs.account[[row.leg for row in book.once(_leg_rows)]])


_HEDGES = Relation(
    name="hedges",
    meaning="A hedge of the configuration.",
    columns=(
        text("subject", "its subject: the hedge_id", lambda book: [hedge.id for hedge in book.tables.hedges]),
        text("hedge_id", "its name", lambda book: [hedge.id for hedge in book.tables.hedges]),
        number(
            "ratio",
            "wanted hedge delta over hedged delta; 1 is fully hedged",
            lambda book: np.array([float(hedge.ratio) for hedge in book.tables.hedges]),
        ),
    ),
)

_HEDGE_LEGS = Relation(
    name="hedge_legs",
    meaning="A leg of a hedge; one row for each position where hedge mode holds two in its market.",
    needs=frozenset({Surface.POSITIONS}),
    owner=_leg_account,
    columns=(
        text("hedge_id", "name of the hedge", _of_legs(_hedge_id)),
        number("leg", "0 is what is hedged, the others hedge it", _of_legs(lambda _, row: float(row.place))),
        text(
            "kind",
            "`spot` or `perpetual`",
            _of_legs(lambda book, row: book.layout.legs.legs[row.leg].kind.value),
        ),
        text(
            "leg_account",
            "account that holds it",
            _of_legs(lambda book, row: book.layout.legs.legs[row.leg].account),
        ),
        text("leg_asset", "coin that it holds", _of_legs(lambda book, row: book.layout.legs.asset[row.leg])),
        text(
            "position_id",
            "key of its position; NULL for spot, and where nothing is held",
            _of_legs(_position_id),
        ),
    ),
)

_GRIDS = Relation(
    name="grids",
    meaning="A grid of the configuration.",
    columns=(
        text("subject", "its subject: the grid_id", lambda book: [grid.id for grid in book.tables.grids]),
        text("grid_id", "its name", lambda book: [grid.id for grid in book.tables.grids]),
        text("account", "account id", lambda book: [grid.account for grid in book.tables.grids]),
        text("symbol", "unified symbol", lambda book: [grid.symbol for grid in book.tables.grids]),
        number(
            "lower",
            "lower bound as configured, quote per base; NULL: read from its orders",
            lambda book: [None if grid.lower is None else float(grid.lower) for grid in book.tables.grids],
        ),
        number(
            "upper",
            "upper bound as configured, quote per base; NULL: read from its orders",
            lambda book: [None if grid.upper is None else float(grid.upper) for grid in book.tables.grids],
        ),
    ),
)


# ---- the moment, subjects, sight -----------------------------------------------------------------------------------


_SNAPSHOT = Relation(
    name="snapshot",
    meaning="One row: the moment of judging. There is no other clock.",
    columns=(number("as_of", "seconds since the epoch", lambda book: book.tables.now),),
)


def _subjects(book: Book) -> list[tuple[Subject, int]]:
    """Every subject with the code of its account; -1 where it hangs on several or none."""
    universes = [book.universe(grain) for grain in Grain]
    return [
        (subject, account)
        for universe in universes
        for subject, account in zip(universe.subjects, universe.account.tolist(), strict=True)
    ]


def _of_subjects(cell: Callable[[Subject], str | None]) -> Callable[[Book], Cells]:
    return lambda book: [cell(subject) for subject, _ in book.once(_subjects)]


def _own_name(subject: Subject) -> str:
    last = subject.parts[-1][1] if subject.parts else subject.grain.value
    return subject.part(subject.grain.value) or subject.part("symbol") or last


_SUBJECTS = Relation(
    name="subjects",
    meaning="Everything that a rule may be about: begin here (`where grain = 'strategy'`) and each has its row.",
    needs=frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS}),
    owner=lambda book: index([account for _, account in book.once(_subjects)]),
    columns=(
        text("grain", "what the rule says under `per`", _of_subjects(lambda subject: subject.grain.value)),
        text("subject", "what the query must answer for", _of_subjects(subject_key)),
        text(
            "account",
            "account id; NULL where it is not of one account",
            _of_subjects(lambda s: s.part("account") or None),
        ),
        text(
            "name",
            "its own name: strategy, asset, symbol, venue ...",
            _of_subjects(_own_name),
        ),
    ),
)


def _states(book: Book) -> tuple[SurfaceState, ...]:
    return book.tables.snapshots[0].surfaces


def _age(book: Book, state: SurfaceState) -> float | None:
    return None if state.observed_at is None else book.now - state.observed_at.timestamp()


_SURFACES = Relation(
    name="surfaces",
    meaning="How well one thing is seen: of an account, or of a venue.",
    columns=(
        text("venue", "venue id", lambda book: [state.venue for state in _states(book)]),
        text(
            "account",
            "account id; NULL for what a venue publishes",
            lambda book: [s.account or None for s in _states(book)],
        ),
        text(
            "surface",
            "`positions`, `orders`, `balances`, `marks` ...",
            lambda book: [s.surface.value for s in _states(book)],
        ),
        text(
            "quality",
            "`OK`, `STALE`, `PARTIAL` or `BLIND`",
            lambda book: [s.quality.value for s in _states(book)],
        ),
        number(
            "age_seconds",
            "since the last good answer; NULL: there never was one",
            lambda book: [_age(book, state) for state in _states(book)],
        ),
    ),
)

NAMED = (_HEDGES, _HEDGE_LEGS, _GRIDS, _SNAPSHOT, _SUBJECTS, _SURFACES)
