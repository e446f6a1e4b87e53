"""One difference between two sets of policies, and in which direction it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from riskd.policy.rule import Mark


class Effect(StrEnum):
    """What a difference means for the protection of the book."""

    LOOSENS = "loosens"  # something that was found, said or done before may not be any more
    TIGHTENS = "tightens"  # something is found, said or bounded that was not before
    ACTS_MORE = "acts more"  # riskd may send an order, or more of them, where it did not before
    UNCLEAR = "unclear"  # neither can be proven: a person must judge; it counts as loosening
    WORDS = "words"  # what people read, and tests: nothing that is judged or done


LOOSE = frozenset({Effect.LOOSENS, Effect.UNCLEAR})
"""What a gate against loosening stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Attributes:
        about: ``policy/rule``, a policy, or a waiver.
        what: In words, without the effect.
        old: Where it stood; None when it is new.
        new: Where it stands; None when it is gone.
    """

    effect: Effect
    about: str
    what: str
    old: Mark | None
    new: Mark | None

    @property
    def text(self) -> str:
        """One line, such as ``loosens desk/leverage: breach 5x -> 6x (old.yaml:9 -> new.yaml:9)``."""
        return f"{self.effect.value} {self.about}: {self.what} ({_place(self.old)} -> {_place(self.new)})"


@dataclass(slots=True)
class Changes:
    """The differences of one thing, as they are found.

    Attributes:
        about: As in :class:`Change`.
    """

    about: str
    old: Mark | None
    new: Mark | None
    found: list[Change] = field(default_factory=list)

    def add(self, effect: Effect, what: str) -> None:
        """One more."""
        self.found.append(Change(effect=effect, about=self.about, what=what, old=self.old, new=self.new))

    def size(
        self,
        name: str,
        old: float,
        new: float,
        show: Callable[[float], str],
        *,
        more: Effect,
        less: Effect,
    ) -> None:
        """A number that may have become larger (``more``) or smaller (``less``)."""
        if old != new:
            self.add(more if new > old else less, arrow(name, show(old), show(new)))

    def words(self, name: str, old: str, new: str) -> None:
        """A text for people."""
        if old != new:
            self.add(Effect.WORDS, arrow(name, _quoted(old), _quoted(new)))


def arrow(name: str, old: str, new: str) -> str:
    """``name old -> new``."""
    return f"{name} {old} -> {new}"


_SHOWN = 60


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line if len(line) <= _SHOWN else line[: _SHOWN - 1] + '…'}'"


def _place(mark: Mark | None) -> str:
    return "none" if mark is None else f"{mark.file}:{mark.line}"
