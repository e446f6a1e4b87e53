"""One difference between two sets of policies, and in which direction it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
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
        also: ``ACTS_MORE`` for a change of a limit or of a wait behind which an order goes out by itself: for a book for
            which it did not, though the order itself is an old one. None: nothing more than ``effect``.
        shared: What many rules take it from: ``defaults``, ``scope``, ``calendars``, or the id of a rule that they refine.
            Empty: it is the rule's own.
        rules: Ids of the rules that it is about, where there are several.
    """

    effect: Effect
    about: str
    what: str
    old: Mark | None
    new: Mark | None
    also: Effect | None = None
    shared: str = ""
    rules: tuple[str, ...] = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All that it means."""
        return (self.effect,) if self.also is None else (self.effect, self.also)

    @property
    def label(self) -> str:
        """What it means, in words: ``tightens, acts more``."""
        return ", ".join(effect.value for effect in self.effects)

    @property
    def text(self) -> str:
        """One line, such as ``loosens desk/leverage: breach 5x -> 6x (old.yaml:9 -> new.yaml:9)``."""
        return f"{self.label} {self.about}: {self.what} ({_place(self.old)} -> {_place(self.new)})"


def counted_effects(changes: Iterable[Change]) -> str:
    """How many changes have each effect: ``1 loosens, 2 acts more``. One with two effects counts for both."""
    counts = Counter(effect for change in changes for effect in change.effects)
    return ", ".join(f"{counts[effect]} {effect.value}" for effect in Effect if counts[effect])


Also = Callable[[Effect], Effect | None]
"""What else a change means, by its effect."""


def nothing_else(_effect: Effect) -> Effect | None:
    """Of a change that has one effect only."""
    return None


@dataclass(slots=True)
class Changes:
    """The differences of one thing, as they are found.

    Attributes:
        about: As in :class:`Change`.
        old: Where what is compared stood.
        new: Where it stands.
        shared: As in :class:`Change`.
    """

    about: str
    old: Mark | None
    new: Mark | None
    shared: str = ""
    found: list[Change] = field(default_factory=list)

    def point(self, old: Mark | None, new: Mark | None, shared: str = "") -> None:
        """Say where what is compared next stands."""
        self.old, self.new, self.shared = old, new, shared

    def add(self, effect: Effect, what: str, also: Effect | None = None) -> None:
        """One more."""
        self.found.append(
            Change(
                effect=effect,
                about=self.about,
                what=what,
                old=self.old,
                new=self.new,
                also=also,
                shared=self.shared,
            )
        )

    def size(
        self,
        name: str,
        old: float,
        new: float,
        show: Callable[[float], str],
        *,
        more: Effect,
        less: Effect,
        also: Also = nothing_else,
    ) -> None:
        """A number that may have become larger (``more``) or smaller (``less``)."""
        if old != new:
            effect = more if new > old else less
            self.add(effect, arrow(name, show(old), show(new)), also(effect))

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
