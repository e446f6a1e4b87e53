"""Gate futures: maintenance and taker fee at mark; tiers by slices with deduction since July 2025."""

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

GATE = MarginModel(
    name="gate",
    title="Gate",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE, ContractKind.QUANTO),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.AT_MARK,
    cross_fee=ClosingFee.AT_MARK,
    fee_rate=0.0006,
    margin_rule=MarginRule.MARGINAL_TIERS,
    tiers_by="position value",
    hedge_margin=HedgeMargin.LARGER_SIDE,
    ratio=RatioRule(name="maintenance margin ratio", direction=Direction.FALLING),
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
        score=AdlScore.LEVERAGED_PROFIT,
        trigger=AdlTrigger.INSURANCE_SPENT,
        closes_at="bankruptcy price",
    ),
    assumed=("initial_basis", "ratio"),
    doubts=(
        "Before July 2025 the tier was chosen by hand and its rate was that of the whole position. ADL "
        "multiplies profit by the leverage that is set, not by the effective one. The page names the maintenance rate of "
        "the higher side of hedge mode and no fee of the lower one: riskd leaves both out."
    ),
    sources=(
        Source(
            title="Liquidation price with taker fee",
            at="gate.io/help/futures/futures/27724, as in freqtrade tests/exchange/test_exchange.py",
            dated="2022",
            says="shorts at 3x and 5x to 12 digits with rate + taker fee; the docstring's 13.476 has a sign wrong",
        ),
        Source(
            title="Leverage and Margin",
            at="gate.com/futures-introduction/margin",
            dated="2025",
            says="each tier's rate on its own slice; the higher side of hedge mode; initial margin is value / leverage",
        ),
        Source(
            title="Funding rate history",
            at="gate.io/futures/introduction/funding-rate-history",
            dated="undated",
            says="P + clamp(I - P, ±0.05 %), premium of the impact prices over the index",
        ),
        Source(
            title="Perps trading engine upgrade",
            at="gate.io/announcements/article/28762",
            dated="2022-11-21",
            says="ADL when the insurance fund cannot cover, ranked by unrealized PnL · leverage, at the bankruptcy price",
        ),
        Source(
            title="Risk limit upgrade",
            at="Gate, reported 2025-07",
            dated="2025-07-29",
            says="from one rate on the whole to slices: 1.2 million of BTCUSDT need 4,900 instead of 6,000",
        ),
    ),
)
