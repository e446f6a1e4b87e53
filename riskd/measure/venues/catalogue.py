"""All margin models, by name."""

from __future__ import annotations

from types import MappingProxyType

from riskd.measure.venues.binance_coinm import BINANCE_COINM
from riskd.measure.venues.binance_usdm import BINANCE_USDM
from riskd.measure.venues.bitget import BITGET
from riskd.measure.venues.bitmex import BITMEX
from riskd.measure.venues.bybit import BYBIT_INVERSE, BYBIT_LINEAR
from riskd.measure.venues.deribit import DERIBIT
from riskd.measure.venues.dydx import DYDX
from riskd.measure.venues.gate import GATE
from riskd.measure.venues.hyperliquid import HYPERLIQUID
from riskd.measure.venues.kraken_futures import KRAKEN_FUTURES
from riskd.measure.venues.kucoin import KUCOIN, KUCOIN_CROSS
from riskd.measure.venues.okx import OKX

MODELS = MappingProxyType(
    {
        model.name: model
        for model in (
            BINANCE_USDM,
            BINANCE_COINM,
            BYBIT_LINEAR,
            BYBIT_INVERSE,
            OKX,
            BITGET,
            GATE,
            KUCOIN,
            KUCOIN_CROSS,
            KRAKEN_FUTURES,
            DERIBIT,
            HYPERLIQUID,
            DYDX,
            BITMEX,
        )
    }
)
