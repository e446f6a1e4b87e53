"""dYdX v4: one rate a market, everything at the oracle price, funding bounded by the margin rates."""

from __future__ import annotations

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

DYDX = MarginModel(
    name="dydx",
    title="dYdX v4",
    contracts=(ContractKind.LINEAR,),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.FLAT,
    tiers_by="liquidity tier of the market, not of the position",
    ratio=RatioRule(name="maintenance margin / equity", direction=Direction.RISING),
    funding=FundingRule(
        price=FundingPrice.ORACLE,
        interval=FundingInterval.FIXED,
        interval_hours=1.0,
        rate_hours=8.0,
        formula=FundingFormula.PREMIUM,
        cap_margin_multiple=6.0,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.NEGATIVE_EQUITY,
        closes_at="bankruptcy price of the subaccount, against positions of the other side",
    ),
    assumed=("hedge_margin",),
    doubts="The mark of this model is the oracle price: the chain knows no other.",
    sources=(
        Source(
            title="Liquidations; Contract loss mechanisms; Funding",
            at="dydxprotocol/v4-documentation docs/pages/concepts/trading",
            dated="2025",
            says="margin at the oracle price, insurance fund before deleveraging, cap 600 % · (IMF - MMF) for 8 hours",
        ),
        Source(
            title="V4CalculationTests",
            at="dydxprotocol/v4-abacus src/commonTest",
            dated="2024",
            says="liquidation price to 12 digits, margin usage is initial margin / equity",
        ),
        Source(
            title="Margin",
            at="docs.dydx.exchange/concepts-trading/margin",
            dated="2025",
            says="the rate no longer grows with the position; the initial one grows with open interest",
        ),
    ),
)
