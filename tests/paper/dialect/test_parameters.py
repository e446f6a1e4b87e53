"""Query and body as parameters."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.paper.dialect.parameters import Parameters, parse_parameters
from riskd.paper.engine.types import Rejection, Side

INVALID_SIDE = Rejection(-1117, "Invalid side.")


def test_the_query_wins_where_a_name_is_in_both_halves() -> None:
    parameters = parse_parameters("symbol=BTCUSDT", "symbol=ETHUSDT&side=BUY")
    assert parameters.text("symbol") == "BTCUSDT"
    assert parameters.text("side") == "BUY"


def test_an_empty_value_counts_as_not_sent() -> None:
    parameters = parse_parameters("symbol=&side=BUY", "")
    assert parameters.text("symbol") is None
    assert "symbol" not in parameters
    with pytest.raises(Rejection) as refused:
        parameters.required_text("symbol")
    assert refused.value.code == -1102


def test_the_same_name_twice_in_one_half_is_refused() -> None:
    with pytest.raises(Rejection) as refused:
        parse_parameters("symbol=BTCUSDT&symbol=ETHUSDT", "")
    assert refused.value.code == -1101


def test_more_than_a_hundred_names_are_refused() -> None:
    with pytest.raises(Rejection) as refused:
        parse_parameters("&".join(f"p{i}=1" for i in range(101)), "")
    assert refused.value.code == -1101


@pytest.mark.parametrize("sent", ["-1", "1e3", "NaN", "Infinity", "1,5", "0x10", " 1", "1.", ".5", "9" * 21])
def test_only_plain_decimal_numbers_are_read(sent: str) -> None:
    with pytest.raises(Rejection) as refused:
        Parameters({"price": sent}).decimal("price")
    assert refused.value.code == -1100


@pytest.mark.parametrize("sent", ["-1", "1.0", "٣", "9" * 19, "true"])
def test_only_digits_are_read_as_an_integer(sent: str) -> None:
    with pytest.raises(Rejection) as refused:
        Parameters({"orderId": sent}).integer("orderId")
    assert refused.value.code == -1100


def test_numbers_are_exact() -> None:
    assert Parameters({"price": "0.1000000000000000001"}).required_decimal("price") == Decimal(
        "0.1000000000000000001"
    )


def test_flags_are_read_in_any_case() -> None:
    assert Parameters({"reduceOnly": "TRUE"}).flag("reduceOnly") is True
    assert Parameters({"reduceOnly": "false"}).flag("reduceOnly") is False
    assert Parameters({}).flag("reduceOnly") is None
    with pytest.raises(Rejection) as refused:
        Parameters({"reduceOnly": "1"}).flag("reduceOnly")
    assert refused.value.code == -1130


def test_a_word_outside_its_enumeration_is_refused_with_the_given_code() -> None:
    assert Parameters({"side": "BUY"}).choice("side", Side, INVALID_SIDE) is Side.BUY
    with pytest.raises(Rejection) as refused:
        Parameters({"side": "buy"}).choice("side", Side, INVALID_SIDE)
    assert refused.value is INVALID_SIDE


@pytest.mark.parametrize("sent", ["0", "1001"])
def test_a_limit_outside_its_range_is_refused(sent: str) -> None:
    with pytest.raises(Rejection) as refused:
        Parameters({"limit": sent}).limit(default=500, maximum=1000)
    assert refused.value.code == -1130


def test_a_missing_limit_is_the_default() -> None:
    assert Parameters({}).limit(default=500, maximum=1000) == 500
