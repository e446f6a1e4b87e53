"""Snapshot tests inside policies: the real measures and selectors, exact sets, restarts, and what is told when they differ."""

from __future__ import annotations

import pytest

from riskd.judge.rehearse import rehearse
from riskd.policy.load import load

HEAD = """\
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
scope: {labels: {env: prod}}
rules:
  - id: stops
    title: Stops
    measure: stop_coverage
    per: position
    where: {strategy: {not: hedge}}
    min: {warn: 100%, critical: 50%}
    for: 60s
    then: {critical: [notify, block_new_risk]}
  - id: leverage
    title: Leverage
    measure: leverage
    per: account
    max: {warn: 4x, breach: 5x}
tests:
  - name: a
"""
ACCOUNTS = """\
    accounts: [{id: main, equity: 10k USD, labels: {env: prod}}, {id: lab, equity: 1k USD}]
"""
BOOK = f"""\
{ACCOUNTS}
    positions:
      - {{account: main, symbol: "BTC/USDT:USDT", side: long, quantity: 0.3 BTC, mark: 50k USD}}
      - {{account: main, symbol: "ETH/USDT:USDT", side: short, quantity: 5 ETH, mark: 2k USD, strategy: hedge}}
      - {{account: lab, symbol: "BTC/USDT:USDT", side: long, quantity: 0.3 BTC}}
    orders: [{{account: main, symbol: "BTC/USDT:USDT", side: sell, quantity: 0.2 BTC, trigger: 48k USD, reduce_only: yes}}]
"""
LIST_IT = "list it, or write `others: ok`"


def problems(body: str) -> list[str]:
    """What the one test of the policy finds, without the place."""
    (policy,) = load([("desk.yaml", HEAD + body)]).policies
    (result,) = rehearse(policy)
    return [str(problem).split("error", 1)[1] for problem in result.problems]


def test_a_book_goes_through_measures_and_selectors() -> None:
    expect = """\
    expect:
      - {rule: stops, subject: {account: main, symbol: "BTC/USDT:USDT"}, is: warn, value: 66.7%}
      - {rule: stops, subject: {symbol: "ETH/USDT:USDT"}, is: not_covered}
      - {rule: leverage, is: ok, value: 2.5x}
"""
    assert problems(BOOK + expect) == []


def test_the_set_is_exact() -> None:
    assert problems(BOOK + "    expect: []\n") == [
        f"[T009]: at 0s desk/stops account=main symbol=BTC/USDT:USDT side=long: not listed, found warn (66.67%); {LIST_IT}",
        f"[T009]: at 0s desk/leverage account=main: not listed, found ok (2.5x); {LIST_IT}",
    ]


def test_others_may_be_ok_but_nothing_else() -> None:
    (problem,) = problems(BOOK + "    expect: []\n    others: ok\n")
    assert problem.endswith("side=long: not listed, found warn (66.67%); others are expected to be ok")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("is: breach", "[T007]: at 0s desk/leverage account=main: expected breach, found ok (2.5x)"),
        (
            "is: ok, value: 2.6x",
            "[T007]: at 0s desk/leverage account=main: expected the value 2.6x, found 2.5x",
        ),
        (
            "is: not_covered",
            "[T007]: at 0s desk/leverage expected that account=main is not covered, found ok (2.5x)",
        ),
        (
            "is: ok, alert: firing, level: warn",
            "[T007]: at 0s desk/leverage account=main: expected that its alert is firing warn, found ok",
        ),
        (
            "subject: {account: lab}, is: ok",
            "[T008]: at 0s desk/leverage the rule does not cover account=lab; label env prod leaves it out; it covers account=main",
        ),
        (
            "subject: {account: mian}, is: not_covered",
            "[T008]: at 0s desk/leverage the book has no account=mian; it covers account=main",
        ),
    ],
)
def test_a_difference_says_what_was_found(line: str, told: str) -> None:
    body = BOOK + f"    rule: leverage\n    expect: [{{{line}}}]\n    others: ok\n"
    assert problems(body) == [told]


def test_a_value_is_compared_to_the_digits_that_are_written() -> None:
    for text, passes in (("3x", True), ("2.5x", True), ("2.50x", True), ("2.4x", False), ("2.51x", False)):
        found = problems(BOOK + f"    rule: leverage\n    expect: [{{is: ok, value: {text}}}]\n")
        assert (found == []) is passes, text


def test_a_subject_that_is_not_clear_is_refused() -> None:
    body = BOOK.replace(", strategy: hedge", "") + "    rule: stops\n    expect: [{is: ok}]\n"
    (problem,) = problems(body)
    assert problem.startswith(
        "[T008]: at 0s desk/stops the subject is not clear: account=main symbol=BTC/USDT:USDT"
    )


def test_steps_run_the_alert_and_a_closed_position_ends_it() -> None:
    body = (
        BOOK
        + """\
    rule: stops
    expect: [{is: warn, alert: pending}]
    steps:
      - {at: 60s, expect: [{is: warn, alert: firing, level: warn, actions: []}]}
      - at: 90s
        orders: []
        expect: [{is: critical, alert: firing, level: warn}]
      - at: 150s
        expect: [{is: critical, alert: firing, level: critical, actions: [block_new_risk]}]
      - {at: 3m, positions: [], expect: []}
    actions: [block_new_risk]
"""
    )
    assert problems(body) == []
    (problem,) = problems(body.replace("    actions: [block_new_risk]\n", "    actions: []\n"))
    assert problem.startswith("[T006]: expected the actions none, found block_new_risk")


def test_time_between_two_looks_is_no_gap_in_the_data() -> None:
    steps = "    steps: [{at: 10h, expect: [{is: warn, alert: firing, level: warn}]}]\n"
    assert problems(BOOK + "    rule: stops\n    expect: [{is: warn, alert: pending}]\n" + steps) == []


def unread(surface: str, rule: str) -> str:
    accounts = ACCOUNTS.replace("{env: prod}}", f"{{env: prod}}, unknown: [{surface}]}}")
    body = BOOK.replace(ACCOUNTS, accounts)
    return body + f"    rule: {rule}\n    expect: [{{subject: {{account: main}}, is: unknown}}]\n"


@pytest.mark.parametrize(
    ("surface", "rule"),
    [
        ("positions", "stops"),
        ("orders", "stops"),
        ("conditional_orders", "stops"),
        ("positions", "leverage"),
        ("balances", "leverage"),
    ],
)
def test_what_could_not_be_read_makes_its_rules_unknown(surface: str, rule: str) -> None:
    assert problems(unread(surface, rule)) == []


def test_what_could_not_be_read_says_so() -> None:
    (problem,) = problems(unread("balances", "leverage").replace("is: unknown", "is: ok"))
    assert "found unknown (balances: BLIND, the test says that it could not be read)" in problem


def test_equity_that_is_not_said_is_unknown_and_not_zero() -> None:
    body = BOOK.replace("equity: 10k USD, ", "") + "    rule: leverage\n    expect: [{is: unknown}]\n"
    assert problems(body) == []


FREE = """\
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
rules:
  - {id: free, title: Free, why: Calls come in clusters., expr: available_balance / equity, unit: ratio, per: account, min: 10%}
tests:
  - name: a
    accounts: [{id: main, equity: 10k USD}]
    positions: [{symbol: "BTC/USDT:USDT", side: long, notional: 20k USD, mark: 50k USD, leverage: 4x}]
"""


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("", ""), "is: ok, value: 50%"),  # 10k of equity less a quarter of 20k
        (("10k USD}", "10k USD, available_balance: 2k USD}"), "is: ok, value: 20%"),
        ((", leverage: 4x", ""), "is: unknown"),
        (("10k USD}", "10k USD, available_balance: 2k USD, unknown: [balances]}"), "is: unknown"),
    ],
)
def test_what_may_still_be_used_is_as_stated_or_equity_less_initial_margin(
    change: tuple[str, str], found: str
) -> None:
    text = f"{FREE.replace(*change)}    expect: [{{{found}}}]\n"
    (policy,) = load([("desk.yaml", text)]).policies
    assert [result.problems for result in rehearse(policy)] == [()]


def test_a_position_without_confirmation_is_unknown_and_not_flat() -> None:
    body = BOOK.replace("quantity: 0.3 BTC, mark: 50k USD", "quantity: 0.3 BTC, mark: 50k USD, confirmed: no")
    assert problems(body + "    rule: leverage\n    expect: [{is: unknown}]\n") == []
