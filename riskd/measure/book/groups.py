"""Rows in dense groups: the one way in which measures add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import BoolArray, FloatArray

# numpy's own index type: int32 codes would be converted at every use.
IndexArray = npt.NDArray[np.intp]


def index(codes: npt.NDArray[np.integer] | Sequence[int]) -> IndexArray:
    """Codes as numpy's index type."""
    return np.asarray(codes, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Groups:
    """A group for each row.

    Attributes:
        of: Group of each row; ``size``: the row belongs to none.
        size: Number of groups; some may have no rows.
        singles: True where row n is all of group n, so that there is nothing to add up.
    """

    of: IndexArray
    size: int
    singles: bool = False

    @classmethod
    def of_one(cls, rows: int) -> Groups:
        """Each row a group of its own."""
        return cls(np.arange(rows, dtype=np.intp), rows, singles=True)

    def total(self, values: FloatArray, counted: BoolArray | None = None) -> FloatArray:
        """Sum of ``values`` in each group; rows that are not ``counted`` add nothing, not even their NaN.

        ``bincount`` adds in row order, so that the sum of a group does not depend on the rows of other groups:
        a replay of many snapshots in one block equals the live run bit for bit.
        """
        if counted is not None and not counted.all():
            values = np.where(counted, values, 0.0)
        if self.singles:
            return values + 0.0  # as bincount does: it turns -0 into 0
        sums = np.bincount(self.of, weights=values, minlength=self.size)[: self.size]
        return np.asarray(sums, dtype=np.float64)

    def count(self, counted: BoolArray) -> FloatArray:
        """Number of ``counted`` rows in each group."""
        return self.total(counted.astype(np.float64))

    def touched(self, flagged: BoolArray) -> BoolArray:
        """True for each group with a flagged row."""
        found = np.zeros(self.size + 1, dtype=np.bool_)
        found[self.of[flagged]] = True
        return found[: self.size]

    def highest(self, values: FloatArray) -> FloatArray:
        """Largest value in each group, NaN if one is NaN; -inf for a group without rows."""
        result = np.full(self.size + 1, -np.inf)
        np.maximum.at(result, self.of, values)
        return result[: self.size]

    def lowest(self, values: FloatArray) -> FloatArray:
        """Smallest value in each group, NaN if one is NaN; +inf for a group without rows."""
        return -self.highest(-values)

    def named(self, of_group: FloatArray) -> FloatArray:
        """The value of its group for each row, NaN for a row without one."""
        if self.singles:
            return of_group
        return np.append(of_group, np.nan)[self.of]


def compact(keys: IndexArray, key_count: int) -> tuple[Groups, IndexArray]:
    """Groups of the keys that occur, in rising order of key, and those keys."""
    present = np.zeros(key_count, dtype=np.bool_)
    present[keys] = True
    names = index(np.flatnonzero(present))
    rank = np.empty(key_count, dtype=np.intp)  # read only where a key is present: most are not
    rank[names] = np.arange(len(names), dtype=np.intp)
    return Groups(rank[keys], len(names)), names


def lookup(keys: IndexArray, wanted: IndexArray) -> IndexArray:
    """For each wanted key, the first row of ``keys`` that holds it; -1 where none does."""
    if len(keys) == 0:
        return np.full(len(wanted), -1, dtype=np.intp)
    if (keys[1:] >= keys[:-1]).all():
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return index(np.where(keys[place] == wanted, place, -1))
    order = np.argsort(keys, kind="stable")
    return index(np.append(order, -1)[lookup(keys[order], wanted)])


@dataclass(frozen=True, slots=True)
class Coded:
    """A text for each row, as codes into names, so that a glob is matched once a name and not once a row.

    Attributes:
        codes: One a row; -1: the row has no such text.
        names: May hold a name more than once.
    """

    codes: IndexArray
    names: tuple[str, ...]

    def texts(self) -> tuple[str, ...]:
        """The text of each row; empty where it has none."""
        return tuple(self.names[code] if code >= 0 else "" for code in self.codes.tolist())

    def at(self, rows: IndexArray) -> Coded:
        """The same texts, one for each of ``rows``; a row of -1 has none."""
        return Coded(np.append(self.codes, -1)[rows], self.names)


def coded(texts: Sequence[str]) -> Coded:
    """Codes of texts, names in rising order."""
    names = tuple(sorted(set(texts)))
    number = {name: code for code, name in enumerate(names)}
    codes = np.fromiter(map(number.__getitem__, texts), dtype=np.intp, count=len(texts))
    return Coded(codes, names)


class Attributes(Mapping[str, tuple[str, ...]]):
    """The attributes that a selector may test, one text a row; ``coded`` gives the same without a text a row.

    Nothing is computed before somebody asks for it.
    """

    def __init__(self, columns: Mapping[str, Callable[[], Coded]]) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.coded(name).texts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def coded(self, name: str) -> Coded:
        """The attribute as codes and names.

        Raises:
            KeyError: Rows of this kind have no such attribute.
        """
        return self._columns[name]()
