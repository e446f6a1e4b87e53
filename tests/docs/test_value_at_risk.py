"""The page on value at risk says what its program reckons, and the program reckons what the measures do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.value_at_risk import PAGE, PICTURE, row, with_tables
from benchmarks.value_at_risk_days import (
    BOOKS,
    DAY,
    FILES,
    WINDOWS,
    Book,
    Market,
    comparable_since,
    held,
    read_market,
)
from riskd.measure.past.moves import Method
from riskd.model.subject import Grain
from tests.builders import a_history, a_position, a_price_history, a_snapshot, an_account, an_instrument
from tests.measure.books import book_of, value
from tests.shared_data import shared_path

Cells = dict[str, str]


@cache
def market() -> Market:
    return read_market(Path(shared_path("data")))


def table(name: str) -> list[Cells]:
    """The rows of one table of the page, by the names of their columns."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- table: {name} -->\n")
    head, _, *lines = rest.partition("<!-- end -->")[0].splitlines()
    names = [cell.strip() for cell in head.strip("|").split("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(names, found, strict=True)) for found in cells]


def below(probability: str) -> bool:
    return probability.startswith("**")


@pytest.mark.shared
@pytest.mark.parametrize("book", [BOOKS[0], BOOKS[-1]])
def test_the_page_says_what_the_program_finds(book: Book) -> None:
    page, since = PAGE.read_text(encoding="utf-8"), comparable_since(market(), book)
    for window, method in product((30, 250), Method):
        for days in held(market(), book, window, method):
            for level in (0.99, 0.95):
                assert row(days, days.tested(level, since=since)) in page


@pytest.mark.shared
@pytest.mark.parametrize(("book", "side"), [(BOOKS[0], 1), (BOOKS[4], -1)])
@pytest.mark.parametrize("method", list(Method))
def test_a_day_of_the_study_is_what_the_measures_say(book: Book, side: int, method: Method) -> None:
    days = held(market(), book, 250, method)[0 if side > 0 else 1]
    for place in (0, len(days.begins) // 2, len(days.begins) - 1):
        morning = datetime.fromtimestamp(int(days.begins[place]) * 3600.0, UTC)
        known = market().close[:, : int(days.begins[place] - market().ends[0]) + 1]
        prices = {f"{coin}/USDT:USDT": known[list(FILES).index(coin)].tolist() for coin in book.coins}
        snapshot = a_snapshot(
            taken_at=morning,
            accounts=[an_account(wallet=1_000)],
            instruments=[an_instrument(symbol, mark=100.0) for symbol in prices],
            positions=[
                a_position(symbol, side * 10.0 / len(book.coins), mark=100.0, entry=100.0)
                for symbol in prices
            ],
        )
        asked = book_of(snapshot, a_history(snapshot, prices=a_price_history(prices, taken_at=morning)))
        for level in (0.99, 0.95):
            given = {"confidence": level, "window": 250 * 86_400.0, "method": method.value}
            found = value(asked, "var", Grain.ACCOUNT, **given)
            assert found == pytest.approx(days.value_at_risk[level][place], rel=1e-9)
            shortfall = value(asked, "expected_shortfall", Grain.ACCOUNT, **given)
            assert shortfall == pytest.approx(days.expected_shortfall[level][place], rel=1e-9)


def test_the_summary_counts_what_the_long_tables_list() -> None:
    for line in table("comparable"):
        mine = [
            cells
            for cells in table(line["confidence"])
            if (cells["window"], cells["method"]) == (line["window"], line["method"])
        ]
        days, exceeded = (
            sum(int(cells[name].replace(",", "")) for cells in mine) for name in ("days", "exceeded")
        )
        assert (line["days"], line["exceeded"]) == (f"{days:,}", f"{exceeded / days:.2%}")
        for name, column in (("Kupiec rejects", "Kupiec p"), ("conditional rejects", "conditional p")):
            assert line[name] == f"{sum(below(cells[column]) for cells in mine)} of {len(mine)}"


def test_the_page_has_every_book_side_window_and_method() -> None:
    for level in ("99%", "95%"):
        listed = [(c["book"], c["side"], c["window"], c["method"]) for c in table(level)]
        sides, windows = ("long", "short"), [f"{days} d" for days in WINDOWS]
        wanted = product([book.name for book in BOOKS], sides, windows, [method.value for method in Method])
        assert sorted(listed) == sorted(wanted)


def claimed(window: str, method: str, level: str = "99%") -> Cells:
    (found,) = [
        line
        for line in table("comparable")
        if (line["window"], line["method"], line["confidence"]) == (window, method, level)
    ]
    return found


def test_what_the_page_says_in_words_is_in_its_tables() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert "Kupiec rejects 10 of 12 historical and 12 of 12 filtered" in text
    assert claimed("30 d", "historical")["Kupiec rejects"] == "10 of 12"
    assert claimed("30 d", "filtered")["Kupiec rejects"] == "12 of 12"
    for level, method in product(("99%", "95%"), ("historical", "filtered")):
        assert claimed("250 d", method, level)["Kupiec rejects"] == "0 of 12"
    assert claimed("250 d", "filtered")["conditional rejects"] == "0 of 12"
    assert claimed("250 d", "historical")["conditional rejects"] == "2 of 12"
    assert "stand at 1.03 % and 1.13 %" in text
    stand = [claimed("250 d", method)["exceeded"] for method in ("historical", "filtered")]
    assert stand == ["1.03%", "1.13%"]
    assert [cells["book"] for cells in of_250("filtered") if below(cells["independence p"])] == ["ETH", "XRP"]


def of_250(method: str) -> Sequence[Cells]:
    return [cells for cells in table("99%") if (cells["window"], cells["method"]) == ("250 d", method)]


def test_a_page_without_a_place_for_a_table_is_not_written() -> None:
    with pytest.raises(ValueError, match="a place for the table 'x'"):
        with_tables("no marks", {"x": "| a |"})
    page = "a\n<!-- table: x -->\nold\n<!-- end -->\nb"
    assert with_tables(page, {"x": "new"}) == "a\n<!-- table: x -->\nnew\n<!-- end -->\nb"


@pytest.mark.shared
def test_the_prices_of_the_study_have_no_holes() -> None:
    for coin, closes in zip(FILES, market().close, strict=True):
        known = np.flatnonzero(np.isfinite(closes))
        assert len(known) == known[-1] - known[0] + 1, coin
        assert len(known) > 2 * 365 * DAY


def test_the_picture_is_there_and_says_its_days() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    assert "window 30 days, historical: exceeded on" in drawn
    assert "window 250 days, filtered: exceeded on" in drawn
