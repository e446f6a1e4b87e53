"""How exactly a quantity was written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.policy.text.rounding import half_of_last_digit
from riskd.policy.text.units import parse


@pytest.mark.parametrize(
    ("text", "half"),
    [
        ("100%", "0.005"),
        ("66.7%", "0.0005"),
        ("-7%", "0.005"),
        ("20bps", "0.00005"),
        ("2.50x", "0.005"),
        ("3", "0.5"),
        ("3sigma", "0.5"),
        ("0%", "0.005"),
        ("10k USD", "500"),
        ("1.25m USD", "5000"),
        ("30/1m", "0.5"),
        ("2h", "1800"),
        ("2m30s", "0.5"),
        ("0.5s", "0.05"),
    ],
)
def test_half_of_the_last_digit_is_what_a_written_number_leaves_open(text: str, half: str) -> None:
    quantity = parse(text)
    expected = Decimal(half) / 60 if text == "30/1m" else Decimal(half)
    assert abs(half_of_last_digit(quantity) - expected) < Decimal("1e-20")


def test_a_rate_is_rounded_as_it_was_written() -> None:
    written = parse("0.03%/8h")
    assert half_of_last_digit(written) * 6 == written.exact
