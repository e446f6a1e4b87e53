"""Marks that stand still while the market moves: a feed that died without a word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from riskd.observe.facts import Quotes
from riskd.observe.known import Heard, VenueMemory

# A market "moves" when at least this share of all marks changed from one answer to the next.
_MOVING_SHARE = 0.5


def frozen_since(before: VenueMemory, now: Heard[Quotes]) -> Mapping[str, datetime]:
    """For each contract whose mark equals the last one though others moved: when it was first seen at that mark.

    A quiet market changes nothing; a mark that moves is forgotten at once.

    Args:
        before: What was known, the last marks included.
        now: The newest marks.
    """
    old, new = before.quotes.value, now.value
    if old is None or new is None or old is new or before.quotes.requested_at is None:
        return before.frozen_since
    common = [symbol for symbol in new if symbol in old]
    still = {symbol for symbol in common if new[symbol].mark_price == old[symbol].mark_price}
    moved = len(common) - len(still)
    known = {symbol: since for symbol, since in before.frozen_since.items() if symbol in still}
    if moved < _MOVING_SHARE * len(common):
        return known
    return {symbol: known.get(symbol, before.quotes.requested_at) for symbol in still}
