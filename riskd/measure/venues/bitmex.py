"""BitMEX (history): maintenance at entry, values of one contract in whole satoshi, the pattern of many later venues."""

from __future__ import annotations

from riskd.measure.venues.contract import Contract
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

SATOSHI = 1e-8

BITMEX = MarginModel(
    name="bitmex",
    title="BitMEX",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE, ContractKind.QUANTO),
    maintenance_basis=Basis.ENTRY,
    initial_basis=Basis.ENTRY,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.WHOLE_TIERS,
    tiers_by="risk limit, steps of position value",
    ratio=RatioRule(name="maintenance margin / margin balance", direction=Direction.RISING),
    liquidation_rounding=Rounding.EARLIER,
    bankruptcy_rounding=Rounding.DOWN,
    funding=FundingRule(
        price=FundingPrice.MARK,
        interval=FundingInterval.FIXED,
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
    assumed=("ratio", "hedge_margin"),
    doubts=(
        "The closing fee is held within position margin (posComm) beside maintenance and cancels out of the "
        "condition. Rounding of a long's bankruptcy price: only a short was seen. The multiplier of the ETHUSD "
        "quanto is 0.000001 XBT in the table of the page and 0.0001 in its example: the table is right."
    ),
    sources=(
        Source(
            title="Position message of 2018-08-27",
            at="recorded in a public source file",
            dated="2018-08-27",
            says="XBTUSD short: whole satoshi a contract, liquidation 6,968.5 and bankruptcy 7,004.5 on the grid of 0.5",
        ),
        Source(
            title="Isolated Margin examples (Karen, Leonard)",
            at="bitmex.com/app/isolatedMarginExamples",
            dated="undated",
            says="maintenance at entry: liquidation 510, bankruptcy 500",
        ),
        Source(
            title="Wallet history of a long of 885",
            at="r/BitMEX, 2017",
            dated="2017-12",
            says="rounding and the sign of funding, to the satoshi",
        ),
        Source(
            title="Perpetual Contracts Guide, examples",
            at="bitmex.com/app/perpetualContractsGuideExamples",
            dated="copy of 2023",
            says="funding is mark value times rate every 8 hours: a long of 20 XBT pays 0.05 at 0.25 %",
        ),
        Source(
            title="Auto Deleveraging, ranking and examples",
            at="bitmex.com/app/autoDeleveraging",
            dated="undated",
            says="profit% · leverage, or profit% / leverage; lights by cumulated quantity",
        ),
    ),
)

XBTUSD = Contract(kind=ContractKind.INVERSE, multiplier=1.0, value_step=SATOSHI)
ETHUSD = Contract(kind=ContractKind.QUANTO, multiplier=1e-6)
