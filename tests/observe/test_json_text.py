"""The response guard lets nothing through that a client library would read as "no positions"."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.observe.json_text import Rubbish, Shape, read_json


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "guard:empty"),
        (" \r\n\t", "guard:empty"),
        ("<!DOCTYPE html><html>Are you human?</html>", "guard:html"),
        ("null", "guard:null"),
        ("upstream connect error", "guard:not_json"),
        ('[{"symbol": "BTCUSDT"', "guard:not_json"),
        ("[" * 100_000, "guard:not_json"),
        ("{}", "guard:not_a_list"),
        ("true", "guard:not_a_list"),
        ("0", "guard:not_a_list"),
        ('"[]"', "guard:not_a_list"),
        ('{"code": -1007, "msg": "Timeout"}', "guard:error_object"),
        ('[{"positionAmt": NaN}]', "guard:nan"),
        ('[{"positionAmt": -Infinity}]', "guard:infinity"),
        ('[{"positionAmt": 1e999}]', "guard:infinity"),
        ('[{"positionAmt": "1", "positionAmt": "2"}]', "guard:duplicate_key"),
    ],
)
def test_rubbish_where_a_list_is_due_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(Rubbish) as caught:
        read_json(text, Shape.LIST)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[]", "guard:not_an_object"), ("{}", "guard:empty_object"), ("1", "guard:not_an_object")],
)
def test_rubbish_where_an_object_is_due_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(Rubbish) as caught:
        read_json(text, Shape.OBJECT)

    assert caught.value.reason == reason


def test_an_empty_list_is_an_answer() -> None:
    assert read_json(" [] ", Shape.LIST) == []


def test_numbers_and_texts_arrive_as_they_were_written() -> None:
    assert read_json('{"a": "0.10", "b": 12345678901234567890, "c": 0.1}', Shape.OBJECT) == {
        "a": "0.10",
        "b": 12345678901234567890,
        "c": 0.1,
    }


@settings(max_examples=100, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_is_either_a_value_of_the_shape_or_rubbish(text: str) -> None:
    try:
        value = read_json(text, Shape.LIST)
    except Rubbish:
        return
    assert value == json.loads(text)
    assert isinstance(value, list)
