"""Models of venues that riskd does not speak of, whose published numbers pin a formula nevertheless."""

from __future__ import annotations

from dataclasses import replace

from riskd.measure.venues import MODELS, MarginModel
from riskd.measure.venues.model import Basis, ClosingFee, ContractKind, Direction, RatioRule, Rounding, Source


def _source(title: str, at: str, says: str) -> tuple[Source, ...]:
    return (Source(title=title, at=at, dated="undated", says=says),)


AAX = replace(
    MODELS["bybit_inverse"],
    name="aax",
    title="AAX",
    isolated_fee=ClosingFee.AT_MARK,
    cross_fee=ClosingFee.AT_MARK,
    bankruptcy_fee=ClosingFee.NONE,
    liquidation_rounding=Rounding.NONE,
    sources=_source(
        "Example of margin ratio",
        "aax.zendesk.com/hc/en-us/articles/360035381934",
        "maintenance at entry, fee at mark",
    ),
)
MY_COIN_STORY = replace(
    AAX,
    name="mycoinstory",
    title="MyCoinStory",
    isolated_fee=ClosingFee.NONE,
    cross_fee=ClosingFee.NONE,
    sources=_source(
        "Isolated Margin", "help.mcs.io/hc/en-us/articles/360041008371", "entry · lev / (lev · (1 ∓ mmr) ± 1)"
    ),
)
EDGEX = replace(
    MODELS["dydx"],
    name="edgex",
    title="edgeX",
    liquidation_rounding=Rounding.DOWN,
    bankruptcy_rounding=Rounding.DOWN,
    sources=_source(
        "positionAsset, example response", "edgeX account asset response", "at mark, prices cut off"
    ),
)
TOOBIT = replace(MODELS["binance_usdm"], name="toobit", title="Toobit", maintenance_basis=Basis.ENTRY)
KRAKEN_SPOT_MARGIN = replace(
    MODELS["kraken_futures"],
    name="kraken_spot_margin",
    title="Kraken spot margin",
    contracts=(ContractKind.LINEAR,),
    ratio=RatioRule(name="margin level", direction=Direction.FALLING, liquidates_at=0.4),
    sources=_source(
        "Margin trading examples",
        "support.kraken.com/hc/en-us/articles/203053156",
        "margin of a short is in coin, level is equity / used margin",
    ),
)

OTHER_MODELS = {model.name: model for model in (AAX, MY_COIN_STORY, EDGEX, TOOBIT, KRAKEN_SPOT_MARGIN)}


def model_of(venue: str) -> MarginModel:
    """The model that a published example's venue means: its name, or the longest name that it begins with."""
    models = {**MODELS, **OTHER_MODELS}
    fitting = [
        name
        for name in models
        if venue == name or venue.startswith(f"{name}_") or name.startswith(f"{venue}_")
    ]
    if not fitting:
        raise KeyError(f"no margin model for the venue {venue!r}; there are {', '.join(sorted(models))}")
    return models[venue if venue in models else max(fitting, key=len)]
