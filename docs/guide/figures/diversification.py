"""What recorded crashes would have cost two books of the same size: several coins, and BTC alone."""

from __future__ import annotations

from docs.guide.figures.chart import Axis, Bar, bars
from docs.guide.figures.worked import measured, page
from riskd.daemon.drawing import BLUE, BROWN
from riskd.measure.market_risk.scenarios import SCENARIOS
from riskd.model.subject import Grain

RECORDED = tuple(name for name, scenario in SCENARIOS.items() if "BTC" in dict(scenario.moves))


def losses() -> list[tuple[str, float, float]]:
    """Of each recorded crash: its date, the loss of the worked book, the loss of as much BTC; shares of equity."""
    book = page("diversification").books()[0]
    size = measured(book, "leverage", Grain.ACCOUNT, "main")
    return [
        (
            name,
            measured(book, "stress_loss", Grain.ACCOUNT, "main", scenario=name),
            -size * dict(SCENARIOS[name].moves)["BTC"],
        )
        for name in RECORDED
    ]


def picture() -> str:
    """Two bars for each crash."""
    rows = []
    for name, spread, alone in losses():
        when = SCENARIOS[name].title.partition(":")[0]
        rows += [
            Bar(name=f"{when}: six coins", start=0.0, end=spread, said=f"{spread:.0%}", colour=BROWN),
            Bar(name="BTC alone", start=0.0, end=alone, said=f"{alone:.0%}", colour=BLUE),
        ]
    return bars(
        title="The same money in six coins and in BTC alone, in seven recorded crashes",
        note="Loss from the highest to the lowest mark price, leverage 1x. Six coins: BTC, ETH, SOL, XRP, DOGE, ADA.",
        across=Axis(name="loss, % of equity", low=0.0, high=0.6, show=lambda value: f"{value:.0%}"),
        rows=rows,
        left=190,
        together=2,
    )
