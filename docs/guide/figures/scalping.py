"""How often a scalper must be right, by the size of the move it trades and the fee it pays."""

from __future__ import annotations

import math

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Limit, Spot
from riskd.daemon.drawing import BLUE, DIM, GREEN, Line
from riskd.measure.sizing.sizing import Trade, loss_at_stop
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind

TAKER, MAKER = 0.0005, 0.0002


def wins_needed(move: float, fee: float) -> float:
    """Share of winners with which a bot ends at zero, whose target and stop are equally far away."""
    trade = Trade(contract=Contract(kind=ContractKind.LINEAR), entry=1.0, stop=1.0 - move, fee_rate=fee)
    lost = loss_at_stop(trade).total
    won = move - fee * (2.0 + move)
    return lost / (lost + won)


def picture() -> str:
    """A curve for each fee."""
    moves = np.linspace(0.0004, 0.01, 300)
    return Chart(
        title="How often a scalper must be right, only to end at zero",
        note="Target and stop equally far from the entry, both fees, no slippage.",
        across=Axis(name="size of the move, % of price", low=0.0, high=0.01, show=lambda move: f"{move:.1%}"),
        up=Axis(
            name="trades that must win, %",
            low=0.45,
            high=1.0,
            show=lambda share: f"{share:.0%}",
            places=(0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        ),
        lines=[
            Line(
                name=f"{fee:.2%} for each fill",
                at=moves,
                values=np.array([_shown(wins_needed(float(move), fee)) for move in moves]),
                colour=colour,
                dashed=dashed,
            )
            for fee, colour, dashed in ((TAKER, BLUE, ""), (MAKER, GREEN, "7 3"))
        ],
        limits=[Limit(value=0.5, name="without fees", colour=DIM, name_at=0.01)],
        spots=[
            Spot(at=0.002, value=wins_needed(0.002, TAKER), name="0.2%: 75%", colour=BLUE, dx=10, dy=-6),
            Spot(at=0.002, value=wins_needed(0.002, MAKER), name="0.2%: 60%", colour=GREEN, dx=10, dy=-6),
        ],
    ).svg()


def _shown(share: float) -> float:
    return share if share <= 1.0 else math.nan
