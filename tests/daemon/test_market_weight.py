"""What looking at markets costs at the venue, counted on the requests themselves: docs/operations.md says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.ccxt_transport import request_weight
from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.daemon.aside import due_aside
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.reading import Reading
from riskd.model.report import Surface
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.absorb import absorb
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.known import Known
from riskd.paper.dialect.dialect import ENDPOINTS
from riskd.paper.dialect.parameters import parse_parameters
from tests.builders import a_position, a_snapshot
from tests.fakes.transport import param
from tests.observe.rows import Row, contracts, ms

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTES = 30
ROOT = Path(__file__).resolve().parents[2]
# Source: developers.binance.com, USDS-margined futures, Order Book.
LIMITS = ((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20))


class Market:
    """Answers about any contract, and counts what the venue would charge for what is read aside."""

    def __init__(self, clock: VirtualClock, coins: list[str]) -> None:
        self.weight = 0
        self._clock, self._coins = clock, coins

    async def call(self, call: VenueCall) -> VenueAnswer:
        answers = self._answers(call)
        if call.path in answers:
            self.weight += request_weight(call)
        listing = {"symbols": contracts(*self._coins)}
        return VenueAnswer(status=200, text=json.dumps(answers.get(call.path, listing)), headers=())

    def _answers(self, call: VenueCall) -> dict[str, Row | list[Row]]:
        now, symbol = self._clock.now(), param(call, "symbol")
        day = {"openTime": ms(now - timedelta(days=1)), "closeTime": ms(now)}
        index: Row = {"symbol": "USDTUSD", "time": ms(now), "index": "1", "bidBuffer": "0", "askBuffer": "0"}
        return {
            "/fapi/v1/depth": {"E": ms(now), "bids": [["9", "1"]], "asks": [["10", "1"]]},
            "/fapi/v1/ticker/24hr": {"symbol": symbol, "quoteVolume": "5", **day},
            "/fapi/v1/openInterest": {"symbol": symbol, "openInterest": "5"},
            "/fapi/v1/assetIndex": [index | {"bidRate": "1", "askRate": "1"}],
        }

    async def close(self) -> None:
        """Nothing is held."""


def weight_a_minute(surface: Surface, count: int) -> float:
    """Of reading one surface of so many contracts, over half an hour after half an hour."""
    loop = VirtualLoop()
    clock = VirtualClock(loop, started_at=START)
    coins = [f"C{number}" for number in range(count)]
    market = Market(clock, coins)
    reading = Reading([BinanceReader(market, account="", clock=clock)], clock)
    positions = [a_position(f"{coin}/USDT:USDT", 1) for coin in coins]
    keeper = HistoryKeeper(a_snapshot(positions=positions).desk)

    async def cycles(known: Known, first: int) -> Known:
        for cycle in range(first, first + MINUTES * 6):
            await clock.sleep_until(cycle * 10.0)
            reports = await reading.collect(deadline_seconds=1)
            known = absorb(reports, known, plausible=PLAUSIBLE)
            snapshot = a_snapshot(positions=positions, taken_at=clock.now())
            keeper.markets.take_in(known, snapshot)
            reading.look_aside(due_aside(keeper, snapshot, {surface}))
        return known

    async def story() -> float:
        known = await cycles(Known(), 0)
        before = market.weight
        await cycles(known, MINUTES * 6)
        spent = market.weight - before
        await reading.close()
        return spent / MINUTES

    try:
        return loop.run_until_complete(story())
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("surface", "count", "at_most"),
    [
        (Surface.ORDER_BOOKS, 1, 10.0),
        (Surface.ORDER_BOOKS, 10, 100.0),
        (Surface.ORDER_BOOKS, 72, 240.0),
        (Surface.TURNOVER, 10, 4.0),
        (Surface.TURNOVER, 150, 48.0),
        (Surface.ASSET_INDEX, 10, 10.0),
    ],
)
def test_a_minute_costs_what_the_operations_page_says(surface: Surface, count: int, at_most: float) -> None:
    assert 0.8 * at_most <= weight_a_minute(surface, count) <= at_most


def test_the_operations_page_says_so() -> None:
    page = " ".join((ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split())
    assert "10 a minute for the order book of a contract, 240 for all of them together" in page
    assert "2 every five minutes for volume and open interest, 48 a minute for all of them together" in page
    assert "10 a minute and venue for what coins count for as collateral" in page


@pytest.mark.parametrize(
    ("path", "params", "weight"),
    [
        *(("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": str(limit)}, weight) for limit, weight in LIMITS),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT"}, 10),
        ("/fapi/v1/ticker/24hr", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/ticker/24hr", {}, 40),
        ("/fapi/v1/openInterest", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/assetIndex", {"symbol": "ADAUSD"}, 1),
        ("/fapi/v1/assetIndex", {}, 10),
    ],
)
def test_each_request_is_charged_as_the_venue_does_and_as_its_stand_in_does(
    path: str, params: dict[str, str], weight: int
) -> None:
    call = VenueCall(method="GET", path=path, params=tuple(params.items()), signed=False)
    assert request_weight(call) == weight
    (endpoint,) = (row for row in ENDPOINTS if (row.method, row.path) == ("GET", path))
    assert endpoint.weight(parse_parameters(urlencode(params), "")) == weight
