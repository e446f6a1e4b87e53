"""docs/lint.md: every code has its section, and every example does what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

import pytest

from riskd.daemon.settings_file import parse_settings
from riskd.policy.lint.finding import RETIRED, Finding, Lint, Severity
from riskd.policy.lint.lint import lint
from riskd.policy.load import load

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = 'riskd: policy/v1\nname: example\ntitle: An example\nowner: me\nversion: "1"\nmode: observe\n'
RULE = "- {id: any, title: Any, why: Any., measure: leverage, per: account, max: 5x}"
SECTION = re.compile(r"^### (L\d{3}): (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^```yaml (finds|fine) (\w+)( desk)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

(CONFIG,) = re.findall(r"^```yaml config\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DESK = parse_settings("riskd.yaml", CONFIG).desk()


def sections() -> dict[str, tuple[str, str]]:
    """Title and text by code."""
    parts = SECTION.split(PAGE)
    return {
        code: (title, text) for code, title, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def examples() -> Iterator[tuple[str, str, str, str, str]]:
    for code, (_, text) in sections().items():
        for wanted, kind, desk, example in EXAMPLE.findall(text):
            yield code, wanted, kind, desk.strip(), example


def files(kind: str, example: str) -> list[tuple[str, str]]:
    """An example as whole files."""
    if kind in ("policy", "policies"):
        return [(f"{number}.yaml", text) for number, text in enumerate(example.split("---\n"))]
    head, rules = (example, RULE) if kind == "head" else ("", example)
    listed = rules if kind in ("rules", "head") else "-\n" + indent(rules, "  ")
    return [("example.yaml", f"{HEAD}{head}rules:\n{indent(listed, '  ')}\n")]


def findings(kind: str, desk: str, example: str) -> tuple[Finding, ...]:
    return lint(load(files(kind, example)), DESK if desk else None, NOW)


def test_every_code_has_its_section_under_its_title_in_order() -> None:
    assert {code: title for code, (title, _) in sections().items()} == {
        each.code: each.title for each in Lint
    }
    assert list(sections()) == sorted(sections())


def test_a_code_that_was_given_up_is_never_given_again_and_the_page_says_what_it_was() -> None:
    assert RETIRED.isdisjoint(each.code for each in Lint)
    assert set(re.findall(r"^\| (L\d{3}) \|", PAGE, re.MULTILINE)) == RETIRED


@pytest.mark.parametrize("each", Lint, ids=lambda each: each.code)
def test_a_section_says_how_bad_it_is(each: Lint) -> None:
    article = "An" if each.severity is Severity.ERROR else "A"
    assert sections()[each.code][1].lstrip().startswith(f"{article} {each.severity}")


@pytest.mark.parametrize("each", Lint, ids=lambda each: each.code)
def test_a_section_has_an_example_of_it_and_one_without(each: Lint) -> None:
    assert [wanted for code, wanted, *_ in examples() if code == each.code] == ["finds", "fine"]


@pytest.mark.parametrize(
    ("code", "wanted", "kind", "desk", "example"),
    [pytest.param(*each, id=f"{each[0]}-{each[1]}") for each in examples()],
)
def test_an_example_triggers_its_code_or_does_not(
    code: str, wanted: str, kind: str, desk: str, example: str
) -> None:
    found = findings(kind, desk, example)
    assert (code in {finding.code for finding in found}) == (wanted == "finds"), [str(each) for each in found]
    if wanted == "fine":
        assert not any(finding.severity is Severity.ERROR for finding in found)


@pytest.mark.parametrize(
    ("kind", "example"), [pytest.param(kind, text, id=code) for code, _, kind, _, text in examples()]
)
def test_what_only_a_desk_shows_is_not_said_without_one(kind: str, example: str) -> None:
    of_the_desk = {lint.code for lint in Lint if "*desk*" in sections()[lint.code][1]}
    assert not of_the_desk & {finding.code for finding in findings(kind, "", example)}
