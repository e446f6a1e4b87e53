"""The tables that a policy's own SQL sees: whole, in words and numbers, and honest about what is not known."""

from __future__ import annotations

import math

import pytest

from riskd.measure.book.book import Book
from riskd.measure.book.doubts import doubts
from riskd.measure.relations.of_names import subject_key
from riskd.measure.relations.relation import CellType, filled, listed
from riskd.measure.relations.relations import RELATIONS
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain, Subject
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_grid,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    a_stop,
    a_surface,
    an_account,
    an_instrument,
    an_order,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of
from tests.measure.random_books import GAPPY, SOUND, a_random_book

Row = dict[str, str | float | bool | None]


def rows(book: Book, table: str) -> list[Row]:
    """A table as SQL would show it."""
    relation = RELATIONS[table]
    columns = filled(book, relation, [column.name for column in relation.columns]).columns
    names = [column.name for column, _ in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*(listed(c) for _, c in columns), strict=True)]


def is_nan(cell: str | float | bool | None) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


@pytest.mark.parametrize("taste", [SOUND, GAPPY])
@pytest.mark.parametrize("seed", range(1, 16))
def test_every_column_of_every_table_has_a_cell_of_its_type_for_each_row(seed: int, taste: object) -> None:
    book = Book.of(*a_random_book(seed, taste))  # type: ignore[arg-type]  # one of the two tastes
    types = {
        CellType.TEXT: (str, type(None)),
        CellType.NUMBER: (float, type(None)),
        CellType.FLAG: (bool, type(None)),
    }
    for relation in RELATIONS.values():
        columns = filled(book, relation, [column.name for column in relation.columns]).columns
        assert len({len(listed(cells)) for _, cells in columns}) == 1
        assert all(
            isinstance(cell, types[column.type]) for column, cells in columns for cell in listed(cells)
        )


def test_names_of_columns_are_plain_and_no_table_has_one_twice() -> None:
    for relation in RELATIONS.values():
        names = [column.name for column in relation.columns]
        assert len(names) == len(set(names))
        assert all(name.isidentifier() and name == name.lower() for name in (relation.name, *names))
        assert all(column.meaning for column in relation.columns)


def test_only_the_columns_that_are_read_are_filled_in() -> None:
    book = book_of(a_snapshot(positions=[a_position()]))

    columns = filled(book, RELATIONS["positions"], ["notional"]).columns

    assert [column.name for column, _ in columns] == ["notional"]


def test_positions_have_the_numbers_of_the_snapshot() -> None:
    book = book_of(
        a_snapshot(positions=[a_position(BTC, -0.5, strategy="swing", mark=60_000.0, entry=59_000.0)])
    )

    (row,) = rows(book, "positions")

    assert row["position_id"] == row["subject"] == f"account=main symbol={BTC} side=short"
    assert (row["account"], row["symbol"], row["asset"], row["strategy"]) == ("main", BTC, "BTC", "swing")
    assert (row["quantity"], row["notional"], row["gross"]) == (-0.5, -30_000.0, 30_000.0)
    assert (row["side"], row["isolated"], row["isolated_wallet"]) == ("short", False, None)


def test_what_does_not_exist_is_null_and_what_is_unknown_is_nan() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1.0, mark=NAN)],
        orders=[an_order(ETH, "SELL", 2.0, 3_000.0), a_stop(BTC, "SELL", 1.0, NAN, close_position=True)],
        grids=(a_grid(lower=2_000),),
    )
    book = book_of(snapshot)

    stop, limit = sorted(rows(book, "orders"), key=lambda row: str(row["symbol"]))
    assert is_nan(rows(book, "positions")[0]["notional"])
    assert (limit["price"], limit["trigger_price"], limit["remaining"]) == (3_000.0, None, 2.0)
    assert (stop["price"], stop["remaining"]) == (None, None)
    assert is_nan(stop["trigger_price"])
    assert [(row["lower"], row["upper"]) for row in rows(book, "grids")] == [(2_000.0, None)]


def test_a_leg_has_a_row_for_each_position_in_its_market() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[
            a_position(BTC, 1.0, position_side="LONG"),
            a_position(BTC, -2.0, position_side="SHORT"),
        ],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge("carry"), a_hedge("pair", perpetual_leg(ETH), perpetual_leg(BTC))),
    )

    legs = rows(book_of(snapshot), "hedge_legs")

    long, short = f"account=main symbol={BTC} side=long", f"account=main symbol={BTC} side=short"
    assert [
        (row["hedge_id"], row["leg"], row["kind"], row["leg_asset"], row["position_id"]) for row in legs
    ] == [
        ("carry", 0.0, "spot", "BTC", None),
        ("carry", 1.0, "perpetual", "BTC", long),
        ("carry", 1.0, "perpetual", "BTC", short),
        ("pair", 0.0, "perpetual", "ETH", None),
        ("pair", 1.0, "perpetual", "BTC", long),
        ("pair", 1.0, "perpetual", "BTC", short),
    ]


def test_every_subject_of_every_kind_is_listed_by_the_name_that_a_query_gives_it() -> None:
    snapshot = a_snapshot(positions=[a_position(strategy="swing")], hedges=(a_hedge(),), grids=(a_grid(),))
    book = book_of(snapshot)

    named = {(row["grain"], row["subject"]) for row in rows(book, "subjects")}

    assert named == {(grain.value, subject_key(s)) for grain in Grain for s in book.universe(grain).subjects}
    assert {("account", "main"), ("hedge", "carry"), ("grid", "grid"), ("portfolio", "portfolio")} < named
    assert ("strategy", "account=main strategy=swing") in named


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        (Subject(Grain.PORTFOLIO, ()), "portfolio"),
        (Subject(Grain.HEDGE, (("hedge", "carry"),)), "carry"),
        (Subject(Grain.ASSET, (("account", "main"), ("asset", "BTC"))), "account=main asset=BTC"),
    ],
)
def test_a_subject_is_named_by_its_one_name_or_by_all_its_parts(subject: Subject, key: str) -> None:
    assert subject_key(subject) == key


def test_there_is_one_moment_and_no_other_clock() -> None:
    snapshot = a_snapshot()

    assert rows(book_of(snapshot), "snapshot") == [{"as_of": snapshot.taken_at.timestamp()}]


def test_how_well_things_are_seen_can_be_asked() -> None:
    stale = a_surface(Surface.POSITIONS, quality=Quality.STALE, age_seconds=90)
    never = a_surface(Surface.ORDERS, quality=Quality.BLIND, age_seconds=None)

    seen = {row["surface"]: row for row in rows(book_of(a_snapshot(surfaces=[stale, never])), "surfaces")}

    assert (seen["positions"]["quality"], seen["positions"]["age_seconds"]) == ("STALE", 90.0)
    assert (seen["orders"]["quality"], seen["orders"]["age_seconds"]) == ("BLIND", None)
    assert (seen["marks"]["account"], seen["balances"]["account"]) == (None, "main")


def test_an_account_whose_positions_cannot_be_seen_has_one_row_of_unknown_numbers_more() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("blind"), an_account("seen")],
        positions=[a_position(BTC, 1.0, "blind"), a_position(BTC, 2.0, "seen")],
        surfaces=[a_surface(Surface.POSITIONS, "blind", quality=Quality.STALE)],
    )

    found = rows(book_of(snapshot), "positions")

    assert [(row["account"], row["symbol"]) for row in found] == [
        ("blind", BTC),
        ("seen", BTC),
        ("blind", None),
    ]
    assert [is_nan(row["quantity"]) for row in found] == [True, False, True]
    assert found[2]["position_id"] is None


# ---- doubts --------------------------------------------------------------------------------------------------------


def test_an_account_is_in_doubt_when_a_table_that_is_read_cannot_be_seen() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("blind"), an_account("seen")],
        surfaces=[a_surface(Surface.POSITIONS, "blind", quality=Quality.BLIND, reason="timeout")],
    )
    book = book_of(snapshot)

    assert doubts(book, {("positions", "gross")}) == {0: "positions: BLIND, timeout"}
    assert doubts(book, {("accounts", "equity"), ("orders", "remaining"), ("surfaces", "quality")}) == {}


def test_an_account_is_in_doubt_when_a_number_that_is_read_is_unknown() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        positions=[a_position(BTC, 1.0, "a", mark=NAN), a_position(ETH, 1.0, "b", adl_rank=NAN)],
    )
    book = book_of(snapshot)

    assert doubts(book, {("positions", "gross")}) == {0: "gross of a position of a"}
    assert doubts(book, {("positions", "quantity")}) == {}


def test_an_unknown_quote_puts_those_in_doubt_who_hold_the_instrument() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b"), an_account("c")],
        instruments=[an_instrument(BTC, index=NAN), an_instrument(ETH)],
        positions=[a_position(BTC, 1.0, "a"), a_position(ETH, 1.0, "b")],
        hedges=(a_hedge("x", spot_leg("BTC", "c"), perpetual_leg(BTC, "c")),),
    )

    found = doubts(book_of(snapshot), {("instruments", "index_price")})

    assert found == {0: "index price of an instrument of a", 2: "index price of an instrument of c"}
