"""What the unmodified ccxt client makes of the venue's public answers."""

from __future__ import annotations

from tests.contracts.paper_ccxt.harness import BTC, ETH, Desk, converse
from tests.support_paper import START_MS, StillMarket, paper_venue

HOUR_MS = 3_600_000


def test_markets_load_with_steps_limits_and_currencies() -> None:
    async def talk(desk: Desk) -> None:
        markets = await desk.client.load_markets()
        btc = markets[BTC]
        assert set(markets) == {BTC, ETH}
        assert (btc["linear"], btc["swap"], btc["active"], btc["contractSize"]) == (True, True, True, 1.0)
        assert btc["precision"]["price"] == 0.1
        assert btc["precision"]["amount"] == 0.001
        assert btc["limits"]["cost"]["min"] == 100.0
        assert btc["limits"]["market"]["max"] == 120.0
        assert {"BTC", "ETH", "USDT"} <= set(desk.client.currencies)

    converse(talk)


def test_time_is_the_venues() -> None:
    async def talk(desk: Desk) -> None:
        assert abs(await desk.client.fetch_time() - START_MS) < 5_000

    converse(talk)


def test_tickers_books_and_prices() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        ticker = await client.fetch_ticker(BTC)
        tickers = await client.fetch_tickers()
        book = await client.fetch_order_book(BTC, 5)
        sides = await client.fetch_bids_asks()
        last = await client.fetch_last_prices()
        mark = await client.fetch_mark_price(BTC)
        marks = await client.fetch_mark_prices()
        assert ticker["last"] == tickers[BTC]["last"] == last[BTC]["price"] == 60_000
        assert set(tickers) == set(marks) == {BTC, ETH}
        assert (len(book["bids"]), len(book["asks"])) == (5, 5)
        assert book["bids"][0][0] < ticker["last"] < book["asks"][0][0]
        assert (sides[BTC]["bid"], sides[BTC]["ask"]) == (59_999.5, 60_000.5)
        assert mark["markPrice"] == marks[BTC]["markPrice"] == 60_000
        assert mark["indexPrice"] == 59_990

    converse(talk)


def test_candles_of_last_mark_and_index() -> None:
    async def talk(desk: Desk) -> None:
        await desk.wait(10 * 60_000)
        for params, price in (({}, 60_000), ({"price": "mark"}, 60_000), ({"price": "index"}, 59_990)):
            candles = await desk.client.fetch_ohlcv(BTC, "1m", params=params)
            assert len(candles) >= 10
            assert candles[-1][1:5] == [price] * 4
        since = await desk.client.fetch_ohlcv(BTC, "5m", since=START_MS, limit=1)
        assert since[0][0] == START_MS

    converse(talk)


def test_funding_now_its_interval_and_its_history() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        rates = await client.fetch_funding_rates()
        one = await client.fetch_funding_rate(BTC)
        intervals = await client.fetch_funding_intervals()
        await desk.wait(9 * HOUR_MS)
        history = await client.fetch_funding_rate_history(ETH)
        assert one["fundingRate"] == rates[BTC]["fundingRate"] == 0.0001
        assert rates[ETH]["fundingRate"] == -0.00005
        assert one["fundingTimestamp"] == START_MS + 4 * HOUR_MS
        assert (intervals[BTC]["interval"], intervals[ETH]["interval"]) == ("8h", "4h")
        assert [row["timestamp"] for row in history] == [START_MS + 4 * HOUR_MS, START_MS + 8 * HOUR_MS]
        assert history[0]["fundingRate"] == -0.00005

    converse(talk, venue=paper_venue(market=StillMarket(step_ms=60_000)))


def test_leverage_tiers() -> None:
    async def talk(desk: Desk) -> None:
        tiers = await desk.client.fetch_leverage_tiers()
        assert [tier["maxLeverage"] for tier in tiers[BTC]] == [125, 50, 20]
        assert tiers[BTC][1]["minNotional"] == 300_000
        assert tiers[BTC][1]["maintenanceMarginRate"] == 0.01

    converse(talk)
