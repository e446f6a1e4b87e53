"""The worked swing trade at every price between its stop and its target."""

from __future__ import annotations

import math

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Limit, Post, Spot
from docs.guide.figures.worked import measured, page
from riskd.daemon.drawing import BLUE, BROWN, DIM, GREEN, Line
from riskd.model.subject import Grain

ETH = "ETH/USDT:USDT"
STOP, ENTRY, TARGET = 1_900.0, 2_000.0, 2_200.0
LEAST = 1.0


def at_every_price(name: str, prices: list[float]) -> list[float]:
    """A measure of the worked ETH trade at these marks."""
    books = page("swing").at_prices(ETH, prices)
    return [measured(book, name, Grain.POSITION, ETH) for book in books]


def shrunk_at() -> float:
    """Mark at which what is left to win is the least that is wanted of what may be lost."""
    return (TARGET + LEAST * STOP) / (1.0 + LEAST)


def picture() -> str:
    """Gain in R, and what is left to win over what is left to lose."""
    prices = [float(price) for price in np.linspace(STOP + 2.5, TARGET - 2.5, 119)]
    left = [value if value <= 3.0 else math.nan for value in at_every_price("reward_to_risk", prices)]
    return Chart(
        title="The more a trade has won, the less is left in it",
        note="Long of ETH from 2,000, stop at 1,900, target at 2,200; the stop stays where it is.",
        across=Axis(
            name="mark price of ETH, USD",
            low=1_880.0,
            high=2_220.0,
            show=lambda price: f"{price:,.0f}",
            places=(1_900.0, 1_950.0, 2_000.0, 2_050.0, 2_100.0, 2_150.0, 2_200.0),
        ),
        up=Axis(
            name="multiple", low=-1.2, high=3.0, show=lambda value: f"{value:g}x", places=(-1, 0, 1, 2, 3)
        ),
        lines=[
            Line(
                name="won so far, in R",
                at=np.array(prices),
                values=np.array(at_every_price("risk_multiple", prices)),
                colour=GREEN,
                dashed="7 3",
            ),
            Line(
                name="left to win over left to lose", at=np.array(prices), values=np.array(left), colour=BLUE
            ),
        ],
        limits=[Limit(value=LEAST, name="as much to lose as left to win", colour=BROWN, name_at=0.01)],
        posts=[Post(at=ENTRY, name="entry", colour=DIM, before=True)],
        spots=[
            Spot(
                at=shrunk_at(),
                value=LEAST,
                name=f"above {shrunk_at():,.0f}: move the stop",
                colour=BLUE,
                dx=8,
                dy=-20,
            )
        ],
    ).svg()
