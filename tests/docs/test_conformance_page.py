"""docs/conformance.md says of each venue what the suite runs there, no more and no less."""

from __future__ import annotations

from pathlib import Path

from riskd.adapters.senders import REDUCE_ONLY_VERIFIED
from tests.contracts.conformance.document import BEGIN, CODES, END, tables
from tests.contracts.conformance.venues import PLACES

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "conformance.md"


def test_the_page_shows_the_cases_of_the_suite() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = BEGIN + text.partition(BEGIN)[2].partition(END)[0] + END

    assert shown == tables(), "write the output of tests.contracts.conformance.document.tables() into it"


def test_every_venue_of_the_registry_is_a_column() -> None:
    assert list(PLACES) == list(CODES)
    assert set(CODES) == REDUCE_ONLY_VERIFIED
