"""The guide: commands run as shown, policies hold, numbers are computed, pictures are what the program draws."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.guide.figures.chart import WIDTH
from docs.guide.figures.gallery import IMAGES, PICTURES
from docs.guide.figures.worked import GUIDE, Page, measured, page
from riskd.judge.rehearse import rehearse
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import ParameterValue
from riskd.model.subject import Grain
from riskd.policy.bundle import SnapshotTest
from riskd.policy.lint.finding import Severity
from riskd.policy.lint.lint import lint
from riskd.policy.load import load
from riskd.policy.text.rounding import half_of_last_digit
from riskd.policy.text.units import parse
from tests.cli.running import run_here
from tests.docs.guide import (
    diversification,
    funding,
    grid,
    hedging,
    leverage,
    position_sizing,
    scalping,
    stops,
    swing,
)
from tests.docs.guide.claims import Claims, cells, is_measured, prose
from tests.shared_data import shared_path

CLAIMS: dict[str, Claims] = {
    "position-sizing": position_sizing.CLAIMS,
    "stops": stops.CLAIMS,
    "leverage": leverage.CLAIMS,
    "funding": funding.CLAIMS,
    "diversification": diversification.CLAIMS,
    "hedging": hedging.CLAIMS,
    "swing": swing.CLAIMS,
    "grid": grid.CLAIMS,
    "scalping": scalping.CLAIMS,
}
PAGES = [page(name) for name in CLAIMS]
SECTIONS = ("Why it matters", "The measures", "A worked example", "The picture", "The rules that hold it")
COUNTED = ("Why it matters", "A worked example", "The picture")
READ_AT = datetime(2026, 11, 1, tzinfo=UTC)

each_page = pytest.mark.parametrize("about", PAGES, ids=lambda about: about.name)


def test_every_page_is_in_the_list_and_the_list_is_complete() -> None:
    files = {file.stem for file in GUIDE.glob("*.md")} - {"README"}
    assert files == set(CLAIMS) == set(PICTURES)
    listed = re.findall(r"\]\(([a-z-]+)\.md\)", (GUIDE / "README.md").read_text(encoding="utf-8"))
    assert sorted(set(listed)) == sorted(files)


@each_page
def test_a_page_has_its_parts_in_order(about: Page) -> None:
    assert tuple(re.findall(r"^## (.+)$", about.text, re.MULTILINE)) == SECTIONS
    assert len(about.text.splitlines()) <= 170, "a page is read in a few minutes"


@each_page
def test_every_command_prints_what_the_page_shows(
    about: Page, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in about.fences("console"):
        for command, expected in re.findall(r"^\$ riskd (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            ran = run_here(shlex.split(command), capsys)
            assert (ran.out, ran.err) == (expected, ""), command


@each_page
def test_the_policy_is_sound_and_its_worked_book_breaches(about: Page) -> None:
    [text] = about.fences("yaml")
    bundle = load([(f"{about.name}.md", text)])
    loud = [finding for finding in lint(bundle, None, READ_AT) if finding.severity is not Severity.NOTE]
    assert loud == []
    (policy,) = bundle.policies
    assert [result.problems for result in rehearse(policy)] == [()] * len(policy.tests)
    expected = [
        line.outcome
        for test in policy.tests
        if isinstance(test, SnapshotTest)
        for line in test.moments[0].expect
    ]
    assert {"breach", "critical"} & set(expected)
    assert "**breach**" in about.section("A worked example")


@each_page
def test_every_measure_that_is_named_exists(about: Page) -> None:
    named = [cells(line)[0] for line in about.section("The measures").splitlines() if line.startswith("| `")]
    assert named
    assert {name.strip("`") for name in named} <= set(CATALOGUE)


@each_page
def test_every_measured_number_is_what_the_measure_gives(about: Page) -> None:
    rows = [cells(line) for line in about.section("A worked example").splitlines() if is_measured(line)]
    assert len(rows) >= 3
    books = about.books()
    for words, measure, of, text in rows:
        later = words.endswith("(later)")
        found = _measured_as_written(about, measure.strip("`"), of, later=later)
        written = parse(text)
        assert written.unit is CATALOGUE[measure.strip("`").partition("{")[0]].unit, words
        assert abs(found - written.value) <= float(half_of_last_digit(written)) * (1 + 1e-9), (words, found)
    assert books


def _measured_as_written(about: Page, measure: str, of: str, *, later: bool) -> float:
    """``leverage`` of ``account main``; parameters stand in braces."""
    name, _, given = measure.partition("{")
    parameters: dict[str, ParameterValue] = {}
    for pair in filter(None, given.rstrip("}").split(", ")):
        key, _, text = pair.partition(": ")
        unit = next(parameter.unit for parameter in CATALOGUE[name].parameters if parameter.name == key)
        parameters[key] = text if unit is None else parse(text).value
    grain, _, part = of.partition(" ")
    return measured(about.books()[-1 if later else 0], name, Grain(grain), part, **parameters)


@each_page
def test_no_number_is_said_that_is_not_computed_or_cited(about: Page) -> None:
    claims = CLAIMS[about.name]
    left = {heading: prose(about, heading) for heading in COUNTED}
    for said in [*claims.computed(about), *(cited.said for cited in claims.cited), *claims.recorded]:
        assert any(said in prose(about, heading) for heading in COUNTED), said
        left = {heading: text.replace(said, "") for heading, text in left.items()}
    assert {heading: re.findall(r".{0,40}\d.{0,40}", text) for heading, text in left.items()} == {
        heading: [] for heading in COUNTED
    }


@pytest.mark.shared
@each_page
def test_what_is_cited_was_found(about: Page) -> None:
    for cited in CLAIMS[about.name].cited:
        text = " ".join(shared_path(f"docs/{cited.file}").read_text(encoding="utf-8").split())
        assert cited.found in text, cited.said


@pytest.mark.shared
@each_page
def test_what_is_recorded_is_in_the_record(about: Page) -> None:
    for said, found in CLAIMS[about.name].recorded.items():
        assert found() == said


@each_page
def test_the_picture_is_what_the_program_draws_and_is_described(about: Page) -> None:
    drawn = PICTURES[about.name]()
    assert (IMAGES / f"{about.name}.svg").read_text(encoding="utf-8") == drawn, (
        "draw it anew: python -m docs.guide.figures"
    )
    [described] = re.findall(rf"!\[([^\]]+)\]\(img/{about.name}\.svg\)", about.section("The picture"))
    assert len(described) > 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a picture, with the box that it takes."""

    said: str
    left: float
    right: float
    top: float
    base: float

    def touches(self, other: Text) -> bool:
        """Whether the two lie over each other."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.base <= other.top or other.base <= self.top)


def texts(drawn: str, letter: float) -> list[Text]:
    """All texts of a picture, each letter taken as wide as this share of its height."""
    tag = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(drawn)
    found = []
    for group in [root, *root.iter(f"{tag}g")]:
        dx, dy = map(float, re.findall(r"[-0-9.]+", group.attrib.get("transform", "0 0")))
        for text in group.findall(f"{tag}text"):
            size = float(text.attrib.get("font-size", 11))
            width = letter * size * len(text.text or "")
            back = {"end": width, "middle": width / 2}.get(text.attrib.get("text-anchor", ""), 0.0)
            left, base = float(text.attrib["x"]) + dx - back, float(text.attrib["y"]) + dy
            found.append(
                Text(said=text.text or "", left=left, right=left + width, top=base - 0.8 * size, base=base)
            )
    return found


@each_page
def test_no_text_of_the_picture_is_cut_off(about: Page) -> None:
    drawn = PICTURES[about.name]()
    height = float(re.findall(r'viewBox="0 0 \d+ (\d+)"', drawn)[0])
    wide = texts(drawn, 0.62)
    assert [each.said for each in wide if each.left < 0 or each.right > WIDTH + 2] == []
    assert [each.said for each in wide if each.top < 0 or each.base > height] == []


@each_page
def test_no_two_texts_of_the_picture_lie_over_each_other(about: Page) -> None:
    pairs = combinations(texts(PICTURES[about.name](), 0.58), 2)
    assert [(one.said, other.said) for one, other in pairs if one.touches(other)] == []


@pytest.mark.parametrize("file", sorted(GUIDE.glob("*.md")), ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (file.parent / target).exists(), target


@each_page
def test_a_number_that_somebody_changes_is_noticed(about: Page) -> None:
    """Every number in turn, but those in fences, captions, names of rows and parameters of measures."""
    overlooked = [
        changed.text[max(start - 40, 0) : start + 40]
        for changed, start in _changed_in_one_number(about)
        if _is_accepted(changed)
    ]
    assert overlooked == []


def _changed_in_one_number(about: Page) -> Iterator[tuple[Page, int]]:
    left_out = re.compile(
        r"^```.*?^```$|^!\[.*?$|^## The measures\n.*?(?=^## )|\{.*?\}", re.MULTILINE | re.DOTALL
    )
    quiet = [match.span() for match in left_out.finditer(about.text)]
    for found in re.finditer(
        r"(?<![`a-z_-])\d[\d,.]*\d|(?<![`a-z_-])\d", about.text.partition(f"## {SECTIONS[-1]}\n")[0]
    ):
        line = about.text[about.text.rindex("\n", 0, found.start()) + 1 : about.text.index("\n", found.end())]
        names_a_row = is_measured(line) and found[0] in cells(line)[0]
        if not names_a_row and not any(start <= found.start() < end for start, end in quiet):
            other = str((int(found[0][0]) + 1) % 10) + found[0][1:]
            yield (
                replace(about, text=about.text[: found.start()] + other + about.text[found.end() :]),
                found.start(),
            )


def _is_accepted(about: Page) -> bool:
    try:
        test_every_measured_number_is_what_the_measure_gives(about)
        test_no_number_is_said_that_is_not_computed_or_cited(about)
    except (AssertionError, ValueError):
        return False
    return True
