"""OKX swaps: maintenance and closing fee at mark; the ratio is equity over both and falls to 100 %."""

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

OKX = MarginModel(
    name="okx",
    title="OKX",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.AT_MARK,
    cross_fee=ClosingFee.AT_MARK,
    fee_rate=0.0005,
    margin_rule=MarginRule.WHOLE_TIERS,
    tiers_by="contracts",
    ratio=RatioRule(name="mgnRatio, maintenance margin ratio", direction=Direction.FALLING),
    funding=FundingRule(
        price=FundingPrice.MARK,
        interval=FundingInterval.PER_SYMBOL,
        interval_hours=8.0,
        rate_hours=8.0,
        formula=FundingFormula.PREMIUM,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.NOT_FOUND,
        closes_at="not found",
    ),
    assumed=("hedge_margin",),
    doubts="Funding is on the position's value, taken at mark here. The bounds of the rate differ by coin (0.375 % to 3 % on the page) and change without notice.",
    sources=(
        Source(
            title="Get signal positions, example response",
            at="okx.com/docs-v5/en, signal bot",
            dated="copy of 2025",
            says="imr at mark; mgnRatio reproduces to 7 digits only with a fee of 0.05 % beside maintenance",
        ),
        Source(
            title="Maintenance margin ratio, isolated and cross",
            at="OKX help centre, as retold at open-lib.com/11556.html",
            dated="undated",
            says="(margin + PnL) / (value at mark · (tier rate + fee rate)), coin-margined value / mark; 100 % liquidates",
        ),
        Source(
            title="Perpetual swap tiered maintenance margin ratio",
            at="okx.com/help, adjustment of 2020-07-16",
            dated="2020-07-16",
            says="tiers by contracts, one rate on all of the position",
        ),
        Source(
            title="Perpetual swap funding fee",
            at="okx.com/help/360053909272",
            dated="undated",
            says="clamp(mean premium - interest), interest 0, usually 8 hours; fee is position value times rate",
        ),
    ),
)
