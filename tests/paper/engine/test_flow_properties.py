"""What holds after every step of every random order flow."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Event, Rejection, Side
from tests.paper.engine.builders import D
from tests.paper.engine.flows import ACCOUNTS, Operation, Shadow, attempt, build, operations

FLOWS = st.lists(operations(), min_size=15, max_size=60)
FLOW_SETTINGS = settings(max_examples=60, deadline=None, derandomize=True)


@FLOW_SETTINGS
@given(FLOWS)
def test_money_is_conserved_exactly_after_every_operation(flow: list[Operation]) -> None:
    exchange = build()
    for operation in flow:
        attempt(exchange, operation)
        books = exchange.books()
        assert books.total() == books.expected()
        assert books.insurance >= 0


@FLOW_SETTINGS
@given(FLOWS)
def test_a_closing_fill_never_increases_or_flips_and_no_position_is_empty(flow: list[Operation]) -> None:
    exchange, shadow = build(), Shadow()
    for operation in flow:
        attempt(exchange, operation)
        shadow.check(exchange)


@FLOW_SETTINGS
@given(FLOWS)
def test_balances_agree_with_positions_orders_and_income(flow: list[Operation]) -> None:
    exchange = build()
    for operation in flow:
        attempt(exchange, operation)
        for name in ACCOUNTS:
            _check_balances(exchange, name)


def _check_balances(exchange: Exchange, name: str) -> None:
    view, positions = exchange.account(name), exchange.positions(name)
    assert view.margin_balance == view.wallet_balance + sum((p.unrealized_pnl for p in positions), D(0))
    assert view.wallet_balance == sum((row.amount for row in exchange.income(name)), D(0))
    isolated = sum((p.isolated_wallet for p in positions), D(0))
    assert view.wallet_balance == view.cross_wallet_balance + isolated
    assert view.maintenance_margin == sum((p.maintenance_margin for p in positions), D(0))
    assert abs(view.open_order_initial_margin - _order_margin(exchange, name)) < D("1E-20")


def _order_margin(exchange: Exchange, name: str) -> Decimal:
    """Independent and slow: from the open orders and positions as anybody sees them."""
    held = D(0)
    for contract in exchange.contracts:
        symbol = contract.symbol
        sides = {
            p.position_side: p.quantity * p.mark_price for p in exchange.positions(name) if p.symbol == symbol
        }
        sums = {Side.BUY: D(0), Side.SELL: D(0)}
        for order in exchange.open_orders(name, symbol):
            closing = order.reduce_only or (order.position_side, order.side) in {
                ("LONG", "SELL"),
                ("SHORT", "BUY"),
            }
            if not closing and order.price is not None:
                sums[order.side] += (order.quantity - order.executed_quantity) * order.price
        now = sum(sides.values(), D(0))
        if exchange.account(name).hedge_mode:
            growth = sums[Side.BUY] + sums[Side.SELL]
        else:
            growth = max(abs(now + sums[Side.BUY]), abs(now - sums[Side.SELL])) - abs(now)
        held += growth / exchange.settings(name, symbol)[0]
    return held


@FLOW_SETTINGS
@given(FLOWS)
def test_after_an_advance_no_account_is_below_maintenance_or_bankrupt(flow: list[Operation]) -> None:
    exchange = build()
    for operation in flow:
        before = exchange.now_ms
        attempt(exchange, operation)
        if exchange.now_ms == before:
            continue
        for name in ACCOUNTS:
            _check_solvent(exchange, name)


def _check_solvent(exchange: Exchange, name: str) -> None:
    view, positions = exchange.account(name), exchange.positions(name)
    crossed = [p for p in positions if not p.isolated]
    equity = view.cross_wallet_balance + view.cross_unrealized_pnl
    assert equity >= 0
    if crossed:
        assert equity > sum((p.maintenance_margin for p in crossed), D(0))
    for alone in positions:
        if alone.isolated:
            assert alone.isolated_wallet + alone.unrealized_pnl > alone.maintenance_margin


@FLOW_SETTINGS
@given(FLOWS)
def test_the_same_inputs_give_the_same_outputs_bit_for_bit(flow: list[Operation]) -> None:
    assert _transcript(flow) == _transcript(flow)


def _transcript(flow: list[Operation]) -> list[str]:
    exchange = build()
    answers: list[tuple[Event, ...] | Rejection] = [attempt(exchange, operation) for operation in flow]
    state = [(exchange.positions(n), exchange.account(n), exchange.income(n)) for n in ACCOUNTS]
    return [repr(answers), repr(state), repr(exchange.books())]
