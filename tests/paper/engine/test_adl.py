"""The auto-deleveraging queue: BitMEX's published example and formula, and ranks as shown."""

from __future__ import annotations

import pytest

from riskd.paper.engine.adl import Queued, ordered, quintiles, score
from riskd.paper.engine.types import PositionSide
from tests.paper.engine.builders import D, contract, market, open_exchange, position, step

BOTH = PositionSide.BOTH

# Source: testnet.bitmex.com/app/autoDeleveragingExamples (vector bitmex-adl-queue): account, quantity, score.
BITMEX = [("1", 10, 3), ("2", 10, 6), ("3", 20, 1), ("4", 30, 4), ("5", 20, 5), ("6", 10, 2)]


def test_the_bitmex_example_queues_by_score() -> None:
    queue = ordered([Queued(name, BOTH, D(size), D(points)) for name, size, points in BITMEX])
    assert [queued.account for queued in queue] == ["2", "5", "4", "1", "6", "3"]


def test_the_bitmex_example_ranks_by_fifths_of_the_cumulative_quantity() -> None:
    queue = ordered([Queued(name, BOTH, D(size), D(points)) for name, size, points in BITMEX])
    percentiles = {name: (5 - rank) * 20 for (name, _), rank in quintiles(queue).items()}
    assert percentiles == {"2": 20, "5": 40, "4": 60, "1": 80, "6": 80, "3": 100}


def test_a_winner_scores_profit_times_effective_leverage() -> None:
    """Source: bitmex.com/app/autoDeleveraging (vector bitmex-adl-score-formula): value 11,000, entry 10,000, bankrupt 9,000."""
    found = score(unrealized_pnl=D(1_000), cost=D(10_000), notional=D(11_000), margin_balance=D(2_000))
    assert found == D("0.55")


def test_a_loser_scores_loss_over_effective_leverage_so_that_the_leveraged_one_ranks_higher() -> None:
    safe = score(unrealized_pnl=D(-100), cost=D(-1_000), notional=D(1_000), margin_balance=D(1_000))
    risky = score(unrealized_pnl=D(-100), cost=D(-1_000), notional=D(1_000), margin_balance=D(100))
    assert (safe, risky) == (D("-0.1"), D("-0.01"))


def test_profit_ranks_before_leverage_of_losers_and_the_bankrupt_come_last() -> None:
    winner = score(unrealized_pnl=D(1), cost=D(1_000), notional=D(1_001), margin_balance=D(100_000))
    loser = score(unrealized_pnl=D(-1), cost=D(1_000), notional=D(999), margin_balance=D(1))
    bankrupt = score(unrealized_pnl=D(500), cost=D(1_000), notional=D(1_500), margin_balance=D(0))
    assert winner > loser > bankrupt


def test_ranks_are_shown_with_positions_and_longs_and_shorts_queue_apart() -> None:
    exchange = open_exchange(
        contract(taker_fee_rate=D(0)),
        accounts={"hot": 600, "cold": 100_000, "long": 100_000},
    )
    exchange.place("hot", market("SELL", "1"))
    exchange.place("cold", market("SELL", "4"))
    exchange.place("long", market("BUY", "1"))
    step(exchange, "9900")
    ranks = {}
    for name in exchange.accounts:
        found = position(exchange, name)
        assert found is not None
        ranks[name] = found.adl_rank
    assert ranks == {"hot": 4, "cold": 0, "long": 0}


@pytest.mark.parametrize(("cost", "notional"), [(D(0), D(1)), (D(1), D(0))])
def test_a_position_without_value_ranks_last(cost: object, notional: object) -> None:
    found = score(unrealized_pnl=D(0), cost=D(str(cost)), notional=D(str(notional)), margin_balance=D(1))
    assert found == D("-Infinity")
