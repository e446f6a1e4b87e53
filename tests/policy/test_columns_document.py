"""docs/columns.md and the table of the guide are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.columns.columns import COLUMNS, columns_of
from riskd.model.subject import Grain
from riskd.policy.expression.columns_page import column_names, columns_page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_the_one_that_the_code_prints() -> None:
    shipped = (DOCS / "columns.md").read_text(encoding="utf-8")
    assert shipped == columns_page(), "write columns_page() to docs/columns.md"


def test_the_table_of_the_guide_names_every_column() -> None:
    guide = (DOCS / "policy-language.md").read_text(encoding="utf-8")
    section = guide.split("## Your own arithmetic: `expr`\n")[1].split("\n## ")[0]
    told = {
        grain: tuple(re.findall(r"`(\w+)`", line.split("|")[2]))
        for line in section.splitlines()
        if line.startswith("| `")
        for grain in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert told == {grain.value: column_names(grain) for grain in Grain if column_names(grain)}


def test_no_column_hides_a_measure() -> None:
    hidden = {
        (grain, name) for name, spec in CATALOGUE.items() for grain in spec.grains if name in COLUMNS[grain]
    }
    assert hidden == set()


def test_every_column_says_what_it_is() -> None:
    for grain in Grain:
        for name, each in columns_of(grain).items():
            assert each.name == name
            assert each.grain is grain
            assert each.meaning
            assert each.source
            assert each.unknown_when
