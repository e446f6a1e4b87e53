"""Snapshot tests as they are compiled: rows of a book, looks at it, and what is expected."""

from __future__ import annotations

from decimal import Decimal

from riskd.model.desk import UNLABELLED, LegKind
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind
from riskd.policy.book_rows import BookRows
from riskd.policy.bundle import SnapshotTest
from tests.policy.policy_text import a_policy, codes_of, policy_text

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def a_snapshot_test(body: str) -> SnapshotTest:
    text = f"- name: a\n{body}"
    (test,) = a_policy(policy_text(tests=text)).tests
    assert isinstance(test, SnapshotTest)
    return test


def a_book(rows: str) -> BookRows:
    return a_snapshot_test(f"  expect: []\n{rows}").moments[0].book


def test_rows_are_in_base_units_and_what_they_do_not_say_is_unknown() -> None:
    book = a_book(f"""\
  accounts: [{{id: main, equity: 10k USD, labels: {{env: prod, desk: a}}}}]
  positions:
    - {{symbol: {BTC}, side: short, quantity: 0.5 BTC, mark: 50k USD, leverage: 5x, age: 2h, strategy: swing}}
""")
    (account,), (position,), (instrument,) = book.accounts, book.positions, book.instruments
    assert (account.equity, account.wallet, account.past, account.unknown) == (10_000.0, None, (), ())
    assert account.profile.labels == (("desk", "a"), ("env", "prod"))
    assert (position.account, position.quantity, position.leverage) == ("main", Decimal("-0.5"), 5.0)
    assert (position.entry, position.liquidation, position.adl_rank) == (None, None, None)
    assert (position.opened_at, position.confirmed) == (-7_200.0, True)
    assert (instrument.mark, instrument.index, instrument.funding_rate) == (50_000.0, None, None)
    assert instrument.maintenance_rate == 0.005


def test_a_notional_is_a_quantity_at_the_mark() -> None:
    book = a_book(f"""\
  accounts: [{{id: main}}]
  instruments: [{{symbol: {BTC}, mark: 40k USD, funding: 0.01%/8h}}]
  positions: [{{symbol: {BTC}, side: long, notional: 5k USD}}]
""")
    assert book.positions[0].quantity == Decimal("0.125")
    assert book.instruments[0].funding_rate == 0.0001 / 8


def test_an_order_is_a_stop_where_it_has_a_trigger() -> None:
    book = a_book(f"""\
  accounts: [{{id: main}}]
  orders:
    - {{symbol: {BTC}, side: sell, quantity: all, trigger: 48k USD}}
    - {{symbol: {BTC}, side: buy, quantity: 0.1 BTC, price: 45k USD}}
    - {{symbol: {BTC}, side: sell, quantity: 0.1 BTC, type: take_profit, trigger: 60k USD, reduce_only: yes, age: 6d}}
""")
    stop, limit, profit = book.orders
    assert (stop.placed_at, profit.placed_at) == (None, -6 * 86_400.0)
    assert (stop.kind, stop.quantity, stop.direction) == (OrderKind.STOP, None, -1)
    assert (limit.kind, limit.price, limit.reduce_only) == (OrderKind.LIMIT, 45_000.0, False)
    assert (profit.kind, profit.reduce_only) == (OrderKind.TAKE_PROFIT, True)


def test_hedges_grids_and_the_past() -> None:
    book = a_book(f"""\
  accounts: [{{id: main, past: [{{ago: 1h, equity: 9k USD}}, {{ago: 12h, equity: 10k USD}}], unknown: [income, marks]}}]
  hedges: [{{id: btc, legs: [{{spot: BTC}}, {{symbol: {BTC}}}]}}]
  grids: [{{id: eth, symbol: {ETH}, lower: 1.8k USD}}]
  spot: [{{quantity: 2 BTC}}]
  funding: [{{symbol: {BTC}, received: 5 USD, ago: 30m}}]
  closes: [{{symbol: {BTC}, loss: 50 USD, fee: 2 USD, ago: 1h, strategy: scalp}}, {{symbol: {ETH}, gain: 9 USD, ago: 5m}}]
  placed: [{{orders: 7, ago: 5s, strategy: grid-a}}]
""")
    lost, won = book.closes
    assert (lost.realized, lost.fee, lost.at, lost.strategy) == (-50.0, 2.0, -3_600.0, "scalp")
    assert (won.realized, won.fee, won.at, won.strategy) == (9.0, 0.0, -300.0, UNLABELLED)
    assert book.accounts[0].past == ((-43_200.0, 10_000.0), (-3_600.0, 9_000.0))
    assert book.accounts[0].unknown == (Surface.MARKS, Surface.INCOME)
    assert [leg.kind for leg in book.hedges[0].legs] == [LegKind.SPOT, LegKind.PERPETUAL]
    assert (book.grids[0].lower, book.grids[0].upper) == (Decimal(1_800), None)
    assert (book.spot[0].asset, book.spot[0].quantity) == ("BTC", Decimal(2))
    assert (book.funding[0].paid, book.funding[0].at) == (-5.0, -1_800.0)
    assert (book.placed[0].orders, book.placed[0].at) == (7, -5.0)
    assert [row.symbol for row in book.instruments] == [BTC, ETH]


def test_a_step_keeps_what_it_does_not_say_and_the_latest_mark_holds() -> None:
    test = a_snapshot_test(f"""\
  accounts: [{{id: main, equity: 10k USD}}]
  positions: [{{symbol: {BTC}, side: long, quantity: 1 BTC, mark: 50k USD, age: 1h}}]
  expect: []
  steps:
    - {{at: 60s, instruments: [{{symbol: {BTC}, mark: 45k USD}}], expect: [], others: ok}}
    - {{at: 2m, positions: [{{symbol: {BTC}, side: long, quantity: 2 BTC, age: 0s}}], expect: []}}
""")
    first, second, third = test.moments
    assert [moment.at_seconds for moment in test.moments] == [0.0, 60.0, 120.0]
    assert [moment.others_ok for moment in test.moments] == [False, True, False]
    assert [moment.book.instruments[0].mark for moment in test.moments] == [50_000.0, 45_000.0, 45_000.0]
    assert first.book.positions == second.book.positions
    assert third.book.positions[0].opened_at == 120.0
    assert third.book.accounts == first.book.accounts


def test_an_expectation_has_the_precision_that_it_was_written_with() -> None:
    test = a_snapshot_test("""\
  accounts: [{id: main}]
  expect: [{subject: {account: main}, is: breach, value: 5.5x, alert: firing, level: breach, actions: []}]
""")
    (line,) = test.moments[0].expect
    assert (line.rule, line.subject, line.outcome) == ("desk/cap", (("account", "main"),), "breach")
    assert (line.value, line.tolerance) == (5.5, 0.05)
    assert (line.condition, line.actions) == ("firing", ())


def test_a_test_that_names_no_rule_is_of_all_and_counts_as_a_test_of_each() -> None:
    rule = """\
    id: cap
    title: A cap
    measure: leverage
    per: account
    max: 5x
    then: {breach: [notify, deleverage]}
    """
    silent = "- {name: a, accounts: [{id: main}], expect: []}\n"
    (test,) = a_policy(policy_text(rule, tests=silent, mode="enforce")).tests
    assert test.rules == ("desk/cap",)
    assert codes_of(policy_text(rule, mode="enforce")) == ["P217"]


def test_a_book_is_bounded() -> None:
    rows = ", ".join(["{orders: 1, ago: 5s}"] * 150)
    steps = ", ".join(f"{{at: {n}s, expect: []}}" for n in range(1, 80))
    text = f"- {{name: a, accounts: [{{id: main}}], expect: [], placed: [{rows}], steps: [{steps}]}}\n"
    assert codes_of(policy_text(tests=text)) == ["P240"]
