"""Quantities in and out, and what is said about those that are none."""

from __future__ import annotations

import math
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import pattern
from riskd.policy.text.spelling import implausible, rewrite
from riskd.policy.text.units import QuantityError, parse, show


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2%", Unit.RATIO, 0.02),
        ("0.8%", Unit.RATIO, 0.008),
        ("-3%", Unit.RATIO, -0.03),
        ("40bps", Unit.RATIO, 0.004),
        ("5x", Unit.MULTIPLE, 5.0),
        ("2.5x", Unit.MULTIPLE, 2.5),
        ("250k USD", Unit.MONEY, 250_000.0),
        ("5m USDT", Unit.MONEY, 5_000_000.0),
        ("1.5b USDC", Unit.MONEY, 1_500_000_000.0),
        ("100 USD", Unit.MONEY, 100.0),
        ("0.01%/8h", Unit.RATE, 0.0001 / 8),
        ("0.01%/1h", Unit.RATE, 0.0001),
        ("24%/1d", Unit.RATE, 0.01),
        ("30s", Unit.DURATION, 30.0),
        ("2m30s", Unit.DURATION, 150.0),
        ("10d", Unit.DURATION, 864_000.0),
        ("1w", Unit.DURATION, 604_800.0),
        ("0.5s", Unit.DURATION, 0.5),
        ("0s", Unit.DURATION, 0.0),
        ("3", Unit.COUNT, 3.0),
        ("0", Unit.COUNT, 0.0),
        ("30/1m", Unit.FREQUENCY, 0.5),
        ("20/1s", Unit.FREQUENCY, 20.0),
        ("3sigma", Unit.SIGMA, 3.0),
    ],
)
def test_a_quantity_has_its_value_in_base_units(text: str, unit: Unit, value: float) -> None:
    quantity = parse(text)
    assert (quantity.unit, quantity.value) == (unit, value)


def test_parsing_is_exact_until_the_very_end() -> None:
    assert parse("0.1%").exact == Decimal("0.001")
    assert parse("1.1x").exact + parse("2.2x").exact == parse("3.3x").exact


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("0.02", "write 2% if you mean two percent"),
        ("0.15", "write 15% if you mean 15 percent"),
        ("2.5", "write 2.5% or 2.5x, whichever you mean"),
        ("2 %", "write 2%"),
        ("2 percent", "write 2%"),
        ("12bp", "write 12bps"),
        ("5X", "write 5x"),
        ("5 times", "write 5x"),
        ("$250k", "write 250k USD"),
        ("5M USD", "write 5m USD"),
        ("5,000 usd", "no commas: write 5k USD"),
        ("5 million USDT", "write 5m USDT"),
        ("8hours", "write 8h"),
        ("1.5h", "write 1h30m"),
        ("500ms", "write 0.5s"),
        ("30s2m", "write 2m30s"),
        ("0.05%/h", "write 0.05%/1h"),
        ("0.05% per 8h", "write 0.05%/8h"),
        ("30 per minute", "write 30/1m"),
        ("3 σ", "write 3sigma"),
        ("+5%", "write 5%"),
        ("05%", "write 5%"),
        (".5%", "write 0.5%"),
        ("3,5x", "a decimal comma? write 3.5x"),
        ("2,000,000 USD", "no commas: write 2m USD"),
        ("2m EUR", "money is USD, USDT or USDC"),
        ("5x * 2", "no arithmetic in limits; name a second variable"),
    ],
)
def test_what_is_nearly_a_quantity_is_refused_with_the_right_spelling(text: str, cure: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse(text)
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "5 bananas", "1e3", "²%", "٣%", "--5%", "5%%", "x5", "9" * 400 + "%"]
)
def test_what_is_no_quantity_is_refused_with_examples(text: str) -> None:
    with pytest.raises(QuantityError, match="is not a quantity"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("300x", "write 3x if you mean that"),
        ("5000%", "write 50% if you mean that"),
        ("10%/8h", "write 0.1%/8h if you mean that"),
        ("1000d", "check the number and its unit"),
        ("-2x", "check the number and its unit"),
    ],
)
def test_an_implausible_quantity_is_refused_with_what_was_probably_meant(text: str, cure: str) -> None:
    fault = implausible(parse(text))
    assert fault is not None
    assert fault[1] == cure


@pytest.mark.parametrize(
    ("text", "unit", "meant"),
    [
        ("2x", Unit.RATIO, "2%"),
        ("300%", Unit.MULTIPLE, "3x"),
        ("5%", Unit.MULTIPLE, "5x"),
        ("5", Unit.DURATION, "5s"),
        ("5%", Unit.DURATION, "30s"),
        ("2.5%", Unit.COUNT, "2"),
        ("3%", Unit.RATE, "3%/8h"),
    ],
)
def test_a_literal_of_the_wrong_unit_is_rewritten_in_the_right_one(text: str, unit: Unit, meant: str) -> None:
    assert rewrite(parse(text), unit) == meant
    assert parse(meant).unit is unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.123456, Unit.MULTIPLE, "4.123x"),
        (0.02, Unit.RATIO, "2%"),
        (1 / 3, Unit.RATIO, "33.33%"),
        (0.1 + 0.2, Unit.RATIO, "30%"),
        (-0.0, Unit.RATIO, "0%"),
        (0.0001 / 8, Unit.RATE, "0.01%/8h"),
        (0.5, Unit.FREQUENCY, "30/1m"),
        (20.0, Unit.FREQUENCY, "20/1s"),
        (0.0, Unit.FREQUENCY, "0/1s"),
        (250_000.0, Unit.MONEY, "250k USD"),
        (1_234_567.8, Unit.MONEY, "1.235m USD"),
        (12.0, Unit.MONEY, "12 USD"),
        (150.0, Unit.DURATION, "2m30s"),
        (3_725.0, Unit.DURATION, "1h2m5s"),
        (12.3456, Unit.DURATION, "12.3456s"),
        (12.3456789, Unit.DURATION, "12.35s"),
        (59.99999, Unit.DURATION, "1m"),
        (93_784.53, Unit.DURATION, "1d2h"),
        (-90.0, Unit.DURATION, "-1m30s"),
        (3.0, Unit.COUNT, "3"),
        (math.inf, Unit.MULTIPLE, "infinite"),
        (-math.inf, Unit.RATIO, "-infinite"),
        (math.nan, Unit.MULTIPLE, "unknown"),
    ],
)
def test_a_value_is_shown_for_people(value: float, unit: Unit, text: str) -> None:
    assert show(value, unit) == text


def written_limits() -> st.SearchStrategy[str]:
    """Literals as people write limits: a few digits, a unit."""
    digits = st.decimals(min_value=0, max_value=999, places=2, allow_nan=False).map(
        lambda n: f"{n.normalize():f}"
    )
    whole = st.integers(min_value=0, max_value=9_999).map(str)
    seconds = st.integers(min_value=0, max_value=300_000)
    return st.one_of(
        digits.map(lambda n: f"{n}%"),
        digits.map(lambda n: f"-{n}%").filter(lambda text: text != "-0%"),
        whole.map(lambda n: f"{n}bps"),
        digits.map(lambda n: f"{n}x"),
        digits.map(lambda n: f"{n}%/8h"),
        digits.map(lambda n: f"{n}%/1h"),
        digits.map(lambda n: f"{n}sigma"),
        st.tuples(digits, st.sampled_from(["", "k", "m", "b"])).map(lambda pair: f"{pair[0]}{pair[1]} USD"),
        st.tuples(whole, st.sampled_from(["1s", "1m", "1h", "10s"])).map("/".join),
        seconds.map(lambda n: f"{n}s"),
        st.tuples(st.integers(0, 90), st.integers(0, 59)).map(lambda pair: f"{pair[0]}h{pair[1]}m"),
        whole,
    )


@given(written_limits())
@settings(max_examples=300, derandomize=True)
def test_a_written_limit_is_shown_with_exactly_its_own_value(text: str) -> None:
    quantity = parse(text)
    again = parse(show(quantity.value, quantity.unit))
    assert (again.unit, again.value) == (quantity.unit, quantity.value)


@given(
    st.sampled_from([unit for unit in Unit if unit is not Unit.COUNT]),
    st.floats(min_value=1e-9, max_value=1e9, allow_nan=False),
)
@settings(max_examples=300, derandomize=True)
def test_a_measured_value_is_shown_so_that_it_can_be_read_back_nearly(unit: Unit, value: float) -> None:
    text = show(value, unit)
    again = parse(text)
    assert again.unit is unit
    if unit is not Unit.DURATION or value < 60:
        assert math.isclose(again.value, value, rel_tol=6e-4, abs_tol=1e-6 if unit is Unit.DURATION else 0.0)
    assert parse(show(again.value, unit)).value == again.value


@given(st.text(max_size=12))
@settings(max_examples=200, derandomize=True)
def test_any_text_is_a_quantity_or_a_quantity_error(text: str) -> None:
    with suppress(QuantityError):
        assert parse(text).text == text


def test_every_unit_has_a_pattern_that_is_a_whole_literal() -> None:
    for unit in Unit:
        assert pattern(unit)
