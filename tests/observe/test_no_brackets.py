"""A book whose bracket tables were never read is judged all the same: what needs them is unknown (found by the simulation)."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.spec import MeasureRef
from riskd.model.report import Surface
from riskd.model.subject import Grain
from tests.builder_history import a_history
from tests.observe.world import Watch, World, reports


def test_positions_without_any_bracket_table_are_measured_by_what_the_venue_states() -> None:
    answers = World().answers()
    del answers[Surface.BRACKETS]
    snapshot = Watch().see(reports(answers))

    assert snapshot.quotes.bracket_floor.shape == (2, 1)
    assert np.isnan(snapshot.quotes.bracket_rate).all()
    book = Book.of(snapshot, a_history(snapshot))
    ratio = take(book, MeasureRef("margin_ratio"), Grain.ACCOUNT, select_all(book))
    assert np.isfinite(ratio.values).all()
