"""KuCoin futures: isolated positions take maintenance at entry, cross accounts at mark with the closing fee."""

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

KUCOIN = MarginModel(
    name="kucoin",
    title="KuCoin isolated",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE),
    maintenance_basis=Basis.ENTRY,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.WHOLE_TIERS,
    tiers_by="position value",
    ratio=RatioRule(name="maintenance margin / position margin", direction=Direction.RISING),
    liquidation_rounding=Rounding.EARLIER,
    bankruptcy_rounding=Rounding.DOWN,
    funding=FundingRule(
        price=FundingPrice.MARK,
        interval=FundingInterval.PER_SYMBOL,
        interval_hours=8.0,
        rate_hours=8.0,
        formula=FundingFormula.PREMIUM,
        interest_rate=0.0002,
        cap_margin_multiple=0.75,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.INSURANCE_SPENT,
        closes_at="bankruptcy price",
    ),
    assumed=("ratio", "hedge_margin"),
    doubts=(
        "In the samples of the older documentation maintenance is 0.51 % where the page says 0.5 %; that of January "
        "2025 has 0.4 % exactly. Its bankruptcy price 43,880.60 is printed 43,880.61, the older ones are rounded down."
    ),
    sources=(
        Source(
            title="Get Position Details; Add Margin Manually; example responses",
            at="Kucoin/kucoin-futures-api-docs source/localizable/index.en.html.md",
            dated="2019-2021",
            says="posMaint - posComm at entry; long liquidation rounded up, bankruptcy down",
        ),
        Source(
            title="Add isolated margin, example response",
            at="KuCoin universal SDK, test fixtures",
            dated="2025-01",
            says="posMaint - posComm is 0.4 % of the entry value, liquidation 44,269.81",
        ),
        Source(
            title="How to Calculate Contract Bankruptcy Price",
            at="kucoin.zendesk.com/hc/en-us/articles/27619032569113",
            dated="undated",
            says="inverse long: entry / (1 + initial margin rate), printed without its fraction",
        ),
        Source(
            title="Liquidation price; Insurance fund",
            at="kucoin.com/support/4408061803033 and /26686139092889",
            dated="undated",
            says="isolated, at entry: short at 100x 28,168, long at 40x 39,160; the fund pays loss beyond margin, then ADL",
        ),
        Source(
            title="Funding Fee; Futures Funding Rate Upgrades Plan",
            at="kucoin.com/support/26686295987353 and announcement",
            dated="2026-01-12",
            says="position value at mark; mean premium + interest (0.06 % a day USDT), within ±0.75 · (IM - MM); 8, 4 or 1 h",
        ),
    ),
)

KUCOIN_CROSS = replace(
    KUCOIN,
    name="kucoin_cross",
    title="KuCoin cross",
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.AT_MARK,
    cross_fee=ClosingFee.AT_MARK,
    fee_rate=0.0006,
    ratio=RatioRule(name="risk rate", direction=Direction.RISING),
    assumed=("initial_basis", "hedge_margin"),
    doubts="The risk rate also counts open orders as if they were filled.",
    sources=(
        Source(
            title="Risk Rate of Cross Margin Mode",
            at="kucoin.com/support/35233217061785",
            dated="undated",
            says="(maintenance + closing fees, at mark) / (margin - opening fees), 100 % liquidates: 5.88 %",
        ),
    ),
)
