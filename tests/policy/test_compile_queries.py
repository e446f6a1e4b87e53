"""Queries of policies: each is put to a guard, and what that refuses is told at its place beside all other faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from riskd.errors import PolicyError, Problem
from riskd.model.answer import Refusal
from riskd.policy.load import load
from riskd.policy.text.problems import PROBLEMS_MAX, Code
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.policy_text import RULE, policy_text

ASKED = """\
id: asked
title: Asked of the book
sql: |
  select account as subject,
         random() as value
  from exposure.accounts
unit: multiple
per: account
max: 5x
"""
# Where `random` stands when ASKED is the first rule of a policy.
PLACE = (12, 14)


@dataclass(frozen=True, slots=True)
class NoRandomness:
    """Refuses queries that throw dice, at the place where they do, and remembers what it was asked.

    Attributes:
        has_place: Whether it says where.
    """

    has_place: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, queries: Mapping[str, str]) -> dict[str, Refusal]:
        self.asked.extend(queries.values())
        return {name: self._refusal(text) for name, text in queries.items() if "random" in text}

    def _refusal(self, text: str) -> Refusal:
        offset = text.encode().index(b"random") if self.has_place else None
        return Refusal(what="a query cannot throw dice", cure="take it out", offset=offset)


def faults(*texts: tuple[str, str], refuse: NoRandomness | None = None) -> tuple[Problem, ...]:
    """What texts are refused for, which must be something."""
    with pytest.raises(PolicyError) as refusal:
        load(texts, catalogue=CATALOGUE, refuse=refuse or NoRandomness())
    return refusal.value.problems


def told(problems: Sequence[Problem]) -> list[tuple[str, int, str]]:
    return [(problem.file, problem.line, problem.code) for problem in problems]


def test_a_refused_query_is_a_fault_at_its_place_with_its_cure_and_its_line() -> None:
    (problem,) = faults(("desk.yaml", policy_text(ASKED)))
    line, column = PLACE
    assert problem == Problem(
        file="desk.yaml",
        line=line,
        column=column,
        code=Code.QUERY.value,
        what="a query cannot throw dice",
        cure="take it out",
        source_line="             random() as value",
    )


def test_a_refusal_of_the_whole_is_told_where_the_query_begins() -> None:
    (problem,) = faults(("desk.yaml", policy_text(ASKED)), refuse=NoRandomness(has_place=False))
    assert (problem.line, problem.column) == (10, 10)


def test_the_place_counts_letters_where_the_guard_counts_bytes() -> None:
    text = policy_text(ASKED.replace("subject,", "subject, 'ü', '取',"))
    (problem,) = faults(("desk.yaml", text))
    assert (problem.line, problem.column) == PLACE


def test_a_query_that_is_not_refused_is_a_rule() -> None:
    refuse = NoRandomness()
    text = policy_text(ASKED.replace("random()", "1.0"))
    (rule,) = load([("desk.yaml", text)], catalogue=CATALOGUE, refuse=refuse).rules
    assert rule.query is not None
    assert refuse.asked == [rule.query.text]


def test_without_a_guard_queries_are_taken_as_they_are() -> None:
    assert load([("desk.yaml", policy_text(ASKED))], catalogue=CATALOGUE).rules


def test_policies_without_queries_put_nothing_to_the_guard() -> None:
    def refuse(queries: Mapping[str, str]) -> dict[str, Refusal]:
        raise AssertionError(f"asked of {queries}")

    assert load([("desk.yaml", policy_text())], catalogue=CATALOGUE, refuse=refuse).rules


def test_query_faults_stand_among_all_others_in_the_order_of_their_places() -> None:
    text = (
        policy_text(ASKED, head="vars: {cap: 5}")
        + "  - "
        + RULE.replace("5x", "5%").replace("\n", "\n    ").rstrip()
        + "\n"
    )
    text = text.replace("owner: us", "owner: ''")
    other = policy_text(ASKED).replace("name: desk", "name: other")
    third = policy_text(RULE.replace("5x", "5%")).replace("name: desk", "name: third")

    problems = faults(("desk.yaml", text), ("other.yaml", other), ("third.yaml", third), ("fourth.yaml", "["))

    assert told(problems) == [
        ("desk.yaml", 4, "P105"),
        ("desk.yaml", 13, "P241"),
        ("desk.yaml", 22, "P201"),
        ("other.yaml", 12, "P241"),
        ("third.yaml", 12, "P201"),
        ("fourth.yaml", 2, "P001"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        pytest.param("title: Asked", "tilte: Asked", "P102", id="a key that nobody knows"),
        pytest.param("max: 5x", "max: 5%", "P201", id="a limit of the wrong unit"),
        pytest.param("max: 5x", "max: $cap", "P203", id="a variable that nobody knows"),
        pytest.param("max: 5x", "max: 5x\nrefines: desk/gone", "P223", id="a parent that nobody knows"),
        pytest.param("max: 5x", "max: 5x\nthen: {breach: deleverage}", "P101", id="a shape"),
        pytest.param("max: 5x", "max: 5x\nmode: enforce", "P213", id="a mode that is too strong"),
        pytest.param("max: 5x", "max: 5x\nmeasure: leverage", "P109", id="a measure besides"),
        pytest.param("per: account\n", "", "P103", id="no subject"),
        pytest.param("id: asked", "id: Asked", "P105", id="an id that is none"),
    ],
)
def test_a_rule_with_another_fault_has_its_query_told_as_well(old: str, new: str, code: str) -> None:
    problems = faults(("desk.yaml", policy_text(ASKED.replace(old, new, 1))))
    assert sorted(problem.code for problem in problems) == sorted((code, "P241"))
    assert [(problem.line, problem.column) for problem in problems if problem.code == "P241"] == [PLACE]


def test_rules_that_share_an_id_have_each_their_query_told() -> None:
    again = "  - " + ASKED.replace("\n", "\n    ").rstrip() + "\n"
    problems = faults(("desk.yaml", policy_text(ASKED) + again))
    assert told(problems) == [
        ("desk.yaml", 12, "P241"),
        ("desk.yaml", 17, "P212"),
        ("desk.yaml", 21, "P241"),
    ]


def test_policies_that_share_a_name_have_each_their_query_told() -> None:
    problems = faults(("a.yaml", policy_text(ASKED)), ("b.yaml", policy_text(ASKED)))
    assert told(problems) == [("a.yaml", 12, "P241"), ("b.yaml", 2, "P212"), ("b.yaml", 12, "P241")]


@pytest.mark.parametrize("statement", ["sql: ''", "sql: 5", "sql: [random]", "sql: {random: 1}"])
def test_what_is_no_statement_is_not_put_to_the_guard(statement: str) -> None:
    begin, end = ASKED.index("sql:"), ASKED.index("unit:")
    refuse = NoRandomness()
    problems = faults(
        ("desk.yaml", policy_text(ASKED[:begin] + statement + "\n" + ASKED[end:])), refuse=refuse
    )
    assert "P241" not in {problem.code for problem in problems}
    assert refuse.asked == []


def test_a_file_that_is_full_of_faults_puts_nothing_to_the_guard() -> None:
    strange = "".join(f"strange{number}: 1\n" for number in range(PROBLEMS_MAX))
    refuse = NoRandomness()
    problems = faults(("desk.yaml", policy_text(ASKED, head=strange)), refuse=refuse)
    assert problems[-1].code == "P012"
    assert refuse.asked == []


def test_a_waiver_beside_a_refused_query_has_its_own_fault_told() -> None:
    waivers = "riskd: waivers/v1\nwaivers:\n  - {id: w, rule: desk/gone}\n"
    problems = faults(("desk.yaml", policy_text(ASKED)), ("waivers.yaml", waivers))
    assert problems[0].code == "P241"
    assert {problem.file for problem in problems[1:]} == {"waivers.yaml"}
