"""The subjects of one grain: how many, which accounts they hang on, what a selector may ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from riskd.measure.book.groups import Attributes, IndexArray
from riskd.model.subject import Grain, Subject

LabelSet = tuple[tuple[str, str], ...]


class Subjects(Sequence[Subject]):
    """Subjects that are built when looked at: a healthy book of a million positions builds none."""

    def __init__(self, size: int, build: Callable[[int], Subject]) -> None:
        self._size = size
        self._build = build

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> Subject: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Subject, ...]: ...

    def __getitem__(self, place: int | slice) -> Subject | tuple[Subject, ...]:
        if isinstance(place, slice):
            return tuple(self._build(row) for row in range(*place.indices(self._size)))
        row = int(place)
        if not -self._size <= row < self._size:
            raise IndexError(f"subject {row} of {self._size}")
        return self._build(row % self._size)

    def __iter__(self) -> Iterator[Subject]:
        return map(self._build, range(self._size))


@dataclass(frozen=True, slots=True)
class Labels(Sequence[LabelSet]):
    """Sorted ``(key, value)`` labels of each subject, as codes into the distinct owners of labels."""

    codes: IndexArray
    sets: tuple[LabelSet, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> LabelSet: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[LabelSet, ...]: ...

    def __getitem__(self, place: int | slice) -> LabelSet | tuple[LabelSet, ...]:
        if isinstance(place, slice):
            return tuple(self._of(code) for code in self.codes[place].tolist())
        return self._of(int(self.codes[place]))

    def _of(self, code: int) -> LabelSet:
        return self.sets[code] if code >= 0 else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """Every subject of one grain, in the order in which measures give their values.

    Attributes:
        subjects: Built when looked at.
        account: Account code of each subject; -1 for one that hangs on several or on none.
        part: Snapshot of each subject; 0 everywhere in a book of one snapshot.
        attributes: Text of each subject by attribute; an attribute that this grain lacks is absent.
        labels: Labels of each subject: of its account, or of its hedge.
        depends: ``(subject, account)`` pairs of all accounts that a subject hangs on; None: on ``account`` alone.
    """

    grain: Grain
    size: int
    subjects: Subjects
    account: IndexArray
    part: IndexArray
    attributes: Attributes
    labels: Labels
    depends: tuple[IndexArray, IndexArray] | None = None
