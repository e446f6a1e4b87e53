"""Kraken Futures: classes of contracts with their own tiers, maintenance at mark, funding every hour."""

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

KRAKEN_FUTURES = MarginModel(
    name="kraken_futures",
    title="Kraken Futures",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.WHOLE_TIERS,
    tiers_by="margin class A to G of the contract, then value in dollars (linear) or contracts (inverse)",
    ratio=RatioRule(name="equity / maintenance margin", direction=Direction.FALLING),
    funding=FundingRule(
        price=FundingPrice.INDEX,
        interval=FundingInterval.FIXED,
        interval_hours=1.0,
        rate_hours=1.0,
        formula=FundingFormula.PREMIUM,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.NEGATIVE_EQUITY,
        closes_at="zero-equity price: assigned to others, then unwound (Equity Protection Process)",
    ),
    assumed=("funding", "adl", "hedge_margin"),
    doubts=(
        "The schedule page says that percentages are of the value at entry; the worked example is met with 1 % of "
        "the value at mark only (7,481), and its printed constant gives 7,476.6. Whether a level's rate is that of "
        "the whole position."
    ),
    sources=(
        Source(
            title="Equity Protection Process",
            at="support.kraken.com/hc/en-us/articles/360022835671",
            dated="undated",
            says="inverse long of 1,000 dollars from 8,000 with 0.01 BTC: liquidated at 7,481, nothing left at 7,407",
        ),
        Source(
            title="Inverse and Multi-Collateral Futures Margin Schedule",
            at="support.kraken.com/hc/en-us/articles/15579128794772 and /360022632452",
            dated="copies of 2019 to 2025",
            says="classes and levels; maintenance is half of initial margin, 1 % at 50x",
        ),
        Source(
            title="Inverse Crypto Collateral Perpetual Contract Specifications",
            at="support.kraken.com/hc/en-us/articles/360022835911",
            dated="undated",
            says="funding by the hour, accrued within it, settled at its end or when the position changes",
        ),
    ),
)
