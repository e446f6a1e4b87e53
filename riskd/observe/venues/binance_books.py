"""Order books of Binance USD-M.

Source: developers.binance.com, USDS-margined futures: Order Book. A level is a list of price and quantity. Retail price
improvement orders are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskd.model.arrays import floats
from riskd.model.liquidity import LEVELS_READ, Levels
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import BookFact, Normalised, OrderBooks
from riskd.observe.fields import Fault, JsonObject, Plausibility, RowRefused, as_object, number, shown, whole
from riskd.observe.venues.binance_rows import rows_by_symbol


def order_books(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[OrderBooks]:
    """Order books of ``depth`` by unified symbol. A book with anything wrong in it is left out whole.

    Args:
        payload: An object: the venue's symbol, and the answer about it.
        listing: Instruments by the venue's symbol.
        plausible: Bounds of numbers.

    Raises:
        Rubbish: Not such an object.
    """
    faults: list[Fault] = []
    found: dict[str, BookFact] = {}
    for venue_symbol, symbol, answer in rows_by_symbol(payload, listing, "an order book", faults):
        try:
            found[symbol] = _book(as_object(answer), plausible)
        except RowRefused as refusal:
            faults.append(Fault(venue_symbol, f"order book: {refusal}"))
    return Normalised(found, tuple(faults))


def _book(row: JsonObject, plausible: Plausibility) -> BookFact:
    bids, asks = _levels(row, "bids", plausible), _levels(row, "asks", plausible)
    if not (np.diff(bids.price) < 0.0).all():
        raise RowRefused("its bids do not fall")
    if not (np.diff(asks.price) > 0.0).all():
        raise RowRefused("its asks do not rise")
    if bids.price[0] >= asks.price[0]:
        raise RowRefused(f"it is crossed: bid {bids.price[0]:g}, ask {asks.price[0]:g}")
    return BookFact(bids=bids, asks=asks, told_ms=whole(row, "E", plausible.time_ms))


def _levels(row: JsonObject, name: str, plausible: Plausibility) -> Levels:
    rows = row.get(name)
    if not isinstance(rows, list):
        raise RowRefused(f"{name} is {'missing' if name not in row else shown(rows)}, no list")
    if not 0 < len(rows) <= LEVELS_READ:
        raise RowRefused(f"it has {len(rows)} {name}, 1 to {LEVELS_READ} are expected")
    prices, quantities = zip(*_pairs(rows, plausible), strict=True)
    return Levels(price=floats(prices), quantity=floats(quantities))


def _pairs(rows: list[JsonValue], plausible: Plausibility) -> Iterator[tuple[float, float]]:
    for level in rows:
        if not isinstance(level, list) or len(level) != 2:
            raise RowRefused(f"expected a price and a quantity, found {shown(level)}")
        named: JsonObject = {"price": level[0], "quantity": level[1]}
        yield (
            float(number(named, "price", plausible.price)),
            float(number(named, "quantity", plausible.size)),
        )
