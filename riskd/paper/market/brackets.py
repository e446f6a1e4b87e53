"""Leverage brackets: how much maintenance margin the venue asks of a position, by its size and by the date.

Brackets decide about liquidation and the venue changes them, so they are dated: a position of 2025 is judged by the table
of 2024, and everything earlier by the oldest table there is. Each table is written as the venue publishes it but for the
maintenance amounts, which follow from the rest::

    amount_n = amount_(n-1) + floor_n * (rate_n - rate_(n-1))

so that maintenance margin is continuous over the floors. All 10,081 published brackets of both dates obey it.

Source: the venue's leverageBracket answers of October 2024 and September 2026, as carried by freqtrade 2024.9 and 2026.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from riskd.paper.engine.types import Bracket, DatedBrackets

# (notional cap in thousand USD, maintenance margin rate, highest leverage) of each bracket, from the smallest.
BracketRows = Sequence[tuple[int, str, int]]

# The upper brackets of BTC and ETH did not change between the two dates.
_BTC_ABOVE_12M: BracketRows = (
    (70_000, "0.02", 25),
    (100_000, "0.025", 20),
    (230_000, "0.05", 10),
    (480_000, "0.1", 5),
    (600_000, "0.125", 4),
    (800_000, "0.15", 3),
    (1_200_000, "0.25", 2),
    (1_800_000, "0.5", 1),
)
_ETH_ABOVE_12M: BracketRows = (
    (50_000, "0.02", 25),
    (65_000, "0.025", 20),
    (150_000, "0.05", 10),
    (320_000, "0.1", 5),
    (400_000, "0.125", 4),
    (530_000, "0.15", 3),
    (800_000, "0.25", 2),
    (1_200_000, "0.5", 1),
)
_MAJORS_TO_12M_2024: BracketRows = (
    (50, "0.004", 125),
    (600, "0.005", 100),
    (3_000, "0.0065", 75),
    (12_000, "0.01", 50),
)
_MAJORS_TO_12M_2026: BracketRows = (
    (300, "0.004", 150),
    (800, "0.005", 100),
    (3_000, "0.0065", 75),
    (12_000, "0.01", 50),
)
_SOL_ABOVE_4M: BracketRows = (
    (8_000, "0.025", 20),
    (40_000, "0.05", 10),
    (80_000, "0.1", 5),
    (100_000, "0.125", 4),
    (200_000, "0.25", 2),
    (400_000, "0.5", 1),
)

_OCTOBER_2024: dict[str, BracketRows] = {
    "BTCUSDT": (*_MAJORS_TO_12M_2024, *_BTC_ABOVE_12M),
    "ETHUSDT": (*_MAJORS_TO_12M_2024, *_ETH_ABOVE_12M),
    "SOLUSDT": (
        (20, "0.005", 100),
        (100, "0.0065", 75),
        (800, "0.01", 50),
        (4_000, "0.02", 25),
        *_SOL_ABOVE_4M,
    ),
    "XRPUSDT": (
        (10, "0.005", 75),
        (20, "0.0065", 50),
        (160, "0.01", 40),
        (800, "0.02", 25),
        (1_600, "0.025", 20),
        (8_000, "0.05", 10),
        (16_000, "0.1", 5),
        (20_000, "0.125", 4),
        (40_000, "0.25", 2),
        (80_000, "0.5", 1),
    ),
    "DOGEUSDT": (
        (10, "0.005", 75),
        (50, "0.007", 50),
        (750, "0.01", 40),
        (800, "0.02", 25),
        (1_600, "0.025", 20),
        (8_000, "0.05", 10),
        (16_000, "0.1", 5),
        (20_000, "0.125", 4),
        (40_000, "0.25", 2),
        (80_000, "0.5", 1),
    ),
}
_SEPTEMBER_2026: dict[str, BracketRows] = {
    "BTCUSDT": (*_MAJORS_TO_12M_2026, *_BTC_ABOVE_12M),
    "ETHUSDT": (*_MAJORS_TO_12M_2026, *_ETH_ABOVE_12M),
    "SOLUSDT": (
        (50, "0.005", 100),
        (400, "0.0065", 75),
        (1_000, "0.01", 50),
        (4_000, "0.02", 25),
        *_SOL_ABOVE_4M,
    ),
    "XRPUSDT": (
        (40, "0.005", 100),
        (80, "0.006", 75),
        (150, "0.01", 50),
        (400, "0.0125", 40),
        (1_000, "0.02", 25),
        (2_000, "0.025", 20),
        (10_000, "0.05", 10),
        (20_000, "0.1", 5),
        (25_000, "0.125", 4),
        (50_000, "0.25", 2),
        (100_000, "0.5", 1),
    ),
    "DOGEUSDT": (
        (80, "0.0065", 75),
        (150, "0.01", 50),
        (750, "0.0125", 40),
        (2_000, "0.02", 25),
        (4_000, "0.025", 20),
        (20_000, "0.05", 10),
        (40_000, "0.1", 5),
        (50_000, "0.125", 4),
        (100_000, "0.25", 2),
        (200_000, "0.5", 1),
    ),
}

# What the venue gives a middling alternative coin (ADAUSDT, both dates within a rung of each other).
_GENERIC_BRACKETS: BracketRows = (
    (10, "0.005", 75),
    (50, "0.01", 50),
    (200, "0.015", 40),
    (1_000, "0.02", 25),
    (2_000, "0.025", 20),
    (10_000, "0.05", 10),
    (20_000, "0.1", 5),
    (25_000, "0.125", 4),
    (50_000, "0.25", 2),
    (100_000, "0.5", 1),
)

_OCTOBER_2024_MS = 1_727_740_800_000
_SEPTEMBER_2026_MS = 1_788_220_800_000


def dated_brackets(symbol: str) -> tuple[DatedBrackets, ...]:
    """The venue's tables of one symbol, oldest first; of a symbol without tables the generic one.

    The first date is when the oldest table was seen; it also stands for all time before.
    """
    if symbol not in _OCTOBER_2024:
        return (DatedBrackets(valid_from_ms=_OCTOBER_2024_MS, brackets=brackets_of(_GENERIC_BRACKETS)),)
    return (
        DatedBrackets(valid_from_ms=_OCTOBER_2024_MS, brackets=brackets_of(_OCTOBER_2024[symbol])),
        DatedBrackets(valid_from_ms=_SEPTEMBER_2026_MS, brackets=brackets_of(_SEPTEMBER_2026[symbol])),
    )


def brackets_of(rows: BracketRows) -> tuple[Bracket, ...]:
    """Brackets with their floors and maintenance amounts filled in.

    Args:
        rows: ``(cap in thousand USD, maintenance margin rate, highest leverage)`` of each bracket, caps rising.
    """
    brackets: list[Bracket] = []
    floor = amount = rate_below = Decimal(0)
    for cap_thousand, rate_text, leverage_max in rows:
        rate = Decimal(rate_text)
        amount += floor * (rate - rate_below)
        bracket = Bracket(
            notional_floor=floor,
            notional_cap=Decimal(cap_thousand) * 1000,
            maintenance_margin_rate=rate,
            maintenance_amount=amount,
            leverage_max=leverage_max,
        )
        brackets.append(bracket)
        floor, rate_below = bracket.notional_cap, rate
    return tuple(brackets)
