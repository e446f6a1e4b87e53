"""`riskd size --brackets`: a venue's table in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.cli.size_tiers import read_tiers
from riskd.errors import SettingsError
from riskd.measure.sizing.tiers import SizedBy
from tests.cli.conftest import Riskd

TABLE = """\
tiers:
  - {from: 0, maintenance: 0.4%, leverage: 125x}
  - {from: 50k USD, maintenance: 0.5%, leverage: 100x}
  - {from: 250k USD, maintenance: 1%, leverage: 50x}
"""


def written(directory: Path, text: str) -> Path:
    file = directory / "tiers.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_size_decides_the_rate_and_the_highest_leverage(riskd: Riskd, tmp_path: Path) -> None:
    """300,000 of notional need 0.4 % of 50,000, 0.5 % of 200,000 and 1 % of 50,000: 1,700."""
    file = written(tmp_path, TABLE)
    arguments = ("--equity", "30k USD", "--risk", "2%", "--entry", "60000", "--stop", "59880", "--fee", "0%")
    found = riskd("size", *arguments, "--lot", "1", "--brackets", file, "--json").json()
    assert (found["notional"], found["leverage_max"], found["initial_margin"]) == (300_000.0, 50.0, 6_000.0)
    price = found["liquidation_price"]
    # At liquidation the value lies in the upper tier still, whose deduction is 50 + 250,000 · 0.5 %.
    assert 30_000 + 5 * (price - 60_000) == pytest.approx(0.01 * 5 * price - 1_300)


def test_amounts_of_coins_and_numbers_of_contracts(tmp_path: Path) -> None:
    coins = read_tiers(
        written(tmp_path, "tiers: [{from: 0 BTC, maintenance: 1%}, {from: 5 BTC, maintenance: 2%}]")
    )
    assert ([tier.floor for tier in coins.tiers], coins.sized_by) == ([0.0, 5.0], SizedBy.VALUE)
    contracts = read_tiers(
        written(tmp_path, "tiers: [{from: 0, maintenance: 1%}, {from: 5000, maintenance: 2%}]")
    )
    assert ([tier.floor for tier in contracts.tiers], contracts.sized_by) == (
        [0.0, 5000.0],
        SizedBy.CONTRACTS,
    )


def test_json_is_read_too(tmp_path: Path) -> None:
    tiers = read_tiers(
        written(tmp_path, '{"tiers": [{"from": "0", "maintenance": "1%"}], "for_each_coin": "0.005%"}')
    )
    assert tiers.rate_per_unit == pytest.approx(5e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "error"),
        ("[1, 2]", "expected a mapping with `tiers`"),
        ("tiers: []", "tiers is missing, or is no list of tiers"),
        ("tiers: [5]", "expected a tier"),
        ("tiers: [{from: 0}]", "maintenance is missing"),
        ("tiers: [{from: 0, maintenance: 120%}]", "maintenance must be between 0% and 100%"),
        ("tiers: [{from: 0, maintenance: 3x}]", "maintenance: expected a ratio, found 3x"),
        ("tiers: [{from: 0, maintenance: 3}]", "maintenance: expected a ratio, found 3"),
        ("tiers: [{from: 0, maintenance: ten}]", "'ten' is not a quantity"),
        ("tiers: [{from: 2x, maintenance: 1%}]", "from: 2x is no size; write `300k USD`, `5 BTC`"),
        ("tiers: [{from: 5 USD, maintenance: 1%}]", "tiers must begin at 0 and rise"),
        ("tiers: [{from: 0, maintenance: 1%, margin: 2%}]", "unknown key margin; there are from, leverage"),
        (
            "tiers: [{from: 0, maintenance: 1%}, {from: 5, maintenance: 2%}, {from: 9 USD, maintenance: 3%}]",
            "an amount in one tier and a number of contracts in another",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(
    riskd: Riskd, tmp_path: Path, text: str, words: str
) -> None:
    file = written(tmp_path, text)
    ran = riskd("size", "--equity", "1k USD", "--entry", "9", "--stop", "8", "--brackets", file)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{file}:1:")
    assert words in ran.err


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml:1:1"):
        read_tiers(tmp_path / "nowhere.yaml")


def test_one_rate_or_a_table_and_not_both(riskd: Riskd, tmp_path: Path) -> None:
    file = written(tmp_path, TABLE)
    ran = riskd(
        *("size", "--equity", "1k USD", "--entry", "9", "--stop", "8", "--brackets", file),
        *("--maintenance", "1%"),
    )
    assert "expected --maintenance or --brackets, found both" in ran.err
