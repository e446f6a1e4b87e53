"""Equity of one account while the price falls, by leverage, down to where the venue liquidates."""

from __future__ import annotations

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Post, Spot
from riskd.daemon.drawing import BLUE, BROWN, DIM, GREEN, RED, Line
from riskd.measure.market_risk.scenarios import SCENARIOS
from riskd.measure.venues import MODELS, Holding, cross, flat, linear, liquidation_price, pnl

EQUITY, PRICE, MAINTENANCE = 10_000.0, 50_000.0, 0.005
SHOWN = ((2.0, GREEN), (5.0, BLUE), (10.0, BROWN), (20.0, RED))
FALLS = (("adl-2025-10-10", "October 2025"), ("covid-2020-03-12", "March 2020"))


def held(leverage: float) -> Holding:
    """A long of so many times the equity."""
    position = linear(leverage * EQUITY / PRICE, PRICE)
    return Holding(position=position, mark=PRICE, maintenance=flat(MAINTENANCE))


def fatal_fall(leverage: float) -> float:
    """Fall of the price at which the venue liquidates, as a share."""
    model = MODELS["binance_usdm"]
    price = liquidation_price(model, [held(leverage)], cross(model, EQUITY))
    assert price is not None, "above 1x some price liquidates"
    return 1.0 - price / PRICE


def equity_left(leverage: float, fall: float) -> float:
    """Equity after a fall, as a share of what it was."""
    return 1.0 + pnl(held(leverage).position, PRICE * (1.0 - fall)) / EQUITY


def fall_of_btc(scenario: str) -> float:
    """How far BTC fell in a recorded crash."""
    return -dict(SCENARIOS[scenario].moves)["BTC"]


def picture() -> str:
    """A line for each leverage, with its end."""
    return Chart(
        title="The same 10,000 USD at 2x, 5x, 10x and 20x while BTC falls",
        note="Long of BTC, cross margin, maintenance margin 0.5%, rules of Binance USD-M. A cross is liquidation.",
        across=Axis(name="fall of the price, %", low=0.0, high=0.6, show=lambda fall: f"{fall:.0%}"),
        up=Axis(
            name="equity left, %",
            low=-0.1,
            high=1.0,
            show=lambda left: f"{left:.0%}",
            places=(0.0, 0.25, 0.5, 0.75, 1.0),
        ),
        lines=[_line(leverage, colour) for leverage, colour in SHOWN],
        spots=[
            Spot(
                at=fatal_fall(leverage),
                value=equity_left(leverage, fatal_fall(leverage)),
                name=f"{leverage:g}x: {fatal_fall(leverage):.1%}",
                colour=colour,
                shape="cross",
                dx=2,
                dy=36 if leverage == 20.0 else 21,
            )
            for leverage, colour in SHOWN
        ],
        posts=[
            Post(
                at=fall_of_btc(scenario),
                name=f"{name}: -{fall_of_btc(scenario):.0%}",
                colour=DIM,
                row=-1,
                before=scenario.startswith("covid"),
            )
            for scenario, name in FALLS
        ],
    ).svg()


def _line(leverage: float, colour: str) -> Line:
    falls = np.linspace(0.0, fatal_fall(leverage), 60)
    return Line(
        name="", at=falls, values=np.array([equity_left(leverage, fall) for fall in falls]), colour=colour
    )
