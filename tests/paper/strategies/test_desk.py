"""The desk as a whole: who survives which crash, within which limits, and the same again from the same seed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.candle_files import read_candles
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Event, Liquidated, Side, Trade
from riskd.paper.market.presets import DEMO_CRASH_MINUTE, DEMO_LOW_MINUTE, PRESETS, demo
from riskd.paper.market.recorded import recorded
from riskd.paper.market.track import Market
from riskd.paper.strategies.cross_hedge import CrossHedge
from riskd.paper.strategies.desk import Desk, demo_desk, grid_around
from riskd.paper.strategies.grid import Grid
from riskd.paper.strategies.scalp import Scalp
from riskd.paper.strategies.swing import Swing
from tests.paper.strategies.small_markets import HOUR_MS, MINUTE_MS, Step, drawn, run, venue_of
from tests.shared_data import shared_path

RECORDED = (
    "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "LTCUSDT", "ADAUSDT", "BCHUSDT",
)  # fmt: skip


def _played(
    market: Market,
    *,
    seed: int = 7,
    step_ms: int | None = None,
    until_ms: int | None = None,
    check: Step | None = None,
) -> tuple[Exchange, Desk, tuple[Event, ...]]:
    exchange, desk = venue_of(market), demo_desk(market, seed=seed)
    desk.open(exchange)
    desk.on_step(exchange, market.started_at_ms)

    def act(exchange: Exchange, now_ms: int) -> None:
        desk.on_step(exchange, now_ms)
        if check is not None:
            check(exchange, now_ms)

    return exchange, desk, run(exchange, market, act, step_ms=step_ms, until_ms=until_ms)


def _liquidated(events: tuple[Event, ...]) -> dict[str, int]:
    """When each account was first liquidated."""
    first: dict[str, int] = {}
    for event in events:
        if isinstance(event, Liquidated):
            first.setdefault(event.account, event.at_ms)
    return first


def _cost(exchange: Exchange, account: str) -> Decimal:
    return sum((abs(one.quantity) * one.entry_price for one in exchange.positions(account)), Decimal(0))


def _trades(exchange: Exchange, desk: Desk) -> list[tuple[Trade, ...]]:
    return [exchange.trades(one.name, symbol) for one in desk.accounts for symbol in one.symbols]


# --- who survives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_in_the_demo_only_swing_is_liquidated_and_late_in_the_crash(seed: int) -> None:
    market = demo(seed=seed)
    exchange, _, events = _played(market, seed=seed)
    liquidated = _liquidated(events)

    assert list(liquidated) == ["swing"]
    minute = (liquidated["swing"] - market.started_at_ms) / MINUTE_MS
    assert DEMO_CRASH_MINUTE + 10 < minute <= DEMO_LOW_MINUTE
    assert exchange.books().total() == exchange.books().expected()


def test_a_coarser_clock_tells_the_same_story() -> None:
    market = demo(seed=7)
    _, _, fine = _played(market)
    _, _, coarse = _played(market, step_ms=10_000)

    minutes = [
        round((_liquidated(events)["swing"] - market.started_at_ms) / MINUTE_MS) for events in (fine, coarse)
    ]
    assert abs(minutes[0] - minutes[1]) <= 1


@pytest.mark.parametrize(
    ("name", "victims"),
    [("2020-03-12", {"swing", "grid"}), ("2021-05-19", {"swing"}), ("2025-10-10", {"swing"})],
)
def test_the_built_in_crashes_take_swing_and_leave_the_hedge(name: str, victims: set[str]) -> None:
    exchange, _, events = _played(PRESETS[name](7))

    assert set(_liquidated(events)) == victims
    assert exchange.account("hedge").margin_balance > 0


@pytest.mark.shared
@pytest.mark.parametrize(
    ("event", "starts_ms", "hours", "victims"),
    [
        ("2020-03-12", 1_583_971_200_000, 48, {"swing", "grid"}),
        ("2025-10-10", 1_760_097_600_000, 24, {"swing"}),
    ],
)
def test_the_recorded_crashes_take_swing_and_leave_the_hedge(
    event: str, starts_ms: int, hours: int, victims: set[str]
) -> None:
    candles = read_candles(shared_path("data/crash_windows_1h.parquet"), event)
    symbols = [symbol for symbol in RECORDED if symbol in candles.symbols]
    market = recorded(
        candles, symbols=symbols, started_at_ms=starts_ms, ends_at_ms=starts_ms + hours * HOUR_MS
    )

    exchange, _, events = _played(market)

    assert set(_liquidated(events)) == victims
    assert exchange.account("hedge").margin_balance > 0
    assert exchange.books().total() == exchange.books().expected()


def test_the_hedge_is_worth_after_the_crash_what_it_was_before() -> None:
    market = demo(seed=7)
    exchange, desk, _ = _played(market, step_ms=10_000)

    deposit = desk.accounts[0].deposit
    spot = exchange.spot_balances("hedge")["BTC"] * exchange.quote("BTCUSDT").index
    assert float((spot + exchange.account("hedge").margin_balance) / deposit) == pytest.approx(1.0, abs=0.003)


# --- what the demo shows ---------------------------------------------------------------------------------------------


def test_swing_holds_three_longs_one_of_them_without_a_stop() -> None:
    market = demo(seed=7)
    exchange, _, _ = _played(market, until_ms=market.started_at_ms + 5 * MINUTE_MS)

    positions = {one.symbol for one in exchange.positions("swing")}
    stopped = {one.symbol for one in exchange.open_algo_orders("swing")}
    assert positions == {"ETHUSDT", "SOLUSDT", "XRPUSDT"}
    assert positions - stopped == {"ETHUSDT"}
    assert exchange.open_orders("swing") == ()


def test_a_take_profit_rests_once_the_crash_has_begun() -> None:
    market = demo(seed=7)
    exchange, _, _ = _played(market, until_ms=market.started_at_ms + 31 * MINUTE_MS)

    resting = exchange.open_orders("swing")
    assert [(one.symbol, one.reduce_only) for one in resting] == [("SOLUSDT", True)]
    assert resting[0].quantity == exchange.held("swing", "SOLUSDT")


def test_the_grid_averages_down_in_the_dip() -> None:
    market = demo(seed=7)
    exchange, _, _ = _played(market, until_ms=market.started_at_ms + 17 * MINUTE_MS)

    prices = [one.price for one in exchange.open_orders("grid")]
    assert len(prices) == 23
    assert prices.count(Decimal(20_000)) == 2


def test_where_it_is_paused_no_bot_opens_anything() -> None:
    market = demo(seed=7)
    exchange, desk = venue_of(market), demo_desk(market, seed=7, paused=lambda _account, _symbol: True)
    desk.open(exchange)
    run(exchange, market, desk.on_step, until_ms=market.started_at_ms + 20 * MINUTE_MS)

    assert exchange.trades("scalp", "BTCUSDT") == ()
    assert {one.side for one in exchange.open_orders("grid")} == {Side.SELL}


def test_the_late_stop_is_there_before_the_crash() -> None:
    market = demo(seed=7)
    exchange, _, _ = _played(market, until_ms=market.started_at_ms + 16 * MINUTE_MS)

    assert {one.symbol for one in exchange.open_algo_orders("swing")} == {"ETHUSDT", "SOLUSDT", "XRPUSDT"}


def test_the_grid_of_the_demo_is_the_mission_s() -> None:
    assert list(grid_around(Decimal("21998.8"))) == [20_000, 24_000]


def test_scalp_loses_two_percent_in_the_demo_and_lives() -> None:
    market = demo(seed=7)
    exchange, desk, _ = _played(market)
    scalp = desk.accounts[3]

    left = exchange.account("scalp").margin_balance / scalp.deposit
    assert Decimal("0.9") < left < Decimal("0.98")


# --- limits and repetition -------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 1_000), name=st.sampled_from(["demo", "2025-10-10"]))
@settings(max_examples=6, deadline=None, derandomize=True)
def test_no_bot_passes_its_own_parameters(seed: int, name: str) -> None:
    market = PRESETS[name](seed)
    lower, upper = grid_around(market.quotes(market.started_at_ms)["BTCUSDT"].last)

    entered = [0]

    def check(exchange: Exchange, now_ms: int) -> None:
        del now_ms
        for order in exchange.open_orders("grid"):
            assert order.price is not None
            assert lower <= order.price <= upper
        cost = {account: _cost(exchange, account) for account in ("hedge", "swing", "grid", "scalp")}
        assert cost["grid"] <= 3 * 60_000
        assert cost["hedge"] <= Decimal("0.81") * 200_000
        assert cost["scalp"] <= Decimal("0.26") * 5_000
        if len(exchange.positions("swing")) > entered[0]:
            assert cost["swing"] <= Decimal("6.1") * exchange.account("swing").margin_balance
        entered[0] = len(exchange.positions("swing"))

    _played(market, seed=seed, step_ms=60_000, check=check)


def test_the_same_seed_gives_the_same_trades_to_the_last_digit() -> None:
    runs = [_played(demo(seed=3), seed=3, step_ms=5_000) for _ in range(2)]

    assert _trades(*runs[0][:2]) == _trades(*runs[1][:2])
    assert runs[0][2] == runs[1][2]


def test_no_bot_is_refused_an_order_in_the_demo() -> None:
    _, desk, _ = _played(demo(seed=7))

    for one in desk.accounts:
        assert isinstance(one.actor, CrossHedge | Swing | Grid | Scalp)
        assert one.actor.hand.refusals == []


def test_client_ids_tell_whose_order_it_is() -> None:
    exchange, desk, _ = _played(demo(seed=7), step_ms=60_000, until_ms=demo(seed=7).started_at_ms + 60_000)

    for one in desk.accounts:
        orders = (*exchange.open_orders(one.name), *exchange.open_algo_orders(one.name))
        assert all(order.client_order_id.startswith(one.client_id_prefix) for order in orders)
        assert {order.symbol for order in orders} <= set(one.symbols)


def test_a_market_without_enough_coins_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs BTCUSDT and three of .* the market lists BTCUSDT, ETHUSDT"):
        demo_desk(drawn({"BTCUSDT": [1.0], "ETHUSDT": [1.0]}), seed=1)
