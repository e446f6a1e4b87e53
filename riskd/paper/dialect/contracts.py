"""What changes rarely: the contracts, their filters, brackets and funding terms."""

from __future__ import annotations

from decimal import Decimal

from riskd.model.report import JsonValue
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, costs
from riskd.paper.dialect.limits import Budget
from riskd.paper.dialect.render import on_step, places_of, rate, trimmed
from riskd.paper.engine.order_checks import CONDITIONAL_ORDERS_MAX, OPEN_ORDERS_MAX
from riskd.paper.engine.types import Bracket, Contract

_PRICE_SHOWN_MAX = Decimal(10_000_000)  # told to clients; the price band refuses long before
_PERPETUAL_DELIVERY_MS = 4_133_404_800_000  # what Binance writes for "never"


def ping(_: Call) -> JsonValue:
    """Answers nothing, at once."""
    return {}


def server_time(call: Call) -> JsonValue:
    """The server's clock."""
    return {"serverTime": call.now_ms}


def exchange_info(call: Call) -> JsonValue:
    """Contracts with their filters, and the limits of the API."""
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, call.limits.weight[Budget.FUTURES]),
            _limit("ORDERS", "MINUTE", 1, call.limits.orders_per_minute),
            _limit("ORDERS", "SECOND", 10, call.limits.orders_per_10_seconds),
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(contract) for contract in call.exchange.contracts],
    }


def leverage_brackets(call: Call) -> JsonValue:
    """Maintenance margin and leverage by notional, as they stand now. Rates and amounts are bare numbers here."""
    now_ms = call.exchange.now_ms
    return [
        {
            "symbol": contract.symbol,
            "notionalCoef": 1.0,
            "brackets": [
                _bracket(number, bracket)
                for number, bracket in enumerate(contract.brackets_at(now_ms), start=1)
            ],
        }
        for contract in call.contracts()
    ]


def funding_info(call: Call) -> JsonValue:
    """Interval and bounds of the funding rate of each contract."""
    return [
        {
            "symbol": contract.symbol,
            "adjustedFundingRateCap": rate(contract.funding_cap),
            "adjustedFundingRateFloor": rate(-contract.funding_cap),
            "fundingIntervalHours": contract.funding_interval_hours,
            "disclaimer": False,
        }
        for contract in call.exchange.contracts
    ]


def notional_max(contract: Contract, leverage: int, now_ms: int) -> Decimal:
    """The largest notional that may be held at this leverage."""
    return max(
        (b.notional_cap for b in contract.brackets_at(now_ms) if b.leverage_max >= leverage),
        default=Decimal(0),
    )


def _limit(kind: str, interval: str, count: int, limit: int) -> JsonValue:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": limit}


def _symbol(contract: Contract) -> dict[str, JsonValue]:
    first = contract.bracket_tables[0].brackets[0]
    return {
        "symbol": contract.symbol,
        "pair": contract.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _PERPETUAL_DELIVERY_MS,
        "onboardDate": contract.bracket_tables[0].valid_from_ms,
        "status": "TRADING",
        "maintMarginPercent": _percent(first.maintenance_margin_rate),
        "requiredMarginPercent": _percent(Decimal(1) / first.leverage_max),
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote,
        "pricePrecision": places_of(contract.tick_size),
        "quantityPrecision": places_of(contract.lot_size),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": trimmed(contract.liquidation_fee_rate, 8),
        "marketTakeBound": trimmed(contract.price_band, 8),
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(contract),
        "orderTypes": ["LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _filters(contract: Contract) -> list[JsonValue]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": str(contract.tick_size),
            "maxPrice": on_step(_PRICE_SHOWN_MAX, contract.tick_size),
            "tickSize": str(contract.tick_size),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": str(contract.quantity_min),
            "maxQty": str(contract.quantity_max),
            "stepSize": str(contract.lot_size),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": str(contract.quantity_min),
            "maxQty": str(contract.market_quantity_max),
            "stepSize": str(contract.market_lot_size),
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": OPEN_ORDERS_MAX},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": CONDITIONAL_ORDERS_MAX},
        {"filterType": "MIN_NOTIONAL", "notional": trimmed(contract.notional_min, 8)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": trimmed(1 + contract.price_band, 4),
            "multiplierDown": trimmed(1 - contract.price_band, 4),
            "multiplierDecimal": "4",
        },
    ]


def _percent(fraction: Decimal) -> str:
    return format(fraction * 100, ".4f")


def _bracket(number: int, bracket: Bracket) -> dict[str, JsonValue]:
    return {
        "bracket": number,
        "initialLeverage": bracket.leverage_max,
        "notionalCap": _number(bracket.notional_cap),
        "notionalFloor": _number(bracket.notional_floor),
        "maintMarginRatio": float(bracket.maintenance_margin_rate),
        "cum": float(bracket.maintenance_amount),
    }


def _number(value: Decimal) -> JsonValue:
    return int(value) if value == value.to_integral_value() else float(value)


ENDPOINTS = (
    Endpoint(method="GET", path="/fapi/v1/ping", security=Security.NONE, weight=costs(1), handler=ping),
    Endpoint(
        method="GET", path="/fapi/v1/time", security=Security.NONE, weight=costs(1), handler=server_time
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/exchangeInfo",
        security=Security.NONE,
        weight=costs(1),
        handler=exchange_info,
    ),
    # Limited by count rather than weight at Binance; priced at 1 here.
    Endpoint(
        method="GET",
        path="/fapi/v1/fundingInfo",
        security=Security.NONE,
        weight=costs(1),
        handler=funding_info,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/leverageBracket",
        security=Security.READ,
        weight=costs(1),
        handler=leverage_brackets,
    ),
)
