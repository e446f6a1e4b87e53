"""How much may be bought for one risk, by how far the stop is away."""

from __future__ import annotations

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Limit, Spot
from riskd.daemon.drawing import BLUE, BROWN, DIM, Line
from riskd.measure.sizing.sizing import Trade, contracts_for_risk
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind

EQUITY, RISK, ENTRY = 10_000.0, 0.01, 60_000.0
FEE, SLIPPAGE = 0.0005, 0.001
WORKED_STOPS = (0.03, 0.015)
CAP = 3.0


def multiple(distance: float, *, fee: float = FEE, slippage: float = SLIPPAGE) -> float:
    """Notional over equity of a long whose stop is so far below the entry."""
    trade = Trade(
        contract=Contract(kind=ContractKind.LINEAR),
        entry=ENTRY,
        stop=ENTRY * (1.0 - distance),
        fee_rate=fee,
        slippage=slippage * ENTRY,
    )
    return contracts_for_risk(trade, equity=EQUITY, risk=RISK) * ENTRY / EQUITY


def picture() -> str:
    """Size against distance, with and without costs, and the two sizes of the page."""
    distances = np.linspace(0.0005, 0.05, 400)
    return Chart(
        title="The same risk of 1%, whatever the stop: its distance decides the size",
        note="Long of any coin; with costs: 0.05% fee for each fill, 0.1% slippage of the stop.",
        across=Axis(name="stop below the entry, % of price", low=0.0, high=0.05, show=_percent),
        up=Axis(name="size, multiple of equity", low=0.0, high=4.0, show=lambda value: f"{value:g}x"),
        lines=[
            Line(
                name="if trading were free",
                at=distances,
                values=np.array([_shown(multiple(at, fee=0.0, slippage=0.0)) for at in distances]),
                colour=DIM,
                dashed="5 4",
            ),
            Line(
                name="with costs",
                at=distances,
                values=np.array([_shown(multiple(at)) for at in distances]),
                colour=BLUE,
            ),
        ],
        limits=[Limit(value=CAP, name="a cap of 3x on leverage", colour=BROWN)],
        spots=[
            Spot(
                at=at,
                value=multiple(at),
                name=f"stop {at * 100:g}% away: {multiple(at):.2f}x",
                colour=BLUE,
                dx=10,
                dy=-8,
            )
            for at in WORKED_STOPS
        ],
    ).svg()


def _shown(value: float) -> float:
    """Beyond the picture there is nothing to see."""
    return value if value <= 4.0 else float("nan")


def _percent(value: float) -> str:
    return f"{value:.0%}"
