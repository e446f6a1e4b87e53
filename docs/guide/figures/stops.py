"""The room that leverage leaves, beside one and the same stop."""

from __future__ import annotations

from docs.guide.figures.chart import Axis, Bar, Post, bars
from riskd.daemon.drawing import BROWN, GREEN, INK, RED
from riskd.measure.sizing.outlook import STOP_SHARE_WARN, Outlook, Sizing, Terms, outlook
from riskd.measure.sizing.sizing import Trade
from riskd.measure.sizing.tiers import one_rate
from riskd.measure.venues.catalogue import MODELS
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind

STOP = 0.04
SETTINGS = (3.0, 5.0, 10.0, 15.0, 20.0, 50.0)


def looked(setting: float) -> Outlook:
    """An isolated long at a setting, its stop 4 % below."""
    trade = Trade(contract=Contract(kind=ContractKind.LINEAR), entry=100.0, stop=100.0 * (1.0 - STOP))
    terms = Terms(model=MODELS["binance_usdm"], tiers=one_rate(0.005), leverage=setting)
    return outlook(Sizing(trade=trade, terms=terms, equity=10_000.0, risk=0.01), 1.0)


def picture() -> str:
    """A bar of room for each setting."""
    return bars(
        title="The same stop at different leverage",
        note="Isolated long, maintenance margin 0.5%, rules of Binance USD-M. The bar is the room before liquidation.",
        across=Axis(
            name="fall of the price from the entry, %", low=0.0, high=0.35, show=lambda at: f"{at:.0%}"
        ),
        rows=[_bar(setting) for setting in SETTINGS],
        posts=[Post(at=STOP, name="the stop, 4% below the entry", colour=INK, row=-1)],
        left=90,
    )


def _bar(setting: float) -> Bar:
    found = looked(setting)
    said, colour = f"stop at {found.stop_share:.0%} of the way", GREEN
    if found.stop_share >= 1.0:
        said, colour = "liquidation comes first", RED
    elif found.stop_share >= STOP_SHARE_WARN:
        said, colour = f"stop at {found.stop_share:.0%} of the way: too near", BROWN
    return Bar(name=f"{setting:g}x", start=0.0, end=found.room, said=said, colour=colour, behind=STOP)
