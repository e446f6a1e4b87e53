"""`riskd size`: the published sizing examples, and what is refused."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Riskd

BARE = ("--fee", "0%")


def test_a_published_example_of_a_long_gives_its_quantity(riskd: Riskd) -> None:
    """Marginpad: 5,000 of equity, 1 %, in at 60,000 and out at 58,800, is 50 at risk and a notional of 2,500."""
    ran = riskd("size", "--equity", "5k USD", "--entry", "60000", "--stop", "58800", *BARE)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "long  quantity 0.0416667  notional 2,500.00",
        "lost at the stop, costs included: 50.00 (1.00% of equity)",
        "leverage on the whole equity: 0.50x",
    ]


def test_slippage_makes_the_position_smaller(riskd: Riskd) -> None:
    """Block-flux: 10,000 at 1 %, in at 2.00 and out at 1.80, is 500 units, and 476 when the stop slips by 0.01."""
    arguments = ("size", "--equity", "10k USD", "--entry", "2", "--stop", "1.8", *BARE)
    assert "quantity 500 " in riskd(*arguments).out
    assert "quantity 476.19 " in riskd(*arguments, "--slippage", "0.5%").out


def test_a_stop_above_the_entry_is_of_a_short(riskd: Riskd) -> None:
    assert riskd("size", "--equity", "10k USD", "--entry", "100", "--stop", "110").out.startswith("short  ")


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--equity", "10000", "--equity"),
        ("--equity", "5%", "--equity: 5% is a ratio"),
        ("--risk", "2x", "--risk: 2x is a multiple"),
        ("--risk", "0%", "risk must be a finite number above 0"),
        ("--stop", "100", "stop 100.0 equals entry 100.0"),
        ("--stop", "nan", "stop must be a finite number above 0"),
        ("--entry", "-1", "entry must be a finite number above 0"),
    ],
)
def test_a_number_that_cannot_be_used_is_refused_by_name(
    riskd: Riskd, option: str, text: str, words: str
) -> None:
    given = {"--equity": "10k USD", "--entry": "100", "--stop": "90", option: text}
    ran = riskd("size", *(word for pair in given.items() for word in pair))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
