"""Every picture of the guide by the name of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docs.guide.figures import (
    diversification,
    funding,
    grid,
    hedging,
    leverage,
    position_sizing,
    scalping,
    stops,
    swing,
)
from docs.guide.figures.worked import GUIDE

IMAGES = GUIDE / "img"

PICTURES: Mapping[str, Callable[[], str]] = {
    "position-sizing": position_sizing.picture,
    "stops": stops.picture,
    "leverage": leverage.picture,
    "funding": funding.picture,
    "diversification": diversification.picture,
    "hedging": hedging.picture,
    "swing": swing.picture,
    "grid": grid.picture,
    "scalping": scalping.picture,
}
