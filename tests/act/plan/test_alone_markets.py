"""A plan for one account sees the markets and the collateral that the whole desk sees, and reduces until they suffice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.act.plan.alone import account_alone
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.history import History
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, account_subject
from tests.act.plan.asking import demand, plan_for
from tests.builder_markets import a_market, with_collateral, with_markets
from tests.builders import BTC, ETH, a_history, a_position, a_snapshot, an_account
from tests.builders_rules import a_rule, at_most, deleverage
from tests.measure.books import value, values

COINS = {"USDT": (1.0, 0.0), "BTC": (60_000.0, 0.05)}
SIDE = [(1.0 + 0.001 * number, 2.0) for number in range(1, 51)]  # 2 BTC at each tenth of a percent


def two_accounts() -> tuple[Snapshot, History]:
    """Account ``b`` holds 20 BTC and is backed by half a coin; ``a`` holds something else."""
    snapshot = a_snapshot(
        accounts=[an_account("a", wallet=1e6), an_account("b", wallet=1e6)],
        positions=[a_position(ETH, 5, "a", mark=3_000.0), a_position(BTC, 20, "b", mark=60_000.0)],
    )
    market = a_market(
        BTC,
        volume=864e6,
        open_interest=1_000.0,
        bids=[(60_000.0 * (2.0 - up), size) for up, size in SIDE],
        asks=[(60_000.0 * up, size) for up, size in SIDE],
    )
    held = {"a": {"USDT": 1e6}, "b": {"BTC": 10.0, "USDT": 430_000.0}}
    history = with_collateral(with_markets(a_history(snapshot), market), snapshot, held, COINS)
    return snapshot, history


MEASURES = (
    *(("exit_time", Grain.ACCOUNT), ("share_of_open_interest", Grain.POSITION), ("exit_cost", Grain.ACCOUNT)),
    *(("peg_gap", Grain.ACCOUNT), ("collateral_share", Grain.ACCOUNT), ("collateral_stress", Grain.ACCOUNT)),
)


@pytest.mark.parametrize(("name", "grain"), MEASURES)
def test_an_account_alone_has_its_markets_and_what_backs_it(name: str, grain: Grain) -> None:
    snapshot, history = two_accounts()
    whole, alone = Book.of(snapshot, history), Book.of(*account_alone(snapshot, history, 1))
    assert value(alone, name, grain) == values(whole, name, grain)[1]


@pytest.mark.parametrize(
    ("measure", "unit"),
    [
        ("exit_time", Unit.DURATION),
        ("share_of_volume", Unit.RATIO),
        ("share_of_open_interest", Unit.RATIO),
        ("share_of_depth", Unit.RATIO),
        ("exit_cost", Unit.RATIO),
        ("collateral_stress", Unit.RATIO),
    ],
)
def test_a_reduction_halves_the_measure(measure: str, unit: Unit) -> None:
    snapshot, history = two_accounts()
    book = Book.of(snapshot, history)
    limit = values(book, measure, Grain.ACCOUNT)[1] / 2.0
    rule = a_rule(at_most(breach=limit), measure=measure, unit=unit, clear_margin=0.0)
    plan = plan_for(snapshot, demand(rule, deleverage(), account_subject("b")), book=book)
    assert isinstance(plan, Plan), plan
    (reduction,) = plan.reductions
    assert Decimal(0) < reduction.quantity < Decimal(20)
    assert plan.value_after <= limit < plan.value_before
