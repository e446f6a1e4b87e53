"""Published liquidation and bankruptcy prices in our own words, so that they hold the models wherever the tests run."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.measure.venues import Position, Schedule, flat, inverse, linear
from riskd.measure.venues.bitmex import XBTUSD


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """One published price and all that it follows from."""

    source: str
    model: str
    position: Position
    cash: float
    maintenance: Schedule
    liquidation: float | None = None
    bankruptcy: float | None = None
    within: float
    fee_rate: float = 0.0
    others: tuple[float, float] = (0.0, 0.0)  # gain and need of positions in other markets
    is_cross: bool = False
    tick: float | None = None


PINNED = (
    Pinned(
        source="Binance USD-M FAQ: cross account of BTC and ETH, the ETH price",
        model="binance_usdm",
        position=linear(3_683.979, 1_456.84),
        cash=1_535_443.01,
        maintenance=flat(0.1, 135_365.0),
        others=(-56_354.57, 71_200.81144),
        is_cross=True,
        liquidation=1_153.26,
        within=0.01,
    ),
    Pinned(
        source="Binance USD-M FAQ: BTC alone",
        model="binance_usdm",
        position=linear(109.488, 32_481.98),
        cash=1_535_443.01,
        maintenance=flat(0.025, 16_300.0),
        liquidation=18_778.73,
        within=0.01,
    ),
    Pinned(
        source="Binance COIN-M calculator, 300 BTC by the later brackets (dev.binance.vision/t/6292)",
        model="binance_coinm",
        position=inverse(1e7, 45_000.0),
        cash=101.0,
        maintenance=flat(0.125, 11.605),
        is_cross=True,
        liquidation=33_599.4,
        within=0.1,
    ),
    Pinned(
        source="the same with the amount of the table of 2021",
        model="binance_coinm",
        position=inverse(1e7, 45_000.0),
        cash=101.0,
        maintenance=flat(0.125, 11.81),
        is_cross=True,
        liquidation=33_578.859744834,
        within=1e-6,
    ),
    Pinned(
        source="Bybit USDT contract: 1 BTC at 20,000, 50x",
        model="bybit_linear",
        position=linear(1.0, 20_000.0),
        cash=400.0,
        maintenance=flat(0.005),
        liquidation=19_700.0,
        within=1e-6,
    ),
    Pinned(
        source="Bybit USDT contract: bankruptcy at 10,000, 50x",
        model="bybit_linear",
        position=linear(1.0, 10_000.0),
        cash=200.0,
        maintenance=flat(0.005),
        bankruptcy=9_800.0,
        within=1e-9,
    ),
    Pinned(
        source="Bybit inverse contract, cross: 5,739.083 stated as 5,739.5",
        model="bybit_inverse",
        position=inverse(10_000.0, 8_000.0),
        cash=0.5,
        maintenance=flat(0.005),
        fee_rate=0.00075,
        is_cross=True,
        tick=0.5,
        liquidation=5_739.5,
        bankruptcy=5_718.5,
        within=1e-9,
    ),
    Pinned(
        source="Bitget API, single position, 16 digits",
        model="bitget",
        position=linear(0.01, 25_000.0),
        cash=9.669505009337334,
        maintenance=flat(0.004),
        fee_rate=0.0006,
        liquidation=24_144.1124161807,
        within=1e-9,
    ),
    Pinned(
        source="Gate and OKX, short at 5x with taker fee (freqtrade tests)",
        model="gate",
        position=linear(-1.0, 10.0),
        cash=2.0,
        maintenance=flat(0.01),
        fee_rate=0.0006,
        liquidation=11.87413417771621,
        within=1e-12,
    ),
    Pinned(
        source="OKX API, signal bot position: the price from which its ratio follows",
        model="okx",
        position=linear(0.15, 1_597.74),
        cash=0.15 * (1_597.74 - 1_438.7380360728976 * (1.0 - 0.0085)),
        maintenance=flat(0.008),
        fee_rate=0.0005,
        liquidation=1_438.7380360728976,
        within=1e-9,
    ),
    Pinned(
        source="KuCoin, isolated USDT short at 100x",
        model="kucoin",
        position=linear(-0.005, 28_000.0),
        cash=1.4,
        maintenance=flat(0.004),
        liquidation=28_168.0,
        within=1e-6,
    ),
    Pinned(
        source="KuCoin, insurance fund: 1 BTC at 40,000, 40x",
        model="kucoin",
        position=linear(1.0, 40_000.0),
        cash=1_000.0,
        maintenance=flat(0.004),
        liquidation=39_160.0,
        bankruptcy=39_000.0,
        within=1e-9,
    ),
    Pinned(
        source="KuCoin API documentation: 32,210.44 rounded up, 32,006.4 down",
        model="kucoin",
        position=linear(0.001, 40_008.0),
        cash=8.0016,
        maintenance=flat(0.0051),
        tick=1.0,
        liquidation=32_211.0,
        bankruptcy=32_006.0,
        within=1e-9,
    ),
    Pinned(
        source="KuCoin: bankruptcy of an inverse long at 28,000, 50x (printed 27,450)",
        model="kucoin",
        position=inverse(1.0, 28_000.0),
        cash=1.0 / 28_000.0 / 50.0,
        maintenance=flat(0.004),
        bankruptcy=27_450.98,
        within=0.01,
    ),
    Pinned(
        source="Kraken Futures, equity protection process",
        model="kraken_futures",
        position=inverse(1_000.0, 8_000.0),
        cash=0.01,
        maintenance=flat(0.01),
        liquidation=7_481.0,
        bankruptcy=7_407.0,
        within=0.6,
    ),
    Pinned(
        source="Hyperliquid API, clearinghouseState: ETH isolated, raw balance -95.059824",
        model="hyperliquid",
        position=linear(0.0335, 2_986.3),
        cash=0.0335 * 2_986.3 - 95.059824,
        maintenance=flat(0.01),
        liquidation=2_866.26936529,
        within=2e-5,
    ),
    Pinned(
        source="dYdX v4 documentation: ETH short beside 1,000 STRK",
        model="dydx",
        position=linear(-1.5, 3_000.0),
        cash=1_000.0,
        maintenance=flat(0.05),
        others=(0.0, 175.0),
        is_cross=True,
        liquidation=3_380.95,
        within=0.005,
    ),
    Pinned(
        source="dYdX front end's calculator: long 1 of balance -900",
        model="dydx",
        position=linear(1.0, 1_000.0),
        cash=100.0,
        maintenance=flat(0.03),
        liquidation=927.8350515463918,
        within=1e-9,
    ),
    Pinned(
        source="BitMEX, isolated margin examples: Karen, 20 ETH",
        model="bitmex",
        position=linear(20.0, 1_000.0),
        cash=10_000.0,
        maintenance=flat(0.01),
        liquidation=510.0,
        bankruptcy=500.0,
        within=1e-9,
    ),
    Pinned(
        source="BitMEX position message of 2018-08-27: XBTUSD short, whole satoshi, grid of 0.5",
        model="bitmex",
        position=Position(contract=XBTUSD, contracts=-500.0, entry=6_725.0),
        cash=297_400e-8,
        maintenance=flat(0.005),
        tick=0.5,
        liquidation=6_968.5,
        bankruptcy=7_004.5,
        within=1e-9,
    ),
)
