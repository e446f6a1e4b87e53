"""What `riskd stress` is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        asset: The coin that moves alone; empty: all do.
        scenario: Name of the scenario of which shares happen; empty: none.
        moves: Sizes; empty: the usual ones.
        account: The only account for whose positions room is looked for; empty: all.
        symbol: Unified symbol of the contract for which room is looked for, held or not; empty: the largest positions.
        side: ``long``, ``short`` or empty.
        stop: How far from mark a position that is not held yet has its stop, as a share of the mark; NaN: it has none.
    """

    asset: str = ""
    scenario: str = ""
    moves: tuple[float, ...] = ()
    account: str = ""
    symbol: str = ""
    side: str = ""
    stop: float = math.nan


class QuestionError(ValueError):
    """The question is about something that the book, the desk or the venue has not."""
