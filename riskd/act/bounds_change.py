"""New house bounds beside those in force: what is tighter comes into force at once, what is looser only with a restart.

Whoever gets hold of the configuration of a running daemon can make it do less, never more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from riskd.act.guard import HouseBounds

# All others bound something from above: less is tighter.
_MORE_IS_TIGHTER = frozenset({"cycles_before_acting", "cooldown_seconds", "depth_share_min"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundsChange:
    """What became of a change of the house bounds.

    Attributes:
        in_force: The bounds from now on: of each one the tighter.
        tightened: What came into force, a sentence each.
        refused: What did not, because it allows more, a sentence each.
    """

    in_force: HouseBounds
    tightened: tuple[str, ...]
    refused: tuple[str, ...]


def change_of(in_force: HouseBounds, wanted: HouseBounds) -> BoundsChange:
    """What comes into force of new bounds while riskd runs.

    A bound that is no number, or not a finite one, is refused like one that allows more.

    Args:
        in_force: Those of now.
        wanted: Those that the configuration states now.
    """
    tighter: dict[str, Any] = {}
    tightened, refused = [], []
    for name, now, then in _differing(in_force, wanted):
        if _is_tighter(name, now, then):
            tighter[name] = then
            tightened.append(f"{_words(name)}: {now} became {then}")
        else:
            refused.append(f"{_words(name)}: {now} stays, {then} would allow more and needs a restart")
    return BoundsChange(
        in_force=replace(in_force, **tighter), tightened=tuple(tightened), refused=tuple(refused)
    )


Number = int | float | Decimal


def _differing(in_force: HouseBounds, wanted: HouseBounds) -> Iterator[tuple[str, Number, Number]]:
    for field in fields(HouseBounds):
        now, then = getattr(in_force, field.name), getattr(wanted, field.name)
        if now != then:
            yield field.name, now, then


def _is_tighter(name: str, now: Number, then: Number) -> bool:
    """Whether a bound allows less than the one in force; a NaN never does."""
    before, after = Decimal(now), Decimal(then)
    if not after.is_finite() or after < 0:
        return False
    return after > before if name in _MORE_IS_TIGHTER else after < before


def _words(name: str) -> str:
    return name.replace("_", " ")
