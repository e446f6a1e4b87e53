"""Reading expressions: what is one, what is none, and that nothing else ever comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskd.errors import PolicyError
from riskd.measure.columns.columns import columns_of
from riskd.measure.spec import Unit
from riskd.model.subject import Grain
from riskd.policy.expression.read import DEPTH_MAX, LENGTH_MAX, FormulaError, read_formula
from riskd.policy.expression.units_check import Scope, formula_of
from riskd.policy.expression.words import columns_in, text_of
from riskd.policy.formula import Binary, Call, Column, Number, Operator
from riskd.policy.load import load
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.units import parse
from tests.policy.formulas import formula, ratios, rule_of

FUZZED = settings(max_examples=150, derandomize=True, deadline=None)
PIECES = [
    *(
        "equity",
        "gross",
        "net",
        "margin_ratio",
        "leverage",
        "holding_time",
        "positions",
        "mark_price",
        "$floor",
    ),
    *(
        "5%",
        "40bps",
        "3x",
        "2",
        "0",
        "250k USD",
        "8h",
        "0.01%/8h",
        "30/1m",
        "3sigma",
        "1e5",
        "5y",
        "0.",
        ".5",
        "012",
    ),
    *(
        "+",
        "-",
        "*",
        "/",
        "(",
        ")",
        ",",
        "**",
        "//",
        "%",
        "=",
        "<",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "\\",
        ";",
        ":",
        ".",
    ),
    *(
        "abs",
        "min",
        "max",
        "abs(",
        "min(",
        "sqrt(",
        "if",
        "else",
        "lambda",
        "__import__",
        "None",
        "True",
        "and",
    ),
    *(" ", "\n", "\t", "\x00", "é", "\u202e", "٣", "x" * 70),
]


def scope(grain: Grain = Grain.ACCOUNT) -> Scope:
    def variable(name: str, at: int) -> Quantity:
        if name != "floor":
            raise FormulaError("no such variable", "", at)
        return parse("250k USD")

    columns = {name: each.dimension for name, each in columns_of(grain).items()}
    return Scope(columns=columns, grain=grain.value, variable=variable, elsewhere=lambda _: "")


def refused(text: str, unit: Unit = Unit.RATIO, grain: Grain = Grain.ACCOUNT) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        formula_of(text, unit, scope(grain))
    return caught.value


T = TypeVar("T")


def outcome(read: Callable[[], T]) -> tuple[T | None, FormulaError | None]:
    """What came of reading: a result or a fault, and nothing else ever."""
    try:
        return read(), None
    except FormulaError as fault:
        return None, fault


def test_operators_bind_as_in_arithmetic() -> None:
    tree = formula("equity + gross * 2 / 3 - -net", Grain.ACCOUNT, Unit.MONEY).tree
    assert text_of(tree) == "((equity + ((gross * 2) / 3)) - -net)"


def test_operators_of_one_rank_are_taken_from_the_left() -> None:
    tree = formula("equity - gross - net", Grain.ACCOUNT, Unit.MONEY).tree
    assert tree == Binary(
        Operator.SUBTRACT, Binary(Operator.SUBTRACT, Column("equity"), Column("gross")), Column("net")
    )


def test_a_text_reads_back_as_the_same_tree() -> None:
    written = "max(abs(net), equity / 2, 5k USD) / -(equity + $floor)".replace("$floor", "250k USD")
    first = formula(written, Grain.ACCOUNT, Unit.RATIO)
    assert formula(text_of(first.tree), Grain.ACCOUNT, Unit.RATIO).tree == first.tree


def test_blanks_mean_nothing() -> None:
    first, second = (formula(text, Grain.ACCOUNT, Unit.RATIO) for text in ("net/equity", "  net  /\tequity "))
    assert first.tree == second.tree
    assert second.text == "net / equity"


def test_a_variable_is_its_quantity() -> None:
    found = formula_of("equity - $floor", Unit.MONEY, scope())
    assert found.tree == Binary(Operator.SUBTRACT, Column("equity"), Number(250_000.0, Unit.MONEY))


def test_columns_are_listed_once_in_the_order_of_the_text() -> None:
    assert columns_in(formula("net / equity + gross / equity", Grain.ACCOUNT, Unit.RATIO).tree) == (
        "net",
        "equity",
        "gross",
    )


@pytest.mark.parametrize(
    ("text", "unit", "grain"),
    [
        ("gross / equity", Unit.RATIO, Grain.ACCOUNT),
        ("gross / equity", Unit.MULTIPLE, Grain.ACCOUNT),
        ("leverage", Unit.RATIO, Grain.ACCOUNT),
        ("leverage * margin_ratio", Unit.MULTIPLE, Grain.ACCOUNT),
        ("gross / positions", Unit.MONEY, Grain.ACCOUNT),
        ("positions - 3", Unit.COUNT, Grain.ACCOUNT),
        ("quantity * (mark_price - entry_price)", Unit.MONEY, Grain.POSITION),
        ("funding_rate * holding_time", Unit.RATIO, Grain.POSITION),
        ("funding_rate * notional * 8h", Unit.MONEY, Grain.POSITION),
        ("funding_rate - 0.01%/8h", Unit.RATE, Grain.POSITION),
        ("stop_distance / holding_time", Unit.RATE, Grain.POSITION),
        ("positions / 1h", Unit.FREQUENCY, Grain.ACCOUNT),
        ("max(holding_time, 8h)", Unit.DURATION, Grain.POSITION),
        ("100% - margin_ratio", Unit.RATIO, Grain.ACCOUNT),
        ("1 - net / gross", Unit.RATIO, Grain.ACCOUNT),
        ("funding_interval", Unit.DURATION, Grain.INSTRUMENT),
        ("(upper - lower) / mark_price", Unit.RATIO, Grain.GRID),
        ("hedged + hedging", Unit.MONEY, Grain.HEDGE),
        ("max(net / equity, 0)", Unit.RATIO, Grain.ACCOUNT),
        ("abs(1 - net / gross)", Unit.RATIO, Grain.ACCOUNT),
        ("net / equity * 2 + 5%", Unit.RATIO, Grain.ACCOUNT),
        ("gross / equity + 2", Unit.MULTIPLE, Grain.ACCOUNT),
    ],
)
def test_units_that_fit(text: str, unit: Unit, grain: Grain) -> None:
    assert formula(text, grain, unit).unit is unit


@pytest.mark.parametrize(
    ("text", "unit", "what", "cure"),
    [
        (
            "equity + gross / net",
            Unit.MONEY,
            "cannot add equity, an amount of money, and (gross / net)",
            "one unit",
        ),
        ("equity - 5", Unit.MONEY, "5 has no unit, but equity is an amount of money", "write 5 USD"),
        ("(2 * 3) - margin_ratio", Unit.RATIO, "(2 * 3) has no unit", "give its numbers a unit"),
        ("-2 + margin_ratio", Unit.RATIO, "-2 has no unit", "write -200%"),
        ("data_age + 30", Unit.DURATION, "30 has no unit, but data_age is a duration", "write 30s"),
        ("data_age", Unit.RATIO, "gives a duration, but the rule says unit: ratio", "write unit: duration"),
        ("equity * 8h", Unit.MONEY, "gives money x time", "no rule can limit that"),
        ("positions", Unit.RATIO, "gives a count", "write unit: count"),
        ("net / equity + 0.05", Unit.RATIO, "0.05 has no unit, but the rule says unit: ratio", "write 5%"),
        ("max(gross / equity, 0.5 - net / gross)", Unit.RATIO, "0.5 has no unit", "write 50%"),
        ("-(net / equity - 2)", Unit.RATIO, "2 has no unit", "write 200% or 2%"),
        ("net / equity * 2sigma", Unit.COUNT, "gives a number of standard deviations", "write unit: sigma"),
    ],
)
def test_units_that_do_not_fit(text: str, unit: Unit, what: str, cure: str) -> None:
    fault = refused(text, unit)
    assert fault.is_unit
    assert what in fault.what
    assert cure in fault.cure


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("equity / (gross", 15),
        ("equity +", 8),
        ("", 0),
        ("   ", 3),
        ("equity gross", 7),
        ("min(equity,)", 11),
        ("équity", 0),
    ],
)
def test_a_fault_has_its_place(text: str, at: int) -> None:
    assert refused(text).at == at


def test_length_depth_and_number_of_parts_are_bounded() -> None:
    assert "characters" in refused("equity" + " " * LENGTH_MAX).what
    assert "characters" in refused("(" * 10_000).what
    assert "deep" in refused("(" * (DEPTH_MAX + 1) + "equity").what
    assert "deep" in refused("-" * (DEPTH_MAX + 1) + "equity").what
    assert "deep" in refused("abs(" * (DEPTH_MAX + 1) + "equity").what
    assert "parts" in refused("net" + "+net" * 120).what
    formula("(" * DEPTH_MAX + "equity" + ")" * DEPTH_MAX, Grain.ACCOUNT, Unit.MONEY)
    formula("net" + "+net" * 99, Grain.ACCOUNT, Unit.MONEY)


@FUZZED
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("(" * 999)
@example("1/" * 400)
@example("max(" + "equity," * 120)
def test_any_pieces_are_an_expression_or_a_fault_inside_the_text(text: str) -> None:
    found, fault = outcome(lambda: formula_of(text, Unit.RATIO, scope()))
    if fault is None:
        assert found is not None
        assert columns_in(found.tree)
    else:
        assert 0 <= fault.at <= len(text)
        assert fault.what
        assert fault.cure or "variable" in fault.what


@FUZZED
@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_fault(text: str) -> None:
    _, fault = outcome(lambda: read_formula(text))
    assert fault is None or 0 <= fault.at <= len(text)


@FUZZED
@given(
    st.lists(st.sampled_from(PIECES), max_size=10).map(" ".join),
    st.sampled_from(["{}", '"{}"', "'{}'", ">\n      {}", "|-\n      {}"]),
)
def test_a_policy_with_any_expression_loads_or_is_refused(text: str, style: str) -> None:
    head = 'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: observe\nvars: {floor: 5k USD}\n'
    rule = f"rules:\n  - id: own\n    title: Own\n    per: account\n    unit: ratio\n    max: 5%\n    expr: {style.format(text)}\n"
    try:
        load([("f.yaml", head + rule)])
    except PolicyError as refusal:
        lines = (head + rule).splitlines()
        for problem in refusal.problems:
            assert 1 <= problem.line <= len(lines) + 1


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.sampled_from([Grain.ACCOUNT, Grain.POSITION, Grain.INSTRUMENT, Grain.GRID, Grain.HEDGE]), st.data())
def test_what_is_made_of_fitting_parts_fits(grain: Grain, data: st.DataObject) -> None:
    text = data.draw(ratios(grain))
    found = rule_of(text, grain, Unit.RATIO).formula
    assert found is not None
    assert isinstance(found.tree, Binary | Call | Column)
    assert formula(text_of(found.tree), grain, Unit.RATIO).tree == found.tree
