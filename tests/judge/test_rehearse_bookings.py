"""Measures of resting orders, trades and bookings in a policy whose own tests write their inputs down."""

from __future__ import annotations

from riskd.judge.rehearse import rehearse
from riskd.policy.load import load

POLICY = """\
riskd: policy/v1
name: swing-desk
title: What a swing desk would miss
owner: us
version: "1"
mode: observe
rules:
  - {id: filled, title: Filled, why: W., measure: filled_leverage, per: account, max: 3x, then: {breach: [notify, cancel_orders]}}
  - {id: age, title: Age, why: W., measure: stop_age, per: position, max: 5d}
  - {id: rr, title: RR, why: W., measure: reward_to_risk, per: position, min: 1.5x}
  - {id: streak, title: Streak, why: W., measure: losing_streak, per: account, max: 2}
  - {id: brake, title: Brake, why: W., measure: loss_and_heat, per: account, max: 6%, then: {breach: [notify, block_new_risk]}}
  - {id: flip, title: Flip, why: W., measure: funding_flip, per: position, max: 2}
tests:
  - name: orders that rest count as if they had filled
    rule: filled
    accounts: [{id: main, equity: 10k USD}]
    positions: [{symbol: "BTC/USDT:USDT", side: long, quantity: 0.2 BTC, mark: 50k USD}]
    orders:
      - {symbol: "BTC/USDT:USDT", side: buy, quantity: 0.5 BTC, price: 45k USD}
      - {symbol: "BTC/USDT:USDT", side: sell, quantity: 0.2 BTC, trigger: 48k USD, reduce_only: yes}
    expect: [{is: breach, value: 3.5x}]
  - name: a stop that nobody moved for six days
    rules: [age, rr]
    accounts: [{id: main, equity: 10k USD}]
    positions: [{symbol: "BTC/USDT:USDT", side: long, quantity: 0.2 BTC, mark: 50k USD, entry: 48k USD}]
    orders:
      - {symbol: "BTC/USDT:USDT", side: sell, quantity: all, trigger: 48k USD, age: 6d}
      - {symbol: "BTC/USDT:USDT", side: sell, quantity: 0.2 BTC, price: 52k USD, reduce_only: yes}
    expect:
      - {rule: age, is: breach, value: 6d}
      - {rule: rr, is: breach, value: 1x}
  - name: three losses in a row and what is still open
    rules: [streak, brake]
    accounts: [{id: main, equity: 10k USD}]
    closes:
      - {symbol: "BTC/USDT:USDT", gain: 90 USD, ago: 4h}
      - {symbol: "BTC/USDT:USDT", loss: 300 USD, ago: 3h}
      - {symbol: "ETH/USDT:USDT", loss: 250 USD, fee: 10 USD, ago: 2h}
      - {symbol: "BTC/USDT:USDT", gain: 5 USD, fee: 15 USD, ago: 1h}
    positions: [{symbol: "BTC/USDT:USDT", side: long, quantity: 0.2 BTC, mark: 50k USD}]
    orders: [{symbol: "BTC/USDT:USDT", side: sell, quantity: all, trigger: 49k USD}]
    expect:
      - {rule: streak, is: breach, value: 3}
      - {rule: brake, is: breach, value: 6.9%}
  - name: funding that has turned
    rule: flip
    accounts: [{id: main, equity: 10k USD}]
    positions: [{symbol: "BTC/USDT:USDT", side: short, quantity: 0.2 BTC, mark: 50k USD, age: 9d}]
    funding:
      - {symbol: "BTC/USDT:USDT", received: 3 USD, ago: 28h}
      - {symbol: "BTC/USDT:USDT", paid: 1 USD, ago: 20h}
      - {symbol: "BTC/USDT:USDT", paid: 2 USD, ago: 12h}
      - {symbol: "BTC/USDT:USDT", paid: 2 USD, ago: 4h}
    expect: [{is: breach, value: 3}]
"""


def test_a_policy_may_be_tested_on_orders_closes_and_funding() -> None:
    (policy,) = load([("swing-desk.yaml", POLICY)]).policies
    results = rehearse(policy)
    assert len(results) == 4
    assert {result.name: result.problems for result in results} == {result.name: () for result in results}


def test_closes_at_one_moment_are_pieces_of_one() -> None:
    apart = '{symbol: "BTC/USDT:USDT", loss: 300 USD, ago: 3h}'
    pieces = '{symbol: "BTC/USDT:USDT", loss: 150 USD, ago: 3h}'
    text = POLICY.replace(apart, f"{pieces}\n      - {pieces}")
    assert text != POLICY
    (policy,) = load([("swing-desk.yaml", text)]).policies
    assert all(result.passed for result in rehearse(policy))
