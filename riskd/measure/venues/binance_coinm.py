"""Binance COIN-M futures: the rules of USD-M, settled in the coin; brackets are in coin."""

from __future__ import annotations

from dataclasses import replace

from riskd.measure.venues.binance_usdm import BINANCE_USDM
from riskd.measure.venues.model import ContractKind, Source

BINANCE_COINM = replace(
    BINANCE_USDM,
    name="binance_coinm",
    title="Binance COIN-M",
    contracts=(ContractKind.INVERSE,),
    tiers_by="value at mark, coin",
    sources=(
        Source(
            title="How to Calculate Liquidation Price of COIN-M Futures Contracts",
            at="binance.com/en/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46",
            dated="two copies: 2021 (amount 11.81 BTC at 300 BTC) and later (11.605)",
            says="maintenance at mark in coin, by brackets that were changed between the copies",
        ),
        Source(
            title="COIN-Margined Futures liquidation price calculation, help",
            at="dev.binance.vision/t/6292",
            dated="2021",
            says="the calculator's 33,599.40 needs the later amount; the poster's 33,578.86 used the earlier",
        ),
        Source(
            title="Binance COIN-Margined Futures Contract Specifications",
            at="binance.com/en/support/faq/a4470430e3164c13932be8967961aede",
            dated="2020-06-11",
            says="100 dollars a contract for BTC, usually 10 for other coins; funding every 8 hours unless changed",
        ),
    ),
)
