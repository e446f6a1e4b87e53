"""Hyperliquid: maintenance is half of initial margin at the tier's leverage; hourly funding on the oracle price."""

from __future__ import annotations

from collections.abc import Sequence

from riskd.measure.venues.model import (
    AdlRule,
    AdlScore,
    AdlTrigger,
    Basis,
    ClosingFee,
    ContractKind,
    Direction,
    FundingFormula,
    FundingInterval,
    FundingPrice,
    FundingRule,
    MarginModel,
    MarginRule,
    RatioRule,
    Source,
)
from riskd.measure.venues.schedule import Schedule, marginal

HYPERLIQUID = MarginModel(
    name="hyperliquid",
    title="Hyperliquid",
    contracts=(ContractKind.LINEAR,),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.MARGINAL_TIERS,
    tiers_by="value at mark, dollars",
    ratio=RatioRule(name="maintenance margin / account value", direction=Direction.RISING),
    funding=FundingRule(
        price=FundingPrice.ORACLE,
        interval=FundingInterval.FIXED,
        interval_hours=1.0,
        rate_hours=8.0,
        formula=FundingFormula.CLAMPED_INTEREST,
        band=0.0005,
        interest_rate=0.0001,
        cap_rate_per_hour=0.04,
    ),
    adl=AdlRule(
        score=AdlScore.PRICE_RATIO,
        trigger=AdlTrigger.NEGATIVE_EQUITY,
        closes_at="previous mark price; an older page says oracle price",
    ),
    assumed=("initial_basis", "ratio", "hedge_margin"),
    doubts="The sorting index is printed for longs; for shorts riskd inverts the price ratio, so that profit ranks.",
    sources=(
        Source(
            title="Margin tiers",
            at="hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers",
            dated="2025",
            says="rate is half of 1/leverage of the tier, deduction makes it continuous; BTC 40x to 150M, then 20x",
        ),
        Source(
            title="Funding",
            at="hyperliquid docs, trading/funding; copy at cortex-vigil.com/wiki/funding-rates",
            dated="undated",
            says="P + clamp(I - P, ±5 bp) for 8 hours, an eighth of it each hour on the oracle notional; 4 % an hour at most",
        ),
        Source(
            title="clearinghouseState, example response",
            at="hyperliquid API documentation",
            dated="2024",
            says="isolated liquidation price 2,866.26936529 with maintenance at mark and no fee",
        ),
        Source(
            title="Auto-deleveraging",
            at="docs.hyperodd.com/trading/adl, copy of the documentation",
            dated="undated",
            says="sorting index mark/entry · notional/account value",
        ),
    ),
)


def by_leverage(tiers: Sequence[tuple[float, float]]) -> Schedule:
    """Maintenance from ``(floor, highest leverage)``: half of the initial margin at that leverage, on each slice."""
    return marginal([(floor, 0.5 / leverage) for floor, leverage in tiers])


BTC_MAINTENANCE = by_leverage(((0.0, 40.0), (150e6, 20.0)))
ETH_MAINTENANCE = by_leverage(((0.0, 25.0), (100e6, 15.0)))
SOL_MAINTENANCE = by_leverage(((0.0, 20.0), (70e6, 10.0)))
