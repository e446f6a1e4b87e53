"""Typed reading of a journal body: what is not there or is of another kind is an error that says so."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NoReturn, TypeAlias, TypeVar

from riskd.errors import JournalError
from riskd.model.report import JsonValue
from riskd.record.canonical import instant

JsonObject: TypeAlias = dict[str, JsonValue]
_Word = TypeVar("_Word", bound=StrEnum)


def number_json(value: float | None) -> JsonValue:
    """A float as JSON: null when unknown, ``"inf"`` or ``"-inf"`` where JSON has no number."""
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


class Fields:
    """A JSON object whose fields are read by name and kind.

    Every method raises ``JournalError`` naming the place, the field, what was expected and what was found.
    """

    def __init__(self, body: JsonObject, where: str) -> None:
        """Take the object; ``where`` names its place, such as ``journal entry 17 (intent)``."""
        self._body = body
        self._where = where

    @property
    def where(self) -> str:
        """The place, for messages."""
        return self._where

    def has(self, name: str) -> bool:
        """Whether there is such a field: older versions wrote fewer."""
        return name in self._body

    def text(self, name: str) -> str:
        """A text."""
        value = self._body.get(name)
        return value if isinstance(value, str) else self._refuse(name, "text")

    def word(self, name: str, words: type[_Word]) -> _Word:
        """A member of an enumeration."""
        value = self.text(name)
        if value not in tuple(words):
            self._refuse(name, f"one of {', '.join(words)}")
        return words(value)

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self._body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self._refuse(name, "a whole number")

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._body.get(name)
        return value if isinstance(value, bool) else self._refuse(name, "true or false")

    def number(self, name: str) -> float | None:
        """What ``number_json`` wrote; None when unknown."""
        if self.is_null(name):
            return None
        value = self._body.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and value in {"inf", "-inf"}:
            return float(value)
        return self._refuse(name, "a number or null")

    def decimal(self, name: str) -> Decimal:
        """An exact number, written as text."""
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            return self._refuse(name, "an exact number")
        return value if value.is_finite() else self._refuse(name, "a finite number")

    def decimal_or_none(self, name: str) -> Decimal | None:
        """An exact number, or None for null."""
        return None if self.is_null(name) else self.decimal(name)

    def instant(self, name: str) -> datetime:
        """A time."""
        try:
            return instant(self.text(name))
        except ValueError:
            return self._refuse(name, "a UTC time")

    def instant_or_none(self, name: str) -> datetime | None:
        """A time, or None for null."""
        return None if self.is_null(name) else self.instant(name)

    def is_null(self, name: str) -> bool:
        """Whether a field is there and says that there is nothing."""
        return name in self._body and self._body[name] is None

    def object(self, name: str) -> JsonObject:
        """An object."""
        value = self._body.get(name)
        return value if isinstance(value, dict) else self._refuse(name, "an object")

    def fields(self, name: str) -> Fields:
        """An object, to be read in turn."""
        return Fields(self.object(name), f"{self._where}: {name}")

    def objects(self, name: str) -> tuple[Fields, ...]:
        """A list of objects."""
        return tuple(
            Fields(item, f"{self._where}: {name}")
            if isinstance(item, dict)
            else self._refuse(name, "objects")
            for item in self._list(name)
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(
            item if isinstance(item, str) else self._refuse(name, "a list of texts")
            for item in self._list(name)
        )

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """A list of pairs of texts."""
        pairs = []
        for item in self._list(name):
            if not isinstance(item, list) or len(item) != 2:
                self._refuse(name, "pairs of texts")
            first, second = item
            if not isinstance(first, str) or not isinstance(second, str):
                self._refuse(name, "pairs of texts")
            pairs.append((first, second))
        return tuple(pairs)

    def rows(self, name: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts."""
        rows = []
        for item in self._list(name):
            if not isinstance(item, list):
                self._refuse(name, "lists of texts")
            rows.append(
                tuple(
                    cell if isinstance(cell, str) else self._refuse(name, "lists of texts") for cell in item
                )
            )
        return tuple(rows)

    def _list(self, name: str) -> list[JsonValue]:
        value = self._body.get(name)
        return value if isinstance(value, list) else self._refuse(name, "a list")

    def _refuse(self, name: str, expected: str) -> NoReturn:
        found = repr(self._body[name])[:80] if name in self._body else "nothing"
        raise JournalError(f"{self._where}: {name}: expected {expected}, was {found}")
