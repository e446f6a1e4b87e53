"""Binance USD-M futures: maintenance at mark by tiers with ``cum``, no fee in the condition, ratio rising to 100 %."""

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

BINANCE_USDM = MarginModel(
    name="binance_usdm",
    title="Binance USD-M",
    contracts=(ContractKind.LINEAR,),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.MARGINAL_TIERS,
    tiers_by="value at mark, quote currency",
    ratio=RatioRule(name="margin ratio", direction=Direction.RISING),
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
        closes_at="bankruptcy price of the liquidated position",
    ),
    doubts="The bounds of the funding rate differ by symbol and are stated by the venue (fundingInfo).",
    sources=(
        Source(
            title="How to Calculate Liquidation Price of USDS-M Futures",
            at="binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93",
            dated="undated; its worked example has the brackets of 2021",
            says="maintenance at mark with its amount, each side of hedge mode by itself; two positions; ratio MM / margin balance",
        ),
        Source(
            title="Position-Information-V3, example response",
            at="developers.binance.com, USDS-margined futures, trade, REST",
            dated="copy of 2025",
            says="initial margin at mark",
        ),
        Source(
            title="leverageBracket, all symbols",
            at="freqtrade 2026.9, binance_leverage_tiers.json; git c9ae5e1",
            dated="2026-09 and 2024-10",
            says="cum is the integral of the rates in all 7,276 tiers of 907 symbols and all 2,805 of 2024",
        ),
        Source(
            title="What Is Auto-Deleveraging (ADL) and How Does It Work",
            at="binance.com/en/support/faq/360033525471",
            dated="2019-09-09",
            says="ranking by leveraged profit, closed at the bankruptcy price once the insurance fund cannot take it",
        ),
        Source(
            title="Change of the funding rate formula",
            at="Binance announcement, as retold at cryptozen.asia",
            dated="2025-09-18",
            says="(P + clamp(I - P, ±0.05 %)) / (8/N), N hours between settlements",
        ),
        Source(
            title="Funding rates of BTC, ETH, XRP, LTC, ADA 2019-2026",
            at="recorded market data; 4 of 30 symbols settled every 4 hours on 2025-10-10",
            dated="2026-05",
            says="interval by symbol; times carry up to 47 ms of jitter",
        ),
    ),
)
