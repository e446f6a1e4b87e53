"""Rows and answers as Binance USD-M writes them, sound ones, for a test to spoil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from riskd.model.instrument import Instrument
from riskd.model.report import JsonValue
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.normalise import dialect_of
from tests.fakes.clock import NOON

VENUE = "binanceusdm"

Row = dict[str, JsonValue]


def ms(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


def eight(value: Decimal | str) -> str:
    """An amount with eight decimals."""
    return format(Decimal(value), ".8f")


def total(rows: Iterable[Row], name: str) -> Decimal:
    """The sum of a field."""
    return sum((Decimal(str(row[name])) for row in rows), Decimal(0))


def exchange_info() -> Row:
    """Two perpetuals and a quarterly future, which riskd leaves alone."""
    return {
        "timezone": "UTC",
        "symbols": [
            _contract("BTC", tick="0.10", notional="100"),
            _contract("ETH", tick="0.01", notional="20"),
            {
                **_contract("BTC", tick="0.10", notional="100"),
                "symbol": "BTCUSDT_260626",
                "contractType": "CURRENT_QUARTER",
            },
        ],
    }


def listing(*bases: str) -> Mapping[str, Instrument]:
    """Perpetuals of these coins, by the venue's symbol."""
    return dialect_of(VENUE).instruments({"symbols": contracts(*bases)}, PLAUSIBLE).value


def contracts(*bases: str) -> list[JsonValue]:
    """Perpetuals of these coins, as ``exchangeInfo`` lists them."""
    return [_contract(base, tick="0.01", notional="5") for base in bases]


def _contract(base: str, *, tick: str, notional: str) -> Row:
    return {
        "symbol": f"{base}USDT",
        "pair": f"{base}USDT",
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": notional},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "1.0500",
                "multiplierDown": "0.9500",
                "multiplierDecimal": "4",
            },
        ],
    }


def brackets(symbol: str) -> Row:
    """Two brackets, as bare numbers, continuous at the floor."""
    return {
        "symbol": symbol,
        "notionalCoef": 1.0,
        "brackets": [
            {
                "bracket": 1,
                "initialLeverage": 125,
                "notionalCap": 300000,
                "notionalFloor": 0,
                "maintMarginRatio": 0.004,
                "cum": 0.0,
            },
            {
                "bracket": 2,
                "initialLeverage": 100,
                "notionalCap": 800000,
                "notionalFloor": 300000,
                "maintMarginRatio": 0.005,
                "cum": 300.0,
            },
        ],
    }


def an_order(symbol: str = "BTCUSDT", **changes: JsonValue) -> Row:
    """A resting sell limit order."""
    return {
        "orderId": 4001,
        "symbol": symbol,
        "status": "NEW",
        "clientOrderId": "grid-7",
        "price": "61000.00",
        "avgPrice": "0.00000",
        "origQty": "0.200",
        "executedQty": "0.050",
        "cumQuote": "0",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "reduceOnly": False,
        "closePosition": False,
        "side": "SELL",
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": "LIMIT",
        "time": ms(NOON - timedelta(minutes=5)),
        "updateTime": ms(NOON - timedelta(minutes=5)),
        **changes,
    }


def a_stop(symbol: str = "BTCUSDT", **changes: JsonValue) -> Row:
    """A waiting stop that closes the whole position."""
    return {
        "algoId": 3358,
        "clientAlgoId": "stop-1",
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": symbol,
        "side": "SELL",
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": "0.000",
        "algoStatus": "NEW",
        "triggerPrice": "57000.00",
        "price": "0.00",
        "workingType": "MARK_PRICE",
        "closePosition": True,
        "priceProtect": False,
        "reduceOnly": True,
        "createTime": ms(NOON - timedelta(minutes=5)),
        "updateTime": ms(NOON - timedelta(minutes=5)),
        "triggerTime": 0,
        "goodTillDate": 0,
        **changes,
    }


def a_fill(
    number: int, side: str, quantity: str, *, at: datetime, symbol: str = "BTCUSDT", **changes: JsonValue
) -> Row:
    """A fill at 60,000."""
    return {
        "buyer": side == "BUY",
        "commission": "0.50000000",
        "commissionAsset": "USDT",
        "id": number,
        "maker": False,
        "orderId": 9000 + number,
        "price": "60000.00",
        "qty": quantity,
        "quoteQty": eight(Decimal(quantity) * 60000),
        "realizedPnl": "0",
        "side": side,
        "positionSide": "BOTH",
        "symbol": symbol,
        "time": ms(at),
        **changes,
    }


def an_entry(kind: str, amount: str, *, at: datetime, number: int = 1, symbol: str = "") -> Row:
    """A wallet entry."""
    return {
        "symbol": symbol,
        "incomeType": kind,
        "income": amount,
        "asset": "USDT",
        "info": kind,
        "time": ms(at),
        "tranId": number,
        "tradeId": "",
    }
