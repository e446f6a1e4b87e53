"""Closed sets of words of the simulated venue; the values are Binance's."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Direction of an order or trade."""

    BUY = "BUY"
    SELL = "SELL"


class PositionSide(StrEnum):
    """The slot of a position: BOTH in one-way mode, LONG or SHORT in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class OrderType(StrEnum):
    """What an order does; the last two are conditional and live in a list of their own."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"


CONDITIONAL_TYPES = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})


class TimeInForce(StrEnum):
    """What happens to the part of an order that does not fill at once."""

    GTC = "GTC"  # it rests
    IOC = "IOC"  # it expires
    FOK = "FOK"  # nothing fills unless all does
    GTX = "GTX"  # post-only: refused when anything would fill at once


class OrderStatus(StrEnum):
    """Life of an order."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class AlgoStatus(StrEnum):
    """Life of a conditional order."""

    NEW = "NEW"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"  # triggered, and its market order has done what it could
    EXPIRED = "EXPIRED"  # triggered, but nothing was left to reduce
    REJECTED = "REJECTED"  # triggered, but the market order was refused (margin, price band, position limit)


class MarginType(StrEnum):
    """Whether a symbol's positions share the account's margin or stand alone."""

    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


class WorkingType(StrEnum):
    """The price that triggers a conditional order."""

    MARK_PRICE = "MARK_PRICE"
    CONTRACT_PRICE = "CONTRACT_PRICE"


class Cause(StrEnum):
    """Why a trade happened."""

    ORDER = "ORDER"
    LIQUIDATION = "LIQUIDATION"
    ADL = "ADL"
    SETTLEMENT = "SETTLEMENT"


class IncomeKind(StrEnum):
    """Why a wallet changed."""

    REALIZED_PNL = "REALIZED_PNL"
    COMMISSION = "COMMISSION"
    FUNDING_FEE = "FUNDING_FEE"
    TRANSFER = "TRANSFER"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"


class LiquidationStage(StrEnum):
    """Whether a liquidation reduced a position or ended it."""

    PARTIAL = "partial"
    FULL = "full"
