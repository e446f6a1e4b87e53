"""Deribit perpetuals: margin grows linearly with size, no tiers; funding is continuous with a dead band."""

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
from riskd.measure.venues.schedule import linear_in_size

DERIBIT = MarginModel(
    name="deribit",
    title="Deribit",
    contracts=(ContractKind.LINEAR, ContractKind.INVERSE),
    maintenance_basis=Basis.MARK,
    initial_basis=Basis.MARK,
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    margin_rule=MarginRule.LINEAR_IN_SIZE,
    tiers_by="no tiers: size in base units, of an inverse contract value in coin",
    ratio=RatioRule(name="maintenance margin / margin balance", direction=Direction.RISING),
    funding=FundingRule(
        price=FundingPrice.INDEX,
        interval=FundingInterval.CONTINUOUS,
        interval_hours=0.0,
        rate_hours=8.0,
        formula=FundingFormula.DAMPED_PREMIUM,
        band=0.00025,
    ),
    adl=AdlRule(
        score=AdlScore.NOT_FOUND,
        trigger=AdlTrigger.NOT_FOUND,
        closes_at="not found",
    ),
    assumed=("ratio", "hedge_margin"),
    doubts=(
        "The page takes margin at the index price; riskd takes it at mark, which the venue keeps within a small band "
        "of the index. An older page has a damper of 0.05 %."
    ),
    sources=(
        Source(
            title="Linear Perpetual, IM and MM examples",
            at="support.deribit.com/hc/en-us/articles/25944738177565",
            dated="undated, with BTC at 100,000",
            says="BTC 2 % + 0.005 % a BTC initial, 1 % + 0.005 % maintenance; SOL 4 % + 0.0005 %, 2 % + 0.0005 %",
        ),
        Source(
            title="Inverse Perpetual",
            at="support.deribit.com/hc/en-us/articles/25944756807069",
            dated="undated",
            says="the same with size in coin; funding each millisecond from an 8-hour rate",
        ),
        Source(
            title="Funding Specifications",
            at="support.deribit.com/hc/en-us/articles/31424939178397",
            dated="undated",
            says="max(d, P) + min(-d, P), d = 0.025 %",
        ),
    ),
)

BTC_INITIAL = linear_in_size(0.02, 0.00005)
BTC_MAINTENANCE = linear_in_size(0.01, 0.00005)
SOL_INITIAL = linear_in_size(0.04, 0.000005)
SOL_MAINTENANCE = linear_in_size(0.02, 0.000005)
