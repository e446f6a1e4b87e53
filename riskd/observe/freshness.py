"""How long an answer is believed, and what the quality of a surface follows from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.observe.known import Heard

# A wall clock that was set back makes old answers look as if they came from the future.
_AHEAD_MAX = timedelta(seconds=1)
_REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Ages beyond which a surface is no longer believed, measured from when its request left.

    Attributes:
        positions: Positions and balances.
        orders: Resting orders of both lists, and spot balances.
        marks: Marks, and the venue's own time of each mark.
        settings: Leverage settings, position mode and the venue's time.
        brackets: Leverage brackets, instruments and funding intervals.
        income: Income and trades.
    """

    positions: timedelta = timedelta(seconds=30)
    orders: timedelta = timedelta(seconds=90)
    marks: timedelta = timedelta(seconds=30)
    settings: timedelta = timedelta(minutes=15)
    brackets: timedelta = timedelta(hours=6)
    income: timedelta = timedelta(minutes=10)

    def of(self, surface: Surface) -> timedelta:
        """The age allowed to one surface."""
        allowed: timedelta = getattr(self, _GROUPS[surface])
        return allowed


_GROUPS: Mapping[Surface, str] = {
    Surface.POSITIONS: "positions",
    Surface.BALANCES: "positions",
    Surface.ORDERS: "orders",
    Surface.CONDITIONAL_ORDERS: "orders",
    Surface.SPOT_BALANCES: "orders",
    Surface.MARKS: "marks",
    Surface.SYMBOL_SETTINGS: "settings",
    Surface.POSITION_MODE: "settings",
    Surface.SERVER_TIME: "settings",
    Surface.BRACKETS: "brackets",
    Surface.INSTRUMENTS: "brackets",
    Surface.FUNDING_INTERVALS: "brackets",
    Surface.INCOME: "income",
    Surface.TRADES: "income",
    Surface.CANDLES: "brackets",
    Surface.TURNOVER: "brackets",
    Surface.ORDER_BOOKS: "brackets",
    Surface.ASSET_INDEX: "brackets",
}


def quality_of(
    heard: Heard[Any], *, now: datetime, allowed: timedelta, doubts: Sequence[str]
) -> tuple[Quality, str]:
    """How far a surface can be believed, and why not further.

    BLIND: nothing usable ever came, or the newest answer was rubbish. STALE: the last good answer is too old.
    PARTIAL: there are doubts about it. Anything else is OK: one failed read does not make a young answer worse.

    Args:
        heard: What is known of the surface.
        now: The moment of judging.
        allowed: Age allowed to it.
        doubts: What speaks against the last good answer.
    """
    if heard.requested_at is None:
        return Quality.BLIND, heard.failure or "never read"
    if heard.rubbish:
        return Quality.BLIND, heard.failure
    age = now - heard.requested_at
    if age < -_AHEAD_MAX:
        return (
            Quality.STALE,
            f"the last good answer is {-age.total_seconds():.0f} s ahead: the clock was set back",
        )
    if age > allowed:
        last = f"the last good answer is {age.total_seconds():.0f} s old, {allowed.total_seconds():.0f} s are allowed"
        return Quality.STALE, f"{last}; the newest attempt failed: {heard.failure}" if heard.failure else last
    if doubts:
        return Quality.PARTIAL, joined(doubts)
    return Quality.OK, ""


def joined(reasons: Sequence[str]) -> str:
    """A few reasons in one line, and how many more there are."""
    shown = "; ".join(reasons[:_REASONS_SHOWN])
    more = len(reasons) - _REASONS_SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown
