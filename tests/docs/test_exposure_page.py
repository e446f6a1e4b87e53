"""docs/exposure.md and what the guide says of SQL are what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskd.adapters.sandbox import Limits
from riskd.adapters.sandbox_grammar import AGGREGATES, FUNCTIONS, OPERATORS, ORDERED_WINDOWS, SCALARS
from riskd.measure.relations.document import exposure_page
from riskd.measure.relations.relations import RELATIONS
from riskd.policy.load import load
from tests.adapters.hostile_sql import HOSTILE
from tests.fakes.queries import QueriesInProcess
from tests.policy.test_guide import FENCES, whole

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "policy-language.md").read_text(encoding="utf-8")
SECTION = GUIDE.split("## Your own SQL: `sql`\n", 1)[1].split("\n## ")[0]
DECISION = next((DOCS / "decisions").glob("0008-*")).read_text(encoding="utf-8")
QUERIES = [
    rule.query.text
    for _, kind, text in FENCES
    if kind in ("policy", "rule") and "sql:" in text
    for rule in load([("policy-language.md", whole(kind, text))]).rules
    if rule.query is not None
]


def cell(name: str) -> set[str]:
    """The words of one row of the table of what is allowed."""
    (row,) = re.findall(rf"^\| {name} \| (.*) \|$", SECTION, re.MULTILINE)
    return set(re.findall(r"`([a-z_0-9]+)`", row))


def test_the_page_of_tables_is_what_the_code_says() -> None:
    shipped = (DOCS / "exposure.md").read_text(encoding="utf-8")

    assert shipped == exposure_page(), "write exposure_page() to docs/exposure.md"


def test_the_guide_names_every_table() -> None:
    assert set(re.findall(r"^\| .*$", SECTION, re.MULTILINE))
    named = {
        name
        for row in re.findall(r"^\| (`exposure.*?) \|", SECTION, re.MULTILINE)
        for name in re.findall(r"`exposure\.([a-z_]+)`", row)
    }

    assert named == set(RELATIONS)


def test_the_guide_names_every_function_that_is_allowed_and_no_other() -> None:
    windows = {name.removeprefix("WINDOW_").lower() for name in ORDERED_WINDOWS} - {"rank_dense"} | {
        "dense_rank"
    }

    assert cell("numbers") | cell("text") == SCALARS | {"coalesce"}
    assert cell("aggregates") == AGGREGATES - {"count_star"}
    assert cell("windows") == windows
    assert FUNCTIONS == OPERATORS | SCALARS | AGGREGATES


@pytest.mark.parametrize("sql", QUERIES)
def test_every_query_of_the_guide_may_be_asked(sql: str) -> None:
    assert QueriesInProcess().check({"rule": sql}) == {}


def test_there_is_such_a_query() -> None:
    assert QUERIES


def test_the_numbers_of_the_guide_and_of_the_decision_are_those_of_the_code() -> None:
    limits = Limits()

    assert "not answered within a second" in SECTION
    assert "A cycle waits two seconds" in SECTION
    assert (limits.query_seconds, limits.cycle_seconds) == (1.0, 2.0)
    assert f"a corpus of {len(HOSTILE)} hostile statements" in DECISION
