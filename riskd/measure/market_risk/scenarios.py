"""Named crashes that a book can be put through: how far each coin fell, as constants with their source.

Falls are from the highest to the lowest mark price within the days of the event, the last price where no mark was recorded.
A coin that was not listed then, or not recorded, moves as the median of the coins other than BTC and ETH did. A desk may
define others in its configuration.

Source: hourly candles of Binance USD-M and, for coins that are not among them, of OKX swaps, as published by the venues.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from riskd.model.desk import Desk
from riskd.model.scenario import Scenario


def scenario_of(name: str, desk: Desk) -> Scenario | None:
    """One of the crashes below, or one that the desk defines; None when there is none of that name."""
    preset = SCENARIOS.get(name)
    return preset or next((scenario for scenario in desk.scenarios if scenario.name == name), None)


def _recorded(name: str, title: str, *, others: float, moves: Mapping[str, float]) -> Scenario:
    return Scenario(name=name, title=title, others=others, moves=tuple(sorted(moves.items())))


_ALL = (
    Scenario(
        name="crash-30-corr-1", title="Every price falls by 30 %, all correlations go to one", others=-0.3
    ),
    Scenario(
        name="rally-30-corr-1", title="Every price rises by 30 %: the crash of whoever is short", others=0.3
    ),
    _recorded(
        "covid-2020-03-12",
        "March 2020: the pandemic reaches the markets",
        others=-0.514,
        moves={"BTC": -0.522, "ETH": -0.554, "ADA": -0.554, "BCH": -0.52, "LTC": -0.507, "XRP": -0.504},
    ),
    _recorded(
        "china-2021-05-19",
        "May 2021: China bans mining",
        others=-0.535,
        moves={"BTC": -0.355, "ETH": -0.505, "ADA": -0.527, "BCH": -0.707, "LTC": -0.543, "XRP": -0.5},
    ),
    _recorded(
        "celsius-3ac-2022-06",
        "June 2022: Celsius and Three Arrows fail, a slow fall over eight days",
        others=-0.369,
        moves={
            "BTC": -0.419,
            "ETH": -0.512,
            "ADA": -0.339,
            "AVAX": -0.446,
            "BCH": -0.399,
            "DOGE": -0.385,
            "EOS": -0.349,
            "FIL": -0.34,
            "LTC": -0.332,
            "OP": -0.593,
            "SOL": -0.369,
            "TRX": -0.439,
            "XRP": -0.302,
        },
    ),
    _recorded(
        "ftx-2022-11",
        "November 2022: FTX fails; what lay there was lost beside",
        others=-0.341,
        moves={
            "BTC": -0.262,
            "ETH": -0.332,
            "ADA": -0.255,
            "AVAX": -0.367,
            "BCH": -0.271,
            "DOGE": -0.411,
            "EOS": -0.321,
            "FIL": -0.335,
            "LTC": -0.35,
            "OP": -0.452,
            "SOL": -0.712,
            "TRX": -0.204,
            "XRP": -0.341,
        },
    ),
    _recorded(
        "carry-unwind-2024-08-05",
        "August 2024: the yen carry trade is unwound",
        others=-0.288,
        moves={
            "BTC": -0.211,
            "ETH": -0.295,
            "ADA": -0.259,
            "AVAX": -0.284,
            "BCH": -0.293,
            "BNB": -0.27,
            "DOGE": -0.299,
            "EOS": -0.246,
            "FIL": -0.278,
            "LTC": -0.245,
            "OP": -0.3,
            "PEPE": -0.388,
            "SOL": -0.286,
            "SUI": -0.293,
            "TIA": -0.294,
            "TON": -0.238,
            "TRX": -0.092,
            "TURBO": -0.409,
            "VRA": -0.29,
            "WIF": -0.391,
            "WLD": -0.301,
            "XRP": -0.252,
        },
    ),
    _recorded(
        "tariff-2025-02-03",
        "February 2025: tariffs; ether falls three times as far as bitcoin",
        others=-0.418,
        moves={
            "BTC": -0.111,
            "ETH": -0.352,
            "ADA": -0.463,
            "AVAX": -0.4,
            "BCH": -0.374,
            "BNB": -0.269,
            "DOGE": -0.398,
            "EOS": -0.406,
            "FIL": -0.475,
            "LTC": -0.388,
            "MEMEFI": -0.54,
            "ONDO": -0.399,
            "OP": -0.462,
            "PENGU": -0.449,
            "PEPE": -0.445,
            "SOL": -0.248,
            "SUI": -0.422,
            "TIA": -0.473,
            "TON": -0.408,
            "TRUMP": -0.374,
            "TRX": -0.226,
            "TURBO": -0.511,
            "VRA": -0.453,
            "WIF": -0.466,
            "WLD": -0.471,
            "XRP": -0.415,
        },
    ),
    _recorded(
        "adl-2025-10-10",
        "October 2025: the largest liquidation; median of the smaller coins -64 %",
        others=-0.647,
        moves={
            "BTC": -0.168,
            "ETH": -0.219,
            "AAVE": -0.708,
            "ADA": -0.665,
            "ALGO": -0.569,
            "ARB": -0.757,
            "AVAX": -0.702,
            "BCH": -0.224,
            "DOGE": -0.651,
            "DOT": -0.777,
            "ENA": -0.768,
            "HBAR": -0.632,
            "KAS": -0.871,
            "LINK": -0.644,
            "LTC": -0.615,
            "NEAR": -0.517,
            "ONDO": -0.725,
            "OP": -0.691,
            "PEPE": -0.704,
            "RENDER": -0.848,
            "SHIB": -0.452,
            "SOL": -0.359,
            "SUI": -0.833,
            "TON": -0.8,
            "TRX": -0.107,
            "VET": -0.54,
            "WLD": -0.799,
            "XLM": -0.574,
            "XMR": -0.212,
            "XRP": -0.58,
            "XTZ": -0.371,
            "ZEC": -0.411,
        },
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
