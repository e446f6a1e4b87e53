"""The account solver: how far prices may move, in a given direction, before an account of many positions is liquidated.

``docs/account-solver.md`` shows it at work.
"""

from riskd.measure.account.book import AccountBook, Collateral, Line, Wallet
from riskd.measure.account.curve import PoolState, ShockPoint, shock_curve
from riskd.measure.account.direction import Direction, alone, along, by_beta, together
from riskd.measure.account.prices import LiquidationPrices, liquidation_prices
from riskd.measure.account.result import PoolShock, PriceAt, ShockResult
from riskd.measure.account.solve import BothWays, shock_both_ways, shock_to_liquidation
from riskd.measure.account.sweep import Cause

__all__ = [
    "AccountBook",
    "BothWays",
    "Cause",
    "Collateral",
    "Direction",
    "Line",
    "LiquidationPrices",
    "PoolShock",
    "PoolState",
    "PriceAt",
    "ShockPoint",
    "ShockResult",
    "Wallet",
    "alone",
    "along",
    "by_beta",
    "liquidation_prices",
    "shock_both_ways",
    "shock_curve",
    "shock_to_liquidation",
    "together",
]
