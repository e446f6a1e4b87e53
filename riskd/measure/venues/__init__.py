"""Margin arithmetic of venues: what differs is data (``MarginModel``), what is computed is one set of functions.

``docs/venues.md`` shows the data; ``MODELS`` has them by name.
"""

from riskd.measure.venues.catalogue import MODELS
from riskd.measure.venues.contract import Contract, Position, inverse, linear, pnl, value
from riskd.measure.venues.dated import DatedBrackets, TableInForce
from riskd.measure.venues.deleveraging import (
    Queued,
    Standing,
    forced_fills,
    insurance_payment,
    lights,
    markout,
    overshoot,
    pool_drawdown,
    queue,
    ranking_score,
)
from riskd.measure.venues.document import venues_page
from riskd.measure.venues.funding import (
    capped,
    funding_payment,
    hourly_rate,
    margin_cap,
    premium,
    rate_from_premium,
    settled_rate,
)
from riskd.measure.venues.hedge_mode import margined_by
from riskd.measure.venues.liquidation import Backing, bankruptcy_price, cross, isolated, liquidation_price
from riskd.measure.venues.margin import (
    Holding,
    from_venue_ratio,
    initial_margin,
    maintenance_margin,
    margin_ratio,
    required_margin,
    scheduled_margin,
    unrealized_pnl,
    venue_ratio,
)
from riskd.measure.venues.model import HedgeMargin, MarginMode, MarginModel
from riskd.measure.venues.schedule import (
    Schedule,
    discontinuities,
    flat,
    linear_in_size,
    marginal,
    next_tier,
    of_brackets,
    whole,
)

__all__ = [
    "MODELS",
    "Backing",
    "Contract",
    "DatedBrackets",
    "HedgeMargin",
    "Holding",
    "MarginMode",
    "MarginModel",
    "Position",
    "Queued",
    "Schedule",
    "Standing",
    "TableInForce",
    "bankruptcy_price",
    "capped",
    "cross",
    "discontinuities",
    "flat",
    "forced_fills",
    "from_venue_ratio",
    "funding_payment",
    "hourly_rate",
    "initial_margin",
    "insurance_payment",
    "inverse",
    "isolated",
    "lights",
    "linear",
    "linear_in_size",
    "liquidation_price",
    "maintenance_margin",
    "margin_cap",
    "margin_ratio",
    "marginal",
    "margined_by",
    "markout",
    "next_tier",
    "of_brackets",
    "overshoot",
    "pnl",
    "pool_drawdown",
    "premium",
    "queue",
    "ranking_score",
    "rate_from_premium",
    "required_margin",
    "scheduled_margin",
    "settled_rate",
    "unrealized_pnl",
    "value",
    "venue_ratio",
    "venues_page",
    "whole",
]
