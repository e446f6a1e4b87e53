"""Liquidation the slow way: equity and requirement added up at each price, the price found by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Leg:
    """A position, in plain numbers.

    ``kind`` is ``linear`` or ``inverse``; ``steps`` are (floor, rate), each rate on its own slice; ``per_unit`` is what
    a unit of the base asset adds to the rate.
    """

    kind: str
    size: float
    entry: float
    steps: Sequence[tuple[float, float]]
    per_unit: float = 0.0
    basis: str = "mark"

    def worth(self, price: float) -> float:
        return abs(self.size) / price if self.kind == "inverse" else abs(self.size) * price

    def gain(self, price: float) -> float:
        if self.kind == "inverse":
            return self.size / self.entry - self.size / price
        return self.size * price - self.size * self.entry

    def needed(self, price: float) -> float:
        worth = self.worth(price if self.basis == "mark" else self.entry)
        ends = [floor for floor, _ in self.steps[1:]] + [math.inf]
        slices = [
            rate * max(0.0, min(worth, end) - floor)
            for (floor, rate), end in zip(self.steps, ends, strict=True)
        ]
        base = worth if self.kind == "inverse" else abs(self.size)
        return math.fsum(slices) + self.per_unit * base * worth


def room(legs: Sequence[Leg], cash: float, fee_rate: float) -> Callable[[float], float]:
    """Equity above what is required, by price."""

    def at(price: float) -> float:
        gains = [leg.gain(price) - leg.needed(price) - fee_rate * leg.worth(price) for leg in legs]
        return cash + math.fsum(gains)

    return at


def bisected(above: Callable[[float], float], safe: float, far: float) -> float | None:
    """Where ``above`` turns negative between a safe price and a far one; None when it does not."""
    if above(far) >= 0.0:
        return None
    for _ in range(400):
        middle = math.sqrt(safe * far)
        if middle in (safe, far):
            break
        safe, far = (middle, far) if above(middle) >= 0.0 else (safe, middle)
    return far
