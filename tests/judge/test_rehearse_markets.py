"""Tests inside policies may say how deep a market is and what backs an account; what they do not say is unknown."""

from __future__ import annotations

import pytest

from riskd.errors import PolicyError
from riskd.judge.rehearse import rehearse
from riskd.policy.load import load

RULES = """\
riskd: policy/v1
name: market
title: Markets and collateral
owner: us
version: "1"
mode: observe
rules:
  - {id: time, title: T, measure: exit_time, per: position, max: 15m}
  - {id: volume, title: T, measure: share_of_volume, per: asset, max: 1%}
  - {id: open, title: T, measure: share_of_open_interest, per: position, max: 2%}
  - {id: depth, title: T, measure: share_of_depth, per: position, max: 25%}
  - {id: cost, title: T, measure: {exit_cost: {fee: 0.05%}}, per: account, max: 1%}
  - {id: spread, title: T, measure: spread, per: instrument, max: 20bps}
  - {id: peg, title: T, measure: peg_gap, per: account, max: 50bps}
  - {id: coins, title: T, measure: collateral_share, per: account, max: 30%}
  - {id: fallen, title: T, measure: collateral_stress, per: account, max: 50%}
tests:
  - name: a
    accounts: [{id: main, equity: 100k USD}]
"""
SHORT = "    positions: [{symbol: SOL/USDT:USDT, side: short, quantity: 5000 SOL, mark: 100 USD}]\n"
MARKET = """\
    instruments:
      - {symbol: SOL/USDT:USDT, volume: 86.4m USD, open_interest: 1000000 SOL, spread: 25bps, depth: 1m USD}
"""
COLLATERAL = """\
    collateral:
      - {quantity: 60000 USDT, index: 0.98 USD}
      - {quantity: 1 BTC, index: 40k USD, haircut: 5%}
"""


def problems(body: str) -> list[str]:
    """What the test of the policy finds, without the place."""
    (policy,) = load([("market.yaml", RULES + body)]).policies
    (result,) = rehearse(policy)
    return [str(problem).split("error", 1)[1] for problem in result.problems]


def refusal(body: str) -> str:
    with pytest.raises(PolicyError) as caught:
        load([("market.yaml", RULES + body)])
    return str(caught.value)


def test_every_measure_of_markets_and_collateral_can_be_tested() -> None:
    """5,000 SOL at 100 are 500,000 USD.

    A tenth of 1,000 USD a second takes 5,000 s. The asks within 1 % hold 10,000 SOL in fifty levels from 0.125 % to 1 %;
    25 of them are 0.3371 % away on average, and a fee of 0.05 % comes on top: 1.936 % of the equity. MM is 0.5 %, 2,500 USD;
    a coin that counts 38,000 and falls by 35 % leaves 86,700 of the equity.
    """
    expect = """\
    expect:
      - {rule: time, is: breach, value: 1h23m20s}
      - {rule: volume, is: ok, value: 0.5787%}
      - {rule: open, is: ok, value: 0.5%}
      - {rule: depth, is: breach, value: 50%}
      - {rule: cost, is: breach, value: 1.936%}
      - {rule: spread, is: breach, value: 25bps}
      - {rule: peg, is: breach, value: 2%}
      - {rule: coins, is: breach, value: 38%}
      - {rule: fallen, is: ok, value: 2.884%}
"""
    assert problems(SHORT + MARKET + COLLATERAL + expect) == []


def test_what_is_not_said_is_unknown() -> None:
    rules = ("time", "volume", "open", "depth", "cost", "spread", "peg", "coins", "fallen")
    expect = "    expect:\n" + "".join(f"      - {{rule: {rule}, is: unknown}}\n" for rule in rules)
    assert problems(SHORT + expect) == []


@pytest.mark.parametrize(
    ("said", "known"),
    [("volume: 1m USD", "time"), ("open_interest: 9 SOL", "open"), ("spread: 0%, depth: 9 USD", "spread")],
)
def test_each_part_of_a_market_stands_by_itself(said: str, known: str) -> None:
    market = f"    instruments: [{{symbol: SOL/USDT:USDT, {said}}}]\n"
    found = problems(SHORT + market + "    expect: []\n")
    assert any(f"market/{known} " in line and "unknown" not in line for line in found)


def test_an_index_that_is_not_said_is_unknown_by_name() -> None:
    found = problems(SHORT + "    collateral: [{quantity: 1 BTC}]\n    expect: []\n")
    assert any("market/coins account=main: not listed, found unknown (index of BTC" in line for line in found)


@pytest.mark.parametrize(
    ("market", "what"),
    [
        ("spread: 1%", "an order book has both a spread and a depth"),
        ("depth: 1m USD", "an order book has both a spread and a depth"),
        ("spread: 3%, depth: 1m USD", "spread 3% is out of range"),
        ("spread: 1%, depth: 0 USD", "depth 0 USD is out of range"),
        ("open_interest: 5 BTC", "5 BTC is a quantity of BTC, but the symbol is of SOL"),
        ("open_interest: 5m USD", "open_interest"),
    ],
)
def test_a_market_that_makes_no_sense_is_refused(market: str, what: str) -> None:
    assert what in refusal(
        SHORT + f"    instruments: [{{symbol: SOL/USDT:USDT, {market}}}]\n    expect: []\n"
    )


def test_a_book_needs_a_mark_to_lie_around() -> None:
    market = "    instruments: [{symbol: SOL/USDT:USDT, spread: 1%, depth: 1m USD}]\n"
    assert "an order book lies around a mark price" in refusal(market + "    expect: []\n")


def test_an_asset_has_one_worth_and_stands_once() -> None:
    twice = (
        "    collateral: [{quantity: 1 BTC, index: 9 USD}, {quantity: 2 BTC, index: 8 USD}]\n    expect: []\n"
    )
    told = refusal(SHORT + twice)
    assert "BTC has two worths at binanceusdm" in told
    assert "'main BTC' stands twice" in told
