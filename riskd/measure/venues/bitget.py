"""Bitget USDT-M and COIN-M: the taker fee is added to the maintenance rate, both at mark; ratio rising to 100 %."""

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
    HedgeMargin,
    MarginModel,
    MarginRule,
    RatioRule,
    Source,
)

BITGET = MarginModel(
    name="bitget",
    title="Bitget",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.AT_MARK,
    cross_fee=ClosingFee.AT_MARK,
    fee_rate=0.0006,
    margin_rule=MarginRule.WHOLE_TIERS,
    tiers_by="position value, both directions of a cross account together",
    hedge_margin=HedgeMargin.LARGER_SIDE_BY_BOTH,
    ratio=RatioRule(name="maintenance margin ratio", direction=Direction.RISING),
    funding=FundingRule(
        price=FundingPrice.MARK,
        interval=FundingInterval.PER_SYMBOL,
        interval_hours=8.0,
        rate_hours=8.0,
        formula=FundingFormula.CLAMPED_INTEREST,
        band=0.0005,
        interest_rate=0.0001,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.NOT_FOUND,
        closes_at="not found",
    ),
    assumed=("initial_basis", "funding"),
    doubts=(
        "The formula printed for USDT-M adds margin instead of subtracting it: a long would be liquidated above its "
        "entry. Whether the smaller side of hedge mode counts its closing fee: riskd leaves it out with its margin."
    ),
    sources=(
        Source(
            title="Get single position, example response",
            at="Bitget API, mix v2 position",
            dated="copy of 2025",
            says="liquidation price to 16 digits and margin ratio with the taker fee of 0.06 % beside 0.4 %",
        ),
        Source(
            title="Position tier",
            at="bitget.com/support/articles/360052911052",
            dated="undated",
            says="rate of the tier on the position's value at mark; in cross margin long and short make one tier",
        ),
        Source(
            title="Bitget futures: leverage and risk management",
            at="bitget.com/support/articles/360058821652",
            dated="2025-02-07",
            says="cross margin, hedge mode: maintenance of the position of higher value",
        ),
        Source(
            title="Liquidation",
            at="bitget.com/futures/introduction/liquidation-summarize",
            dated="undated",
            says="condition at mark, ratio 100 % in isolated and cross margin",
        ),
    ),
)
