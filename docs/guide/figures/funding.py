"""What funding takes from a held position as the days go by, beside what its stop would lose."""

from __future__ import annotations

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Limit
from docs.guide.figures.worked import measured, page
from riskd.daemon.drawing import BLUE, BROWN, GREEN, INK, RED, Line
from riskd.measure.sizing.outlook import Carry
from riskd.model.subject import Grain

BTC = "BTC/USDT:USDT"
RATES = ((0.0001, GREEN, ""), (0.0003, BLUE, "2 3"), (0.0005, BROWN, "7 3"), (0.001, RED, "9 2 2 2"))


def worked() -> tuple[float, float]:
    """Notional of the worked long and what its stop would lose, as shares of equity."""
    book = page("funding").books()[0]
    held = measured(book, "share_of_equity", Grain.POSITION, BTC)
    return held, measured(book, "risk_per_trade", Grain.POSITION, BTC)


def paid(rate: float, days: float) -> float:
    """What a long pays in so many days at a rate for eight hours, as a share of equity."""
    return worked()[0] * Carry(rate_per_hour=rate / 8.0, hours=24.0 * days).rate_paid(1.0)


def picture() -> str:
    """A line for each rate."""
    days = np.linspace(0.0, 30.0, 31)
    _, risk = worked()
    return Chart(
        title="What it costs to hold on: funding of the worked long",
        note="0.1 BTC at 50,000 with 10,000 USD of equity, price standing still; rates for eight hours.",
        across=Axis(name="days held", low=0.0, high=30.0, show=lambda day: f"{day:.0f}"),
        up=Axis(name="paid, % of equity", low=0.0, high=0.03, show=lambda value: f"{value:.1%}"),
        lines=[
            Line(
                name=f"{rate * 100:g}%/8h",
                at=days,
                values=np.array([_shown(paid(rate, day)) for day in days]),
                colour=colour,
                dashed=dashed,
            )
            for rate, colour, dashed in RATES
        ],
        limits=[Limit(value=risk, name=f"what the stop would lose: {risk:.2%}", colour=INK, name_at=0.01)],
    ).svg()


def _shown(value: float) -> float:
    return value if value <= 0.03 + 1e-9 else float("nan")
