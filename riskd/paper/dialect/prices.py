"""What the market shows to everybody: mark prices, funding, tickers, the book, candles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from riskd.model.report import JsonValue
from riskd.paper.dialect import errors
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, costs, costs_by_limit, costs_by_symbol
from riskd.paper.dialect.memory import CANDLES_KEPT, INTERVALS_MS, Candle, PriceKind
from riskd.paper.dialect.render import fixed, money, on_step, rate
from riskd.paper.engine.types import Contract, Quote, Rejection, depth_levels

_DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
_DEPTH_LIMIT_DEFAULT = 500
_DAY_MS = 86_400_000
_WINDOW_INTERVAL = "15m"  # the rolling day of the ticker begins on a full quarter of an hour
_INTEREST_RATE = "0.00010000"

Levels = Sequence[tuple[Decimal, Decimal]]


def premium_index(call: Call) -> JsonValue:
    """Mark price, index price and coming funding of one contract or of all."""
    rows = [_premium_row(call, contract) for contract in call.contracts()]
    return rows[0] if "symbol" in call.parameters else rows


def funding_rates(call: Call) -> JsonValue:
    """Funding settlements, oldest first; without ``startTime`` the newest ones."""
    limit = call.parameters.limit(default=100, maximum=1000)
    start_ms, end_ms = call.parameters.integer("startTime"), call.parameters.integer("endTime")
    records = sorted(
        (
            record
            for contract in call.contracts()
            for record in call.memory.funding(contract.symbol)
            if (start_ms is None or record.at_ms >= start_ms) and (end_ms is None or record.at_ms <= end_ms)
        ),
        key=lambda record: record.at_ms,
    )
    chosen = records[-limit:] if start_ms is None else records[:limit]
    return [
        {
            "symbol": record.symbol,
            "fundingRate": rate(record.rate),
            "fundingTime": record.at_ms,
            "markPrice": money(record.mark),
        }
        for record in chosen
    ]


def ticker_day(call: Call) -> JsonValue:
    """Change over the last 24 hours."""
    rows = [_ticker_day_row(call, contract) for contract in call.contracts()]
    return rows[0] if "symbol" in call.parameters else rows


def ticker_price(call: Call) -> JsonValue:
    """Last price."""
    rows: list[JsonValue] = [
        {
            "symbol": contract.symbol,
            "price": on_step(call.exchange.quote(contract.symbol).last, contract.tick_size),
            "time": call.exchange.now_ms,
        }
        for contract in call.contracts()
    ]
    return rows[0] if "symbol" in call.parameters else rows


def ticker_book(call: Call) -> JsonValue:
    """Best bid and ask."""
    rows = [_ticker_book_row(call, contract) for contract in call.contracts()]
    return rows[0] if "symbol" in call.parameters else rows


def depth(call: Call) -> JsonValue:
    """The order book, as many levels as asked for where the book is that deep."""
    contract = call.contract()
    limit = call.parameters.integer("limit") or _DEPTH_LIMIT_DEFAULT
    if limit not in _DEPTH_LIMITS:
        raise Rejection(-4021, f"{limit} is not valid depth limit")
    bids, asks = book_sides(contract, call.exchange.quote(contract.symbol), limit)
    now_ms = call.exchange.now_ms
    return {
        "lastUpdateId": now_ms,
        "E": now_ms,
        "T": now_ms,
        "bids": _level_rows(contract, bids),
        "asks": _level_rows(contract, asks),
    }


def last_candles(call: Call) -> JsonValue:
    """Candles of the last price."""
    return _candle_rows(call, call.contract(), PriceKind.LAST)


def mark_candles(call: Call) -> JsonValue:
    """Candles of the mark price."""
    return _candle_rows(call, call.contract(), PriceKind.MARK)


def index_candles(call: Call) -> JsonValue:
    """Candles of the index; this one endpoint calls the contract ``pair``."""
    pair = call.parameters.required_text("pair")
    contract = next((c for c in call.exchange.contracts if c.symbol == pair), None)
    if contract is None:
        raise Rejection(-4144, "Invalid pair.")
    return _candle_rows(call, contract, PriceKind.INDEX)


def book_sides(contract: Contract, quote: Quote, limit: int) -> tuple[Levels, Levels]:
    """Bids and asks on the contract's ticks and lots, best first.

    Prices are rounded away from the middle and quantities down, so that the book never promises more than the
    exchange fills; levels that meet on one tick are joined.
    """
    levels = depth_levels(quote, limit)
    return (
        _on_grid(contract, levels.bids, ROUND_FLOOR)[:limit],
        _on_grid(contract, levels.asks, ROUND_CEILING)[:limit],
    )


def day_candles(call: Call, contract: Contract) -> list[Candle]:
    """Candles of the last price over the last 24 hours, as far as the venue remembers."""
    begins_ms = call.exchange.now_ms - _DAY_MS
    candles = call.memory.candles(contract.symbol, _WINDOW_INTERVAL)
    return [candle for candle in candles if candle.open_ms > begins_ms]


def _premium_row(call: Call, contract: Contract) -> JsonValue:
    quote = call.exchange.quote(contract.symbol)
    return {
        "symbol": contract.symbol,
        "markPrice": money(quote.mark),
        "indexPrice": money(quote.index),
        "estimatedSettlePrice": money(quote.index),
        "lastFundingRate": rate(quote.funding_rate),
        "interestRate": _INTEREST_RATE,
        "nextFundingTime": call.exchange.next_funding_ms(contract.symbol),
        "time": call.exchange.now_ms,
    }


def _ticker_day_row(call: Call, contract: Contract) -> JsonValue:
    now_ms = call.exchange.now_ms
    last = call.exchange.quote(contract.symbol).last
    day = day_candles(call, contract)
    opened = day[0].open if day else last
    high = max((candle.high for candle in day), default=last)
    low = min((candle.low for candle in day), default=last)
    quote_volume = sum((candle.quote_volume for candle in day), Decimal(0))
    middle = (high + low) / 2
    tick = contract.tick_size
    return {
        "symbol": contract.symbol,
        "priceChange": on_step(last - opened, tick),
        "priceChangePercent": fixed((last / opened - 1) * 100, 3),
        "weightedAvgPrice": on_step(middle, tick),
        "lastPrice": on_step(last, tick),
        "lastQty": on_step(contract.quantity_min, contract.lot_size),
        "openPrice": on_step(opened, tick),
        "highPrice": on_step(high, tick),
        "lowPrice": on_step(low, tick),
        "volume": on_step(quote_volume / middle, contract.lot_size),
        "quoteVolume": fixed(quote_volume, 2),
        "openTime": now_ms - _DAY_MS,
        "closeTime": now_ms,
        "firstId": 0,
        "lastId": 0,
        "count": 0,
    }


def _ticker_book_row(call: Call, contract: Contract) -> JsonValue:
    quote = call.exchange.quote(contract.symbol)
    tick, lot = contract.tick_size, contract.lot_size
    at_touch = depth_levels(quote, 1)
    return {
        "symbol": contract.symbol,
        "bidPrice": on_step(_stepped(quote.bid, tick, ROUND_FLOOR), tick),
        "bidQty": on_step(_stepped(at_touch.bids[0][1], lot, ROUND_FLOOR), lot),
        "askPrice": on_step(_stepped(quote.ask, tick, ROUND_CEILING), tick),
        "askQty": on_step(_stepped(at_touch.asks[0][1], lot, ROUND_FLOOR), lot),
        "time": call.exchange.now_ms,
        "lastUpdateId": call.exchange.now_ms,
    }


def _on_grid(contract: Contract, levels: Iterable[tuple[Decimal, Decimal]], rounding: str) -> Levels:
    joined: dict[Decimal, Decimal] = {}
    for price, quantity in levels:
        on_tick = _stepped(price, contract.tick_size, rounding)
        joined[on_tick] = joined.get(on_tick, Decimal(0)) + quantity
    return [(price, _stepped(quantity, contract.lot_size, ROUND_FLOOR)) for price, quantity in joined.items()]


def _stepped(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding=rounding) * step


def _level_rows(contract: Contract, levels: Levels) -> JsonValue:
    return [
        [on_step(price, contract.tick_size), on_step(size, contract.lot_size)]
        for price, size in levels
        if size
    ]


def _candle_rows(call: Call, contract: Contract, kind: PriceKind) -> JsonValue:
    interval = call.parameters.required_text("interval")
    length_ms = INTERVALS_MS.get(interval)
    if length_ms is None:
        raise Rejection(-1120, "Invalid interval.")
    limit = call.parameters.limit(default=500, maximum=1500)
    start_ms, end_ms = call.parameters.integer("startTime"), call.parameters.integer("endTime")
    if start_ms is not None and end_ms is not None and start_ms > end_ms:
        raise errors.start_after_end()
    candles = [
        candle
        for candle in _without_gaps(call.memory.candles(contract.symbol, interval, kind), length_ms)
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms <= end_ms)
    ]
    chosen = candles[-limit:] if start_ms is None else candles[:limit]
    return [_candle_row(contract, candle, length_ms) for candle in chosen]


def _without_gaps(candles: Sequence[Candle], length_ms: int) -> list[Candle]:
    """Intervals that no step fell into, filled with the close before them and no volume, as Binance does."""
    backwards: list[Candle] = []
    for candle in reversed(candles):
        while backwards and candle.open_ms + length_ms < backwards[-1].open_ms:
            if len(backwards) >= CANDLES_KEPT:
                return backwards[::-1]
            backwards.append(_flat(backwards[-1].open_ms - length_ms, candle.close))
        backwards.append(candle)
    return backwards[::-1]


def _flat(open_ms: int, price: Decimal) -> Candle:
    return Candle(open_ms=open_ms, open=price, high=price, low=price, close=price, quote_volume=Decimal(0))


def _candle_row(contract: Contract, candle: Candle, length_ms: int) -> JsonValue:
    tick = contract.tick_size
    volume = on_step(candle.quote_volume / candle.close, contract.lot_size)
    half = on_step(candle.quote_volume / candle.close / 2, contract.lot_size)
    return [
        candle.open_ms,
        on_step(candle.open, tick),
        on_step(candle.high, tick),
        on_step(candle.low, tick),
        on_step(candle.close, tick),
        volume,
        candle.open_ms + length_ms - 1,
        fixed(candle.quote_volume, 2),
        0,
        half,
        fixed(candle.quote_volume / 2, 2),
        "0",
    ]


_CANDLE_WEIGHT = costs_by_limit(5, (99, 1), (499, 2), (1000, 5), (1500, 10))

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/fapi/v1/premiumIndex",
        security=Security.NONE,
        weight=costs_by_symbol(1, every=10),
        handler=premium_index,
    ),
    # Limited by count rather than weight at Binance (500 in 5 minutes); priced at 1 here.
    Endpoint(
        method="GET",
        path="/fapi/v1/fundingRate",
        security=Security.NONE,
        weight=costs(1),
        handler=funding_rates,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/ticker/24hr",
        security=Security.NONE,
        weight=costs_by_symbol(1, every=40),
        handler=ticker_day,
    ),
    *(
        Endpoint(
            method="GET",
            path=f"/fapi/{version}/ticker/price",
            security=Security.NONE,
            weight=costs_by_symbol(1, every=2),
            handler=ticker_price,
        )
        for version in ("v1", "v2")
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/ticker/bookTicker",
        security=Security.NONE,
        weight=costs_by_symbol(2, every=5),
        handler=ticker_book,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/depth",
        security=Security.NONE,
        weight=costs_by_limit(10, (50, 2), (100, 5), (500, 10), (1000, 20)),
        handler=depth,
    ),
    *(
        Endpoint(method="GET", path=path, security=Security.NONE, weight=_CANDLE_WEIGHT, handler=handler)
        for path, handler in (
            ("/fapi/v1/klines", last_candles),
            ("/fapi/v1/markPriceKlines", mark_candles),
            ("/fapi/v1/indexPriceKlines", index_candles),
        )
    ),
)
