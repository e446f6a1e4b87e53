"""The notation of series tests."""

from __future__ import annotations

import pytest

from riskd.measure.spec import Unit
from riskd.policy.text.series import TICKS_MAX, read_series
from riskd.policy.text.units import QuantityError


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("3x", (3.0,)),
        ("3x*3", (3.0, 3.0, 3.0)),
        ("3x*2, 5.5x", (3.0, 3.0, 5.5)),
        ("_*2, gone", (None, None, "gone")),
        ("_", (None,)),
        ("3x..6x*4", (3.0, 4.0, 5.0, 6.0)),
        ("6x..3x*4", (6.0, 5.0, 4.0, 3.0)),
        ("0.1x..0.3x*3", (0.1, 0.2, 0.3)),
        (" 3x * 2 ,\n 4x ", (3.0, 3.0, 4.0)),
    ],
)
def test_a_series_is_one_entry_a_tick(text: str, ticks: tuple[float | str | None, ...]) -> None:
    assert read_series(text, Unit.MULTIPLE) == ticks


def test_negative_values_and_frequencies_have_room_in_it() -> None:
    assert read_series("-3%*2, -1%..1%*3", Unit.RATIO) == (-0.03, -0.03, -0.01, 0.0, 0.01)
    assert read_series("30/1m*2", Unit.FREQUENCY) == (0.5, 0.5)


@pytest.mark.parametrize(
    "text",
    ["", "3x,", "3x,,4x", "3x*0", "3x*", "3x..4x", "3x..", "3%", "3", "3x..4%*3", "gone..3x*2", "3x*2*2"],
)
def test_what_is_no_series_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        read_series(text, Unit.MULTIPLE)


def test_a_series_is_bounded() -> None:
    assert len(read_series(f"3x*{TICKS_MAX}", Unit.MULTIPLE)) == TICKS_MAX
    with pytest.raises(QuantityError, match="more than"):
        read_series(f"3x*{TICKS_MAX}, 3x", Unit.MULTIPLE)
