"""How far each coin fell in the crashes that the presets replay, and in the one that the demo invents.

Falls of the last and the mark price run from the high before to the low; funding is the worst rate of one interval.

Source: hourly last, mark and funding of Binance USD-M perpetuals as published by the venue, of 2020-03-12 00:00 to
2020-03-14 00:00, 2021-05-18 00:00 to 2021-05-20 12:00 and 2025-10-10 12:00 to 2025-10-11 12:00 UTC. What is not on record is
said where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from riskd.paper.market.contracts import built_in
from riskd.paper.market.depth import Liquidity
from riskd.paper.market.scenario import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class _Character:
    """What does not change from one event to the next.

    Attributes:
        calm_volatility: Daily, a fraction.
        common_share: Correlation with the whole market.
        calm_spread_rate: (ask - bid) / last.
    """

    calm_volatility: float
    common_share: float
    calm_spread_rate: float


_CHARACTERS: Final[Mapping[str, _Character]] = {
    "BTCUSDT": _Character(calm_volatility=0.025, common_share=0.95, calm_spread_rate=0.00005),
    "ETHUSDT": _Character(calm_volatility=0.035, common_share=0.90, calm_spread_rate=0.00005),
    "SOLUSDT": _Character(calm_volatility=0.045, common_share=0.85, calm_spread_rate=0.0001),
    "XRPUSDT": _Character(calm_volatility=0.045, common_share=0.80, calm_spread_rate=0.0002),
    "DOGEUSDT": _Character(calm_volatility=0.050, common_share=0.80, calm_spread_rate=0.0002),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Magnitude:
    """How far one instrument fell.

    Attributes:
        high: Price before the fall, quote per base.
        drop_last: Fall of the last price, a fraction.
        drop_mark: Fall of the mark.
        funding_extreme: Worst rate of one interval.
        calm_depth_usd: Notional that moved the price by 1 % before. An assumption: 5 % of the volume of a calm hour.
        funding_interval_hours: Hours between settlements at the time.
    """

    high: float
    drop_last: float
    drop_mark: float
    funding_extreme: float
    calm_depth_usd: float
    funding_interval_hours: int = 8


# SOL and DOGE had no perpetual on the venue in March 2020 and are not on record for May 2021: they fall by the median of
# the other coins (51.4 %, 53.5 %), at a nominal price in 2020.
MARCH_2020: Final[Mapping[str, Magnitude]] = {
    "BTCUSDT": Magnitude(
        high=7961.9, drop_last=0.5451, drop_mark=0.5225, funding_extreme=-0.0030, calm_depth_usd=8e6
    ),
    "ETHUSDT": Magnitude(
        high=195.46, drop_last=0.5691, drop_mark=0.5544, funding_extreme=-0.002818, calm_depth_usd=1.5e6
    ),
    "SOLUSDT": Magnitude(
        high=20.0, drop_last=0.524, drop_mark=0.514, funding_extreme=-0.002, calm_depth_usd=2e5
    ),
    "XRPUSDT": Magnitude(
        high=0.2098, drop_last=0.5158, drop_mark=0.5038, funding_extreme=-0.004325, calm_depth_usd=2e5
    ),
    "DOGEUSDT": Magnitude(
        high=0.25, drop_last=0.524, drop_mark=0.514, funding_extreme=-0.002, calm_depth_usd=1e5
    ),
}
MAY_2021: Final[Mapping[str, Magnitude]] = {
    "BTCUSDT": Magnitude(
        high=45813.8, drop_last=0.3738, drop_mark=0.3547, funding_extreme=-0.000897, calm_depth_usd=5e7
    ),
    "ETHUSDT": Magnitude(
        high=3567.8, drop_last=0.6074, drop_mark=0.5055, funding_extreme=-0.003563, calm_depth_usd=3e7
    ),
    "SOLUSDT": Magnitude(
        high=55.0, drop_last=0.56, drop_mark=0.535, funding_extreme=-0.002, calm_depth_usd=3e6
    ),
    "XRPUSDT": Magnitude(
        high=1.7057, drop_last=0.5127, drop_mark=0.5001, funding_extreme=-0.001691, calm_depth_usd=1e7
    ),
    "DOGEUSDT": Magnitude(
        high=0.52, drop_last=0.56, drop_mark=0.535, funding_extreme=-0.002, calm_depth_usd=1e7
    ),
}
OCTOBER_2025: Final[Mapping[str, Magnitude]] = {
    "BTCUSDT": Magnitude(
        high=122457.5, drop_last=0.1710, drop_mark=0.1681, funding_extreme=0.00001, calm_depth_usd=5e7
    ),
    "ETHUSDT": Magnitude(
        high=4388.0, drop_last=0.2252, drop_mark=0.2194, funding_extreme=-0.000131, calm_depth_usd=5e7
    ),
    "SOLUSDT": Magnitude(
        high=224.35, drop_last=0.3703, drop_mark=0.3589, funding_extreme=-0.003028, calm_depth_usd=1.5e7
    ),
    "XRPUSDT": Magnitude(
        high=2.8358, drop_last=0.5842, drop_mark=0.5795, funding_extreme=-0.000111, calm_depth_usd=5e6
    ),
    "DOGEUSDT": Magnitude(
        high=0.25395, drop_last=0.6698, drop_mark=0.6508, funding_extreme=-0.000237, calm_depth_usd=5e6
    ),
}

# Invented, at BTC 22,000: betas to BTC of about 1.15 (ETH), 1.5 (SOL), 1.35 (XRP), 1.6 (DOGE). Funding of BTC and ETH at
# its extreme is -90 % a year (-0.0822 % in eight hours). SOL and DOGE settle every four hours.
DEMO: Final[Mapping[str, Magnitude]] = {
    "BTCUSDT": Magnitude(
        high=22050.0, drop_last=0.153, drop_mark=0.147, funding_extreme=-0.000822, calm_depth_usd=2e7
    ),
    "ETHUSDT": Magnitude(
        high=1604.0, drop_last=0.174, drop_mark=0.167, funding_extreme=-0.000822, calm_depth_usd=1.5e7
    ),
    "SOLUSDT": Magnitude(
        high=22.1,
        drop_last=0.221,
        drop_mark=0.209,
        funding_extreme=-0.000411,
        calm_depth_usd=3e6,
        funding_interval_hours=4,
    ),
    "XRPUSDT": Magnitude(
        high=0.4215, drop_last=0.201, drop_mark=0.190, funding_extreme=-0.0008, calm_depth_usd=4e6
    ),
    "DOGEUSDT": Magnitude(
        high=0.0802,
        drop_last=0.233,
        drop_mark=0.219,
        funding_extreme=-0.0004,
        calm_depth_usd=2e6,
        funding_interval_hours=4,
    ),
}


def instruments(magnitudes: Mapping[str, Magnitude]) -> tuple[Instrument, ...]:
    """The instruments of a scenario, with the character each coin has at all times."""
    return tuple(_instrument(symbol, magnitude) for symbol, magnitude in magnitudes.items())


def _instrument(symbol: str, magnitude: Magnitude) -> Instrument:
    character = _CHARACTERS[symbol]
    return Instrument(
        contract=built_in(symbol, funding_interval_hours=magnitude.funding_interval_hours),
        high=magnitude.high,
        drop_last=magnitude.drop_last,
        drop_mark=magnitude.drop_mark,
        calm_volatility=character.calm_volatility,
        common_share=character.common_share,
        funding_calm=0.0001 * magnitude.funding_interval_hours / 8,
        funding_extreme=magnitude.funding_extreme,
        liquidity=Liquidity(
            calm_depth_usd=magnitude.calm_depth_usd, calm_spread_rate=character.calm_spread_rate
        ),
    )
