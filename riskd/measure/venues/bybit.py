"""Bybit: classic contracts take maintenance at entry; the closing fee counts in inverse cross accounts only."""

from __future__ import annotations

from dataclasses import replace

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
    Rounding,
    Source,
)

_RULES = (
    Source(
        title="What is funding rate and predicted rate",
        at="bybit.com/help-center/s/article/What-is-funding-rate-and-predicted-rate",
        dated="undated",
        says="P + clamp(I - P, ±0.05 %) over the interval of the symbol",
    ),
    Source(
        title="Trading Rules: Liquidation Process (Unified Trading Account)",
        at="bybit.com/en/help-center/article/UTA-Trading-Rules",
        dated="undated",
        says="account maintenance margin rate, 100 % liquidates",
    ),
)
_ADL = Source(
    title="Get ADL Alert",
    at="bybit-exchange.github.io/docs/v5/market/adl-alert",
    dated="copy of 2025",
    says="deleveraging at a pool drawdown in 8 hours; the rule says <, the second example triggers at =",
)

BYBIT_LINEAR = MarginModel(
    name="bybit_linear",
    title="Bybit USDT",
    contracts=(ContractKind.LINEAR,),
    maintenance_basis=Basis.ENTRY,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.MARGINAL_TIERS,
    tiers_by="position value, quote currency",
    ratio=RatioRule(name="account MM rate", direction=Direction.RISING),
    liquidation_rounding=Rounding.EARLIER,
    bankruptcy_rounding=Rounding.DOWN,
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
        trigger=AdlTrigger.POOL_DRAWDOWN,
        closes_at="bankruptcy price that keeps the pool at its threshold",
    ),
    assumed=("hedge_margin",),
    doubts=(
        "The unified account's cross margin values maintenance at mark with an estimated fee to close; no worked "
        "number of it was found. Entry is settled for isolated positions."
    ),
    sources=(
        Source(
            title="Liquidation Price (USDT Contract), examples",
            at="bybit.com help center, Liquidation-Price-USDT-Contract",
            dated="undated",
            says="1 BTC at 20,000, 50x, 0.5 %: 19,700 (at mark it would be 19,698.49); funding paid from margin moves it",
        ),
        Source(
            title="Bankruptcy Price (USDT Contract)",
            at="bybit.com help center",
            dated="undated",
            says="entry · (1 - 1/leverage), no fee: 9,800",
        ),
        *_RULES,
        _ADL,
    ),
)

BYBIT_INVERSE = replace(
    BYBIT_LINEAR,
    name="bybit_inverse",
    title="Bybit inverse",
    contracts=(ContractKind.INVERSE,),
    tiers_by="position value, coin",
    cross_fee=ClosingFee.AT_BANKRUPTCY,
    bankruptcy_fee=ClosingFee.AT_BANKRUPTCY,
    fee_rate=0.00075,
    doubts="Whether the bankruptcy price of an isolated inverse position holds the fee.",
    sources=(
        Source(
            title="How to calculate Liquidation Price (Inverse Contract)",
            at="help.bybit.com/hc/en-us/articles/360039261334",
            dated="2020",
            says="cross: maintenance at entry and the closing fee at the bankruptcy price, 5,739.083 stated as 5,739.5",
        ),
        Source(
            title="Liquidation Price Calculation under Isolated Mode (Unified Trading Account)",
            at="bybit.com help center",
            dated="undated",
            says="isolated: contracts / (value ± (IM - MM)), values at entry; deduction by risk limit tier",
        ),
        *_RULES,
        _ADL,
    ),
)
