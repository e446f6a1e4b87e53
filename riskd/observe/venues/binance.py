"""Binance USD-M."""

from __future__ import annotations

from riskd.observe.dialect import Dialect
from riskd.observe.venues.binance_asset_index import asset_index
from riskd.observe.venues.binance_balances import balances, spot_balances
from riskd.observe.venues.binance_books import order_books
from riskd.observe.venues.binance_candles import candles
from riskd.observe.venues.binance_flow import income, trades
from riskd.observe.venues.binance_market import (
    DEFAULT_INTERVAL_HOURS,
    funding_intervals,
    instruments,
    quotes,
    server_time,
)
from riskd.observe.venues.binance_orders import conditional_orders, orders
from riskd.observe.venues.binance_positions import brackets, position_mode, positions, symbol_settings
from riskd.observe.venues.binance_turnover import turnover

DIALECT = Dialect(
    instruments=instruments,
    server_time=server_time,
    position_mode=position_mode,
    spot_balances=spot_balances,
    quotes=quotes,
    funding_intervals=funding_intervals,
    brackets=brackets,
    balances=balances,
    positions=positions,
    orders=orders,
    conditional_orders=conditional_orders,
    symbol_settings=symbol_settings,
    income=income,
    trades=trades,
    candles=candles,
    turnover=turnover,
    order_books=order_books,
    asset_index=asset_index,
    default_interval_hours=DEFAULT_INTERVAL_HOURS,
)
