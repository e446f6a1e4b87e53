"""What the market adds up to: open interest, and what assets count for as collateral.

The simulated market has prices and depth but no crowd behind them. Its open interest is derived from the volume, as volume is
from depth: half of what the last day turned over, about the proportion at the venue. The accounts' own positions come on top,
so that nobody ever holds more than there is.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.model.report import JsonValue
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, costs, costs_by_symbol
from riskd.paper.dialect.prices import day_candles
from riskd.paper.dialect.render import money, on_step
from riskd.paper.engine.refusals import invalid_symbol
from riskd.paper.engine.types import Contract

_DAYS_OPEN = Decimal("0.5")
_DOLLAR = "USD"
_MARGIN_ASSET = "USDT"
_ONE = Decimal(1)
# As Binance published them in 2023: hardly anything off a dollar, 5 % off a coin; half of it where it sells by itself.
_DOLLAR_BUFFER, _COIN_BUFFER = Decimal("0.0001"), Decimal("0.05")
_AUTO_EXCHANGE_SHARE = Decimal("0.5")


def open_interest(call: Call) -> JsonValue:
    """Base units that are open in one contract, each counted once."""
    contract = call.contract()
    traded = sum((candle.quote_volume for candle in day_candles(call, contract)), Decimal(0))
    crowd = traded * _DAYS_OPEN / call.exchange.quote(contract.symbol).mark
    return {
        "symbol": contract.symbol,
        "openInterest": on_step(crowd + _held(call, contract), contract.lot_size),
        "time": call.exchange.now_ms,
    }


def asset_index(call: Call) -> JsonValue:
    """What one asset, or each, is worth in dollars and counts as collateral. The dollar of this venue is always one."""
    rows = _asset_rows(call)
    symbol = call.parameters.text("symbol")
    if symbol is None:
        return list(rows.values())
    if symbol not in rows:
        raise invalid_symbol()
    return rows[symbol]


def _held(call: Call, contract: Contract) -> Decimal:
    """The larger side of what the accounts hold."""
    quantities = [
        position.quantity
        for account in call.exchange.accounts
        for position in call.exchange.positions(account)
        if position.symbol == contract.symbol
    ]
    longs = sum((quantity for quantity in quantities if quantity > 0), Decimal(0))
    shorts = sum((-quantity for quantity in quantities if quantity < 0), Decimal(0))
    return max(longs, shorts)


def _asset_rows(call: Call) -> dict[str, JsonValue]:
    """By the pair with the dollar, the margin asset first; a coin is worth the index of its first contract."""
    worth: dict[str, tuple[Decimal, Decimal]] = {_MARGIN_ASSET: (_ONE, _DOLLAR_BUFFER)}
    for contract in call.exchange.contracts:
        worth.setdefault(contract.base, (call.exchange.quote(contract.symbol).index, _COIN_BUFFER))
    now_ms = call.exchange.now_ms
    return {
        asset + _DOLLAR: _asset_row(asset + _DOLLAR, price, buffer, now_ms)
        for asset, (price, buffer) in worth.items()
    }


def _asset_row(symbol: str, index: Decimal, buffer: Decimal, now_ms: int) -> JsonValue:
    own = buffer * _AUTO_EXCHANGE_SHARE
    return {
        "symbol": symbol,
        "time": now_ms,
        "index": money(index),
        "bidBuffer": money(buffer),
        "askBuffer": money(buffer),
        "bidRate": money(index * (_ONE - buffer)),
        "askRate": money(index * (_ONE + buffer)),
        "autoExchangeBidBuffer": money(own),
        "autoExchangeAskBuffer": money(own),
        "autoExchangeBidRate": money(index * (_ONE - own)),
        "autoExchangeAskRate": money(index * (_ONE + own)),
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/fapi/v1/openInterest",
        security=Security.NONE,
        weight=costs(1),
        handler=open_interest,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/assetIndex",
        security=Security.NONE,
        weight=costs_by_symbol(1, every=10),
        handler=asset_index,
    ),
)
