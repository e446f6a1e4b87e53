"""The paper venue's candles of the mark are what the daemon's price history is made of."""

from __future__ import annotations

import pytest

from riskd.observe.fields import PLAUSIBLE
from riskd.observe.normalise import dialect_of
from tests.observe.rows import VENUE, listing
from tests.support_paper import START_MS, StillMarket, ask, paper_venue

HOUR_MS = 3_600_000


def test_hours_of_the_paper_venue_have_their_extremes() -> None:
    market = StillMarket(step_ms=60_000)
    begins = START_MS - START_MS % HOUR_MS + HOUR_MS  # the first hour that is whole
    for minutes, mark in ((10, "61000"), (20, "58500.1"), (30, "60500"), (70, "60600")):
        market.move("BTCUSDT", mark, at_ms=begins + minutes * 60_000)
    venue = paper_venue(market=market)
    venue.advance_to(begins + 90 * 60_000)
    _, rows = ask(venue, "GET", "/fapi/v1/markPriceKlines", symbol="BTCUSDT", interval="1h")
    read = dialect_of(VENUE).candles({"BTCUSDT": rows}, listing("BTC"), PLAUSIBLE)
    assert read.faults == ()
    found = read.value["BTC/USDT:USDT"].until(begins + HOUR_MS)
    assert found.closed_ms[-1] == begins + HOUR_MS
    last = (found.high[-1], found.low[-1], found.close[-1])
    assert last == pytest.approx((61_000.0, 58_500.1, 60_500.0))
