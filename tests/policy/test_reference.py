"""docs/reference: the pages are what the shapes say, and every example on them has the shape that it is an example of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from riskd.measure.catalogue import CATALOGUE
from riskd.policy.schema.check import check
from riskd.policy.schema.policy_file import policy_shape
from riskd.policy.schema.reference import constructs, policy_page, sample, waivers_page
from riskd.policy.schema.shape import Record
from riskd.policy.schema.waiver_file import WAIVERS
from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import read_yaml

DIRECTORY = Path(__file__).resolve().parents[2] / "docs" / "reference"
TITLED = {**constructs(WAIVERS), **constructs(policy_shape(CATALOGUE))}
KEYS = [
    pytest.param(record, key, id=f"{title}: {key}")
    for title, record in TITLED.items()
    for key in record.fields
]


@pytest.mark.parametrize(("name", "page"), [("policy", policy_page), ("waivers", waivers_page)])
def test_a_page_is_current(name: str, page: Callable[[], str]) -> None:
    file = DIRECTORY / f"{name}.md"
    cure = f"riskd policy schema {name} --markdown > {file}"
    assert file.read_text(encoding="utf-8") == page(), f"regenerate it: {cure}"


@pytest.mark.parametrize(("record", "key"), KEYS)
def test_an_example_has_the_shape_of_its_key(record: Record, key: str) -> None:
    field = record.fields[key]
    text = sample(key, field)
    problems = Problems(file="example.yaml", text=text)
    node = read_yaml(text, problems)
    assert node is not None, problems.found
    check(node, Record(called="an example", fields={key: field}), "an example", problems)
    assert problems.found == ()


@pytest.mark.parametrize(("record", "key"), KEYS)
def test_every_key_has_a_meaning(record: Record, key: str) -> None:
    if record.called == "an action":
        return  # each is a section of its own
    assert record.fields[key].meaning.strip()


def test_two_constructs_of_one_name_have_sections_of_their_own() -> None:
    titles = list(constructs(policy_shape(CATALOGUE)))
    assert len(titles) == len(set(titles))
    assert {"rule", "selector", "not", "ladder", "deleverage"} <= set(titles)


def test_every_link_leads_to_a_section() -> None:
    for page in (policy_page(), waivers_page()):
        sections = {
            line.removeprefix("## ").replace(" ", "-") for line in page.splitlines() if line.startswith("## ")
        }
        targets = {part.split(")")[0] for part in page.split("](#")[1:]}
        assert targets <= sections
