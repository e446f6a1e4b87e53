"""What was broken, and how to see it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken invariant.

    Attributes:
        name: As in docs/testing.md, such as ``I2``.
        at: Seconds of the simulation.
    """

    name: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.name} at {self.at:.1f} s: {self.text}"


@dataclass(slots=True)
class Violations:
    """Collects what is broken; the world stops at the first.

    Args:
        now: Seconds of the simulation.
        on_first: Called with the first violation.
    """

    now: Callable[[], float]
    on_first: Callable[[], None]
    found: list[Violation] = field(default_factory=list)
    checks: int = 0

    def check(self, holds: bool, name: str, text: str) -> None:
        """One invariant at one moment."""
        self.checks += 1
        if not holds:
            self.found.append(Violation(name=name, at=self.now(), text=text))
            if len(self.found) == 1:
                self.on_first()
