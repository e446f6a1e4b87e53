"""What watching costs at the venue, counted on the requests themselves: docs/operations.md says how many accounts fit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.ccxt_transport import request_weight
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.system_clock import SystemClock
from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.daemon.reading import Reading, orders_every_seconds
from riskd.model.wire import VenueAnswer, VenueCall

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTES = 60
LISTS = (
    *("/fapi/v1/premiumIndex", "/fapi/v1/fundingInfo", "/fapi/v1/leverageBracket", "/fapi/v3/positionRisk"),
    *("/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders", "/fapi/v1/symbolConfig", "/fapi/v1/income"),
)


class Counting:
    """Answers with nothing and counts what the venue would charge."""

    def __init__(self) -> None:
        self.weight = 0

    async def call(self, call: VenueCall) -> VenueAnswer:
        self.weight += request_weight(call)
        return VenueAnswer(status=200, text="[]" if call.path in LISTS else '{"x": 1}', headers=())

    async def close(self) -> None:
        """Nothing is held."""


def charged(*accounts: str, every_seconds: float) -> tuple[int, float]:
    """What the first cycle of these readers costs, and what a minute costs after it."""
    loop = VirtualLoop()
    clock, transport = VirtualClock(loop, started_at=START), Counting()
    reading = Reading([BinanceReader(transport, account=name, clock=clock) for name in accounts], clock)

    async def story() -> tuple[int, float]:
        await reading.collect(deadline_seconds=1)
        first = transport.weight
        cycles = round(MINUTES * 60 / every_seconds)
        for cycle in range(1, cycles + 1):
            await clock.sleep_until(cycle * every_seconds)
            await reading.collect(deadline_seconds=1)
        return first, (transport.weight - first) / MINUTES

    try:
        return loop.run_until_complete(story())
    finally:
        loop.close()


TEN = tuple(f"account-{number}" for number in range(10))


@pytest.mark.parametrize(("every_seconds", "at_most"), [(10.0, 180), (5.0, 240)])
def test_a_minute_of_one_account_of_ten_costs_what_the_operations_page_says(
    every_seconds: float, at_most: int
) -> None:
    first, minute = charged(*TEN, every_seconds=every_seconds)
    assert first <= 10 * 160
    assert 10 * (at_most - 10) <= minute <= 10 * at_most


@pytest.mark.parametrize("count", range(1, 8))
def test_few_accounts_are_looked_at_more_often_within_half_of_the_allowance(count: int) -> None:
    _, minute = charged(*TEN[:count], every_seconds=10.0)
    assert minute <= 1_250


def test_lists_of_orders_are_read_less_often_with_every_account_down_to_the_slowest() -> None:
    every = [orders_every_seconds(count) for count in (1, 2, 4, 7, 12, 50)]
    assert every == sorted(every)
    assert (every[0], every[-1]) == (10.0, 60.0)
    assert 20.0 < every[2] < 30.0


def test_a_minute_of_a_venue_costs_no_more_with_more_accounts() -> None:
    _, minute = charged("", every_seconds=10.0)
    assert minute <= 62


@pytest.mark.parametrize(("every_seconds", "words"), [(10.0, "ten"), (5.0, "seven")])
def test_the_operations_page_says_how_many_accounts_fit_one_address(every_seconds: float, words: str) -> None:
    budget = RequestBudget(clock=SystemClock())
    allowed = budget.weight_per_minute * (1 - budget.reserve)
    of_one = charged(*TEN, every_seconds=every_seconds)[1] / len(TEN)
    fit = (allowed - charged("", every_seconds=every_seconds)[1]) / of_one
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {"ten": 10, "seven": 7}[words] == int(fit)
    assert re.search(rf"\b{words}\b", page)


def test_the_past_of_a_contract_costs_what_the_operations_page_says() -> None:
    def weight(limit: int) -> int:
        params = (("symbol", "BTCUSDT"), ("interval", "1h"), ("limit", str(limit)))
        return request_weight(
            VenueCall(method="GET", path="/fapi/v1/markPriceKlines", params=params, signed=False)
        )

    assert [weight(limit) for limit in (99, 100, 499, 500, 1000, 1001)] == [1, 2, 2, 5, 5, 10]
    page = " ".join((ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split())
    assert f"costs {7 * weight(1000)} more when it is first seen and once a day, and 1 an hour" in page
