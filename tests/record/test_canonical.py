"""Canonical JSON: equal values have equal bytes, and bytes give the value back."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.model.report import JsonValue
from riskd.record.canonical import canonical_json, instant, instant_text

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(derandomize=True, max_examples=100)
@given(VALUES)
def test_what_is_written_is_read_back_equal_and_written_again_the_same(value: JsonValue) -> None:
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@settings(derandomize=True, max_examples=100)
@given(VALUES)
def test_a_line_is_printable_ascii_without_a_line_break(value: JsonValue) -> None:
    text = canonical_json(value)

    assert all(" " <= character <= "~" for character in text)


def test_the_order_in_which_keys_were_set_does_not_matter() -> None:
    assert canonical_json({"b": 1, "a": [True, None]}) == canonical_json({"a": [True, None], "b": 1})
    assert canonical_json({"b": 1, "a": [True, None]}) == '{"a":[true,null],"b":1}'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"value": value})


def test_a_key_that_is_not_text_is_refused_at_any_depth() -> None:
    with pytest.raises(TypeError, match="object key, was 1"):
        canonical_json([{"a": {1: 2}}])  # type: ignore[dict-item]  # the very mistake that is refused


def test_hostile_text_stays_data() -> None:
    assert canonical_json("\u202e\n\x00") == '"\\u202e\\n\\u0000"'


def test_a_time_is_utc_with_six_digits() -> None:
    berlin = timezone(timedelta(hours=2))

    assert instant_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=berlin)) == "2026-01-02T01:04:05.000000Z"


@settings(derandomize=True, max_examples=100)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_microsecond(at: datetime) -> None:
    assert instant(instant_text(at)) == at


def test_a_time_without_a_zone_is_refused_both_ways() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        instant_text(datetime(2026, 1, 1))  # noqa: DTZ001  # the very mistake that is refused
    with pytest.raises(ValueError, match="with its zone"):
        instant("2026-01-01T00:00:00")
