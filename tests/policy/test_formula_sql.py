"""An expression printed as SQL over a real ledger gives what NumPy gave when the snapshot was taken."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.duckdb_ledger import DuckdbLedger
from riskd.measure.book.book import Book
from riskd.measure.catalogue import take
from riskd.measure.columns.columns import COLUMNS, columns_of
from riskd.measure.columns.dimension import units_of
from riskd.measure.spec import Counts, MeasureRef, Unit
from riskd.model.journal import EntryKind
from riskd.model.subject import Grain
from riskd.policy.expression.sql import NotRecordedError, formula_sql
from riskd.policy.expression.sql_columns import PRINTED
from riskd.policy.expression.take import spec_of, take_formula
from riskd.policy.rule import Rule
from riskd.policy.scope.select import selection, subjects_selected
from riskd.record.bodies import accounts_body
from riskd.record.rows import cycle_rows
from riskd.record.snapshot_rows import AccountFigures
from tests.adapters.ledger_files import open_ledger, rows
from tests.builders import NOW
from tests.fakes.journal import MemoryJournal
from tests.measure.random_books import GAPPY, SOUND, Taste, a_random_book
from tests.policy.formulas import ratios, rule_of

PRINTED_GRAINS = sorted({grain for grain, _ in PRINTED})
SEEDS = [(seed, taste) for taste in (SOUND, GAPPY) for seed in range(1, 9)]


def recorded(seed: int, taste: Taste, number: int) -> Book:
    """A random book as the snapshot of one cycle."""
    snapshot, history = a_random_book(seed, taste)
    taken_at = NOW + timedelta(seconds=10 * number)
    shift = (taken_at - snapshot.taken_at).total_seconds()
    positions = replace(snapshot.positions, opened_at=np.round(snapshot.positions.opened_at + shift, 6))
    return Book.of(replace(snapshot, id=number, taken_at=taken_at, positions=positions), history)


def figures_of(book: Book) -> AccountFigures:
    def figure(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return take(book, MeasureRef(name), Grain.ACCOUNT, book.everything).values

    return AccountFigures(
        exposure_gross=book.total(Grain.ACCOUNT, book.gross, book.everything),
        exposure_net=book.total(Grain.ACCOUNT, book.tables.positions.notional, book.everything),
        leverage_gross=figure("leverage"),
        margin_ratio=figure("margin_ratio"),
        liquidation_distance_min=figure("liquidation_distance"),
    )


@pytest.fixture(scope="module")
def books() -> list[Book]:
    return [recorded(seed, taste, number) for number, (seed, taste) in enumerate(SEEDS, start=1)]


@pytest.fixture(scope="module")
def ledger(books: list[Book], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbLedger]:
    """All books, each under the configuration of its own time."""
    ledger, journal = open_ledger(tmp_path_factory.mktemp("state")), MemoryJournal()
    for book in books:
        snapshot = book.tables.snapshots[0]
        journal.append(EntryKind.ACCOUNTS, snapshot.taken_at, accounts_body(snapshot.desk))
        ledger.commit(
            cycle_rows(
                snapshot, figures=figures_of(book), readings=(), policy_hash="x", duration_seconds=math.nan
            )
        )
    ledger.catch_up(journal)
    yield ledger
    ledger.close()


def by_numpy(books: Sequence[Book], rule: Rule) -> dict[tuple[object, ...], float]:
    """Value of every covered subject that the ledger knows of."""
    found: dict[tuple[object, ...], float] = {}
    assert rule.formula is not None
    for book in books:
        whole = spec_of(rule.formula, rule.grain).counts is Counts.WHOLE_ACCOUNT
        chosen = book.everything if whole else selection(rule.where, book)
        taken = take_formula(book, rule.grain, rule.formula, chosen)
        covered = subjects_selected(rule.where, book.universe(rule.grain))
        for subject, value, is_covered in zip(taken.subjects, taken.values.tolist(), covered, strict=True):
            if is_covered:
                parts = tuple(text for _, text in subject.parts)
                found[book.tables.snapshots[0].id, *parts] = value
    return found


def differences(ledger: DuckdbLedger, books: Sequence[Book], rule: Rule) -> list[str]:
    """Every subject of which SQL says something else."""
    printed = {tuple(row[:-1]): row[-1] for row in rows(ledger, formula_sql(rule))}
    expected = by_numpy(books, rule)
    if printed.keys() != expected.keys():
        return [f"subjects differ: {sorted(map(str, printed.keys() ^ expected.keys()))}"]
    return [
        f"{subject}: SQL {printed[subject]}, NumPy {value}"
        for subject, value in expected.items()
        if (printed[subject] is None) != math.isnan(value)
        or (
            printed[subject] is not None
            and not math.isclose(printed[subject], value, rel_tol=1e-9, abs_tol=1e-9)
        )
    ]


def alone(grain: Grain, name: str) -> tuple[str, Unit]:
    """An expression that is one column, or one over itself where no unit can say it."""
    units = units_of(columns_of(grain)[name].dimension)
    return (name, units[0]) if units else (f"{name} / abs({name})", Unit.RATIO)


@pytest.mark.parametrize(("grain", "name"), sorted(PRINTED), ids=str)
def test_every_printed_column_is_what_numpy_takes(
    ledger: DuckdbLedger, books: list[Book], grain: Grain, name: str
) -> None:
    text, unit = alone(grain, name)
    rule = rule_of(text, grain, unit)
    assert differences(ledger, books, rule) == []
    values = list(by_numpy(books, rule).values())
    assert any(math.isfinite(value) for value in values), "the books show nothing of it"


@pytest.mark.parametrize("grain", PRINTED_GRAINS)
@settings(max_examples=12, derandomize=True, deadline=None)
@given(data=st.data())
def test_random_expressions_agree(
    ledger: DuckdbLedger, books: list[Book], grain: Grain, data: st.DataObject
) -> None:
    names = [name for known, name in PRINTED if known is grain]
    text = data.draw(ratios(grain, names))
    assert differences(ledger, books, rule_of(text, grain, Unit.RATIO)) == []


WHERES = [
    "{strategy: swing}",
    '{strategy: {not: [hedge, "un*"]}}',
    '{symbol: "BTC/*"}',
    "{asset: [BTC, SOL]}",
    "{account: acc0}",
    "{venue: two}",
    "{desk: alpha}",
    "{desk: {not: beta}}",
    "{labels: {env: prod}}",
    "{labels: {env: {not: prod}}}",
    "{account: [acc0, acc1], strategy: swing, symbol: {not: 'E?H/*'}}",
]


@pytest.mark.parametrize("where", WHERES)
@pytest.mark.parametrize(
    "grain", [Grain.ACCOUNT, Grain.STRATEGY, Grain.ASSET, Grain.EXCHANGE, Grain.DESK, Grain.PORTFOLIO]
)
def test_a_selector_chooses_and_narrows_alike(
    ledger: DuckdbLedger, books: list[Book], grain: Grain, where: str
) -> None:
    assert differences(ledger, books, rule_of("(gross + abs(net)) / equity", grain, Unit.RATIO, where)) == []


@pytest.mark.parametrize("where", WHERES)
def test_a_selector_chooses_positions_alike(ledger: DuckdbLedger, books: list[Book], where: str) -> None:
    assert differences(ledger, books, rule_of("gross / equity", Grain.POSITION, Unit.RATIO, where)) == []


def test_what_the_ledger_does_not_keep_is_refused_with_the_reason() -> None:
    for text, grain, why in (
        ("hedged / equity", Grain.HEDGE, "the ledger does not keep which hedges there were"),
        (
            "stop_distance",
            Grain.POSITION,
            "the ledger does not keep stop_distance per position; where a rule",
        ),
    ):
        with pytest.raises(NotRecordedError, match=why):
            formula_sql(rule_of(text, grain, Unit.RATIO))
    with pytest.raises(NotRecordedError, match="which positions belong to which grid"):
        formula_sql(rule_of("gross / equity", Grain.ACCOUNT, Unit.RATIO, "{grid: a}"))


def test_every_own_column_of_a_grain_that_the_ledger_keeps_is_printed() -> None:
    unprinted = {
        (grain, name) for grain in PRINTED_GRAINS for name in COLUMNS[grain] if (grain, name) not in PRINTED
    }
    assert unprinted == set()


def test_a_hostile_title_stays_a_comment(ledger: DuckdbLedger, books: list[Book]) -> None:
    rule = replace(rule_of("gross", Grain.ACCOUNT, Unit.MONEY), title="a */ select 1; /* b -- c")
    assert differences(ledger, books, rule) == []


def test_a_hostile_pattern_stays_a_text(ledger: DuckdbLedger, books: list[Book]) -> None:
    where = """{account: "x' or 1=1 --", strategy: "100%_\\\\"}"""
    assert differences(ledger, books, rule_of("gross", Grain.ACCOUNT, Unit.MONEY, where)) == []
