"""The dialects that riskd understands, by venue."""

from __future__ import annotations

from collections.abc import Mapping

from riskd.observe.dialect import Dialect
from riskd.observe.venues import binance

DIALECTS: Mapping[str, Dialect] = {"binanceusdm": binance.DIALECT}


def dialect_of(venue: str) -> Dialect:
    """The dialect of a venue.

    Raises:
        ValueError: riskd does not speak it.
    """
    try:
        return DIALECTS[venue]
    except KeyError:
        raise ValueError(f"venue {venue!r}: riskd understands {', '.join(DIALECTS)}") from None
