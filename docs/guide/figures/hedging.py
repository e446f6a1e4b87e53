"""Coin and short together while the price moves, and where the short's margin ends."""

from __future__ import annotations

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Post, Spot
from docs.guide.figures.worked import measured, page
from riskd.daemon.drawing import BLUE, BROWN, GREEN, RED, Line
from riskd.measure.venues import linear, pnl
from riskd.model.subject import Grain

PRICE, MARGIN = 50_000.0, 10_000.0


def fatal_rise() -> float:
    """Rise of the price at which the worked short is liquidated."""
    return measured(page("hedging").books()[0], "leg_liquidation_distance", Grain.HEDGE, "btc")


def in_futures(move: float) -> float:
    """Equity of the futures account after a move of the price."""
    return MARGIN + pnl(linear(-1.0, PRICE), PRICE * (1.0 + move))


def coin(move: float) -> float:
    """What the coin is worth after a move."""
    return PRICE * (1.0 + move)


def picture() -> str:
    """Three curves up to the liquidation, one behind it."""
    end = fatal_rise()
    alive, after = np.linspace(-0.3, end, 50), np.linspace(end, 0.4, 20)
    return Chart(
        title="A perfect hedge that is liquidated in a rally",
        note="1 BTC held, 1 BTC short at 50,000 with 10,000 USD of margin; maintenance margin 0.5%.",
        across=Axis(
            name="move of the price, %",
            low=-0.3,
            high=0.4,
            show=lambda move: f"{move:+.0%}" if abs(move) > 1e-9 else "0%",
            places=(-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4),
        ),
        up=Axis(name="USD", low=0.0, high=80_000.0, show=lambda value: f"{value:,.0f}"),
        lines=[
            Line(
                name="coin and futures account together",
                at=alive,
                values=np.array([coin(move) + in_futures(move) for move in alive]),
                colour=GREEN,
            ),
            Line(
                name="futures account",
                at=alive,
                values=np.array([in_futures(move) for move in alive]),
                colour=BLUE,
                dashed="7 3",
            ),
            Line(
                name="the coin alone",
                at=after,
                values=np.array([coin(move) for move in after]),
                colour=BROWN,
                dashed="2 3",
            ),
        ],
        posts=[Post(at=end, name=f"short liquidated at +{end:.1%}", colour=RED, before=True)],
        spots=[
            Spot(
                at=end,
                value=in_futures(end),
                name="nothing left to pay with",
                colour=RED,
                shape="cross",
                dx=12,
                dy=-6,
            )
        ],
    ).svg()
