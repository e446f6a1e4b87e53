"""Grids, judged full."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from riskd.model.desk import GridDefinition
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    AccountRow,
    OrderRow,
    PositionRow,
    a_grid,
    a_position,
    a_snapshot,
    an_account,
    an_instrument,
    an_order,
)
from tests.measure.books import by_subject, reason, value

LEVELS = [20_000.0 + 400.0 * step for step in range(11)]


def book(
    *orders: OrderRow,
    positions: Sequence[PositionRow] = (),
    account: AccountRow | None = None,
    grid: GridDefinition | None = None,
    mark: float = 3_000.0,
) -> Snapshot:
    """An account of 10,000 with an ETH grid; maintenance 0.5 %."""
    return a_snapshot(
        accounts=[account or an_account(wallet=10_000)],
        instruments=[an_instrument(ETH, mark=mark, brackets=((0.0, 0.005),))],
        orders=orders,
        positions=positions,
        grids=(grid or a_grid(),),
    )


def bid(price: float, quantity: float = 1.0, **more: object) -> OrderRow:
    return an_order(ETH, "BUY", quantity, price, **more)  # type: ignore[arg-type]  # fields of the row


def ask(price: float, quantity: float = 1.0, **more: object) -> OrderRow:
    return an_order(ETH, "SELL", quantity, price, **more)  # type: ignore[arg-type]  # fields of the row


@pytest.mark.parametrize(
    ("leverage", "price", "room"),
    [(3, 14_740, 0.263), (5, 17_690, 0.116), (8, 19_350, 0.033), (10, 19_900, 0.005)],
)
def test_a_full_long_grid_liquidates_where_the_published_arithmetic_says(
    leverage: float, price: float, room: float
) -> None:
    """Bids from 20,000 to 24,000, average entry 22,000, equity a third (fifth ...) of their worth."""
    snapshot = a_snapshot(
        accounts=[an_account(wallet=sum(LEVELS) / leverage)],
        instruments=[an_instrument(BTC, mark=24_000.0, brackets=((0.0, 0.005),))],
        orders=[an_order(BTC, "BUY", 1, level) for level in LEVELS],
        grids=(a_grid("g", BTC),),
    )
    found = value(snapshot, "grid_worst_liquidation_distance", Grain.GRID)
    assert found == pytest.approx(room, abs=5e-4)
    assert 20_000 * (1 - found) == pytest.approx(price, abs=5)


def test_a_grid_half_filled_and_one_all_resting_end_the_same() -> None:
    resting = book(bid(2_900), bid(2_800), grid=a_grid(upper=3_000))
    filled = book(
        bid(2_800), positions=[a_position(ETH, 1, entry=2_900)], grid=a_grid(upper=3_000), mark=2_900.0
    )
    for name in ("grid_worst_leverage", "grid_worst_liquidation_distance"):
        assert value(filled, name, Grain.GRID) == pytest.approx(value(resting, name, Grain.GRID))


def test_worst_leverage_is_taken_at_the_far_bound_on_the_worse_side() -> None:
    snapshot = book(bid(2_900, 2), bid(2_800, 2), ask(3_100, 1))
    equity = 10_000 + 2 * (2_800 - 2_900)
    assert value(snapshot, "grid_worst_leverage", Grain.GRID) == pytest.approx(4 * 2_800 / equity)


def test_a_short_grid_is_worst_above() -> None:
    snapshot = book(ask(3_100, 2), ask(3_200, 2), bid(2_900, 1))
    equity = 10_000 - 2 * (3_200 - 3_100)
    assert value(snapshot, "grid_worst_leverage", Grain.GRID) == pytest.approx(4 * 3_200 / equity)


def test_orders_that_only_reduce_do_not_add() -> None:
    adding = book(bid(2_900, 1), ask(3_100, 9, reduce_only=True))
    assert value(adding, "grid_worst_leverage", Grain.GRID) == pytest.approx(2_900 / 10_000)
    hedged = book(
        bid(2_900, 1, position_side="LONG"),
        bid(2_850, 9, position_side="SHORT"),
        account=an_account(wallet=10_000, hedge_mode=True),
        grid=a_grid(upper=3_000),
    )
    assert value(hedged, "grid_worst_leverage", Grain.GRID) == pytest.approx(2_850 / (10_000 - 50))


def test_leverage_is_infinite_when_the_fills_eat_the_equity() -> None:
    snapshot = book(bid(2_900, 50), bid(2_500, 50))
    assert value(snapshot, "grid_worst_leverage", Grain.GRID) == math.inf
    assert value(snapshot, "grid_worst_liquidation_distance", Grain.GRID) == 0.0


def test_worst_loss_goes_beyond_the_edge_and_counts_what_is_held() -> None:
    snapshot = book(bid(2_900), bid(2_800), positions=[a_position(ETH, 1)], grid=a_grid(upper=3_000))
    far = 2_800 * 0.9
    expected = (2_900 - far) + (2_800 - far) + (3_000 - far)
    assert value(snapshot, "grid_worst_loss", Grain.GRID) == pytest.approx(expected / 10_000)
    at_edge = (2_900 - 2_800) + (3_000 - 2_800)
    assert value(snapshot, "grid_worst_loss", Grain.GRID, beyond=0.0) == pytest.approx(at_edge / 10_000)


def test_beyond_its_range_a_grid_is_judged_from_where_price_is() -> None:
    snapshot = book(ask(3_000), positions=[a_position(ETH, 3)], grid=a_grid(lower=2_800), mark=2_600.0)
    assert value(snapshot, "grid_worst_leverage", Grain.GRID) == pytest.approx(3 * 2_600 / 10_000)


def test_an_isolated_grid_stands_on_its_wallet_and_the_margin_of_its_fills() -> None:
    held = a_position(ETH, 1, isolated_wallet=300.0, leverage=10.0)
    snapshot = book(bid(2_800), positions=[held], account=an_account(wallet=1e6), grid=a_grid(upper=3_000))
    backing = 300 + 280 - (3_000 - 2_800)
    room = (backing - 2 * 2_800 * 0.005) / (2 * 2_800 * 0.995)
    assert value(snapshot, "grid_worst_liquidation_distance", Grain.GRID) == pytest.approx(room)


def test_breakout_is_measured_in_heights_of_the_range() -> None:
    inside = book(bid(2_900), ask(3_100))
    below = book(bid(2_900), ask(3_100), mark=2_880.0)
    above = book(bid(2_900), ask(3_100), mark=3_150.0)
    found = [value(snapshot, "grid_breakout", Grain.GRID) for snapshot in (inside, below, above)]
    assert found == [0.0, pytest.approx(0.1), pytest.approx(0.25)]


def test_configured_bounds_win_over_resting_orders() -> None:
    snapshot = book(bid(2_900), ask(3_100), grid=a_grid(lower=2_000, upper=2_500))
    assert value(snapshot, "grid_breakout", Grain.GRID) == pytest.approx(1.0)


def test_a_grid_at_rest_is_known_to_risk_nothing() -> None:
    snapshot = book()
    assert value(snapshot, "grid_worst_leverage", Grain.GRID) == 0.0
    assert value(snapshot, "grid_worst_loss", Grain.GRID) == 0.0
    assert value(snapshot, "grid_worst_liquidation_distance", Grain.GRID) == math.inf
    assert value(snapshot, "grid_breakout", Grain.GRID) == 0.0


def test_what_a_grid_lacks_is_named() -> None:
    def why(snapshot: Snapshot, name: str = "grid_worst_leverage") -> str:
        return reason(snapshot, name, Grain.GRID)

    assert why(book(positions=[a_position(ETH, 1)])).startswith("bounds: none configured")
    assert why(book(bid(2_900), ask(3_100), mark=NAN)) == "mark price of ETH/USDT:USDT"
    assert why(book(bid(2_900), ask(3_100), account=an_account(equity=NAN))) == "equity of main"
    assert why(book(bid(2_900)), "grid_breakout") == "bounds: the range has no height"
    dark = book(bid(2_900), ask(3_100), positions=[a_position(ETH, 1, confirmed=False)])
    assert why(dark).startswith("position ETH/USDT:USDT long: absent")
    elsewhere = a_snapshot(accounts=[an_account("main")], grids=())
    assert by_subject(elsewhere, "grid_breakout", Grain.GRID) == {}


def test_an_account_counts_all_of_its_grids_full_and_the_rest_as_it_is() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000), an_account("other", wallet=10_000)],
        orders=[
            bid(2_900),
            bid(2_800),
            an_order(BTC, "BUY", 0.1, 59_000),
            an_order(BTC, "SELL", 0.1, 61_000),
        ],
        positions=[a_position("SOL/USDT:USDT", 10), a_position("SOL/USDT:USDT", 10, "other")],
        grids=(a_grid("eth", ETH, upper=3_000), a_grid("btc", BTC)),
    )
    gross = 1_500 + 2 * 2_800 + 0.1 * 61_000
    equity = 10_000 - 100
    assert by_subject(snapshot, "grid_worst_leverage", Grain.ACCOUNT) == {
        "account=main": pytest.approx(gross / equity),
        "account=other": 0.15,
    }
