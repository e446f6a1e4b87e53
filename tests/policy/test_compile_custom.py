"""Rules with a measure of their own: what they become, what their hash covers, what may stand in them."""

from __future__ import annotations

import pytest

from riskd.measure.spec import Counts, MeasureRef, Unit
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.custom import SQL
from riskd.policy.expression.take import EXPR, spec_of
from riskd.policy.formula import Binary, Call, Column, Number, Operator
from riskd.policy.rule import ActionKind
from tests.policy.policy_text import a_policy, a_rule, codes_of, policy_text

OWN = """\
id: free-margin
title: Half of the equity stays free
expr: (equity - initial_margin) / equity
unit: ratio
per: account
min: {warn: 60%, breach: 50%}
"""
ASKED = """\
id: asked
title: Asked of the book
sql: |
  select account, 1.0 from accounts
unit: multiple
per: account
max: 5x
"""


def test_an_expression_becomes_a_rule_with_its_tree() -> None:
    rule = a_rule(OWN)
    assert (rule.measure, rule.unit, rule.grain) == (MeasureRef(EXPR), Unit.RATIO, Grain.ACCOUNT)
    assert rule.formula is not None
    assert rule.formula.text == "(equity - initial_margin) / equity"
    equity = Column("equity")
    free = Binary(Operator.SUBTRACT, equity, Column("initial_margin"))
    assert rule.formula.tree == Binary(Operator.DIVIDE, free, equity)
    assert rule.query is None
    assert rule.measure_words == "free margin"


def test_a_statement_becomes_a_rule_with_its_text_and_place() -> None:
    rule = a_rule(ASKED)
    assert (rule.measure, rule.unit) == (MeasureRef(SQL), Unit.MULTIPLE)
    assert rule.query is not None
    assert rule.query.text == "select account, 1.0 from accounts"
    assert rule.query.mark.line == 10
    assert rule.formula is None


def test_variables_are_values_inside_an_expression() -> None:
    text = OWN.replace("equity - initial_margin", "equity - $floor")
    rule = a_rule(text, head="vars: {floor: 250k USD}")
    assert rule.formula is not None
    assert isinstance(rule.formula.tree, Binary)
    assert rule.formula.tree.left == Binary(
        Operator.SUBTRACT, Column("equity"), Number(250_000.0, Unit.MONEY)
    )


def test_a_faulty_variable_is_said_where_it_is_declared_and_nowhere_else() -> None:
    text = OWN.replace("equity - initial_margin", "equity - $floor")
    assert codes_of(policy_text(text, head="vars: {floor: 250k}")) == ["P106"]


def test_a_variable_that_only_an_expression_uses_is_used() -> None:
    text = OWN.replace("equity - initial_margin", "equity - $floor")
    assert a_policy(policy_text(text, head="vars: {floor: 250k USD}")).unused == ()


def test_the_hash_covers_what_is_computed_and_not_how_it_is_written() -> None:
    def hash_of(expression: str, head: str = "") -> str:
        text = OWN.replace("(equity - initial_margin) / equity", expression)
        return a_policy(policy_text(text, head=head)).hash

    first = hash_of("(equity - initial_margin) / equity")
    assert first == hash_of("((equity-initial_margin)/(equity))")
    assert first != hash_of("(equity - maintenance_margin) / equity")
    assert hash_of("(equity - 5k USD) / equity") != hash_of("(equity - 6k USD) / equity")
    one, other = "vars: {a: 5k USD}", "vars: {b: 5000 USD}"
    assert hash_of("(equity - $a) / equity", one) == hash_of("(equity - $b) / equity", other)


def test_the_hash_covers_the_statement() -> None:
    assert a_policy(policy_text(ASKED)).hash != a_policy(policy_text(ASKED.replace("1.0", "2.0"))).hash


def test_a_series_is_written_in_the_unit_of_the_rule() -> None:
    tests = """\
    - name: free margin of 45% for a while fires
      rule: free-margin
      series: 70%, 45%*2
      expect: [{at: 2m, is: firing, level: breach}]
    """
    (test,) = a_policy(policy_text(OWN, tests=tests)).tests
    assert test.series == (0.7, 0.45, 0.45)  # type: ignore[union-attr]  # a series test
    assert codes_of(policy_text(OWN, tests=tests.replace("70%", "2x"))) == ["P219"]


def test_a_ladder_may_choose_the_limit_of_an_expression() -> None:
    ladder = "max:\n  by: leverage\n  steps:\n    - {upto: 2x, breach: 80%}\n    - {above: 2x, breach: 60%}\n"
    rule = a_rule(OWN.replace("min: {warn: 60%, breach: 50%}\n", ladder))
    assert rule.limit.by == MeasureRef("leverage")


def test_a_selector_that_narrows_nothing_is_refused_and_one_that_narrows_a_sum_is_not() -> None:
    assert codes_of(policy_text(OWN + "where: {strategy: swing}\n")) == ["P205"]
    tilt = OWN.replace("(equity - initial_margin) / equity", "abs(net) / gross")
    rule = a_rule(tilt + "where: {strategy: swing}\n")
    assert rule.formula is not None
    assert rule.formula.tree == Binary(Operator.DIVIDE, Call("abs", (Column("net"),)), Column("gross"))
    assert spec_of(rule.formula, rule.grain).counts is Counts.SELECTED_POSITIONS


@pytest.mark.parametrize("text", [OWN, ASKED])
def test_every_action_but_deleverage_is_allowed(text: str) -> None:
    rule = a_rule(
        text + "then: {breach: [notify, block_new_risk, cancel_orders: {approval: human}, close]}\n"
    )
    assert {action.kind for action in rule.actions_at(Level.BREACH)} == {
        ActionKind.NOTIFY,
        ActionKind.BLOCK_NEW_RISK,
        ActionKind.CANCEL_ORDERS,
        ActionKind.CLOSE,
    }
    assert codes_of(policy_text(text + "then: {breach: [notify, deleverage]}\n")) == ["P215"]


@pytest.mark.parametrize(
    "change",
    [
        ("unit: ratio\n", ""),
        ("unit: ratio\n", "unit: percent\n"),
        ("unit: ratio\n", "unit: ratio\nmeasure: leverage\n"),
    ],
)
def test_unit_and_expression_stand_together_and_alone(change: tuple[str, str]) -> None:
    assert codes_of(policy_text(OWN.replace(*change)))[0] in ("P109", "P104")


def test_two_rules_of_one_policy_may_refine_each_other_only_with_the_same_expression() -> None:
    child = OWN.replace("free-margin", "tighter").replace("warn: 60%, breach: 50%", "warn: 70%, breach: 60%")
    both = (
        policy_text(OWN)
        + "  - "
        + child.replace("\n", "\n    ").rstrip()
        + "\n    refines: desk/free-margin\n"
    )
    assert len(a_policy(both).rules) == 2
    other = both.replace("expr: (equity - initial_margin) / equity", "expr: equity / gross", 1)
    assert codes_of(other) == ["P223"]
