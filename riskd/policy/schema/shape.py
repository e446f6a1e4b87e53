"""The shape of a file, said once: it checks a tree of nodes with good messages, and it is exported as JSON Schema.

A shape says what may stand at a place: which kind of node, which keys, which words. What the parts mean together
(units of a measure, order of levels) is checked when the policy is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from riskd.measure.spec import Unit

DEFINED_NAME = "[a-z0-9][a-z0-9_-]{0,63}"
"""What names that the configuration defines look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One of a list of words, or a name that is defined elsewhere.

    Attributes:
        defined_in: Key of the configuration that may define further names; empty: the list is closed.
        noun: What the words are names of, for messages: ``measure``; empty: the key says it.
        is_ordered: Whether ``fri-sun`` would be understood, as these and the words between them.
        every: What lists all of them, where they are many; empty: they are listed.
        cures: What to write instead of words that stand elsewhere.
    """

    words: tuple[str, ...]
    defined_in: str = ""
    noun: str = ""
    is_ordered: bool = False
    every: str = ""
    cures: Mapping[str, str] = field(default_factory=dict)

    def allows(self, text: str) -> bool:
        """Whether it is one of the words, or a name that the configuration, which is not known here, may define."""
        return text in self.words or bool(self.defined_in and re.fullmatch(DEFINED_NAME, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A yes or a no: ``true``, ``false``, ``yes``, ``no``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of at least one character.

    Attributes:
        pattern: Regular expression that all of it matches; empty: any text.
        example: A good one, for messages.
        cures: What to write instead of texts that are often written here, by the regular expression of such a text.
    """

    pattern: str = ""
    example: str = ""
    length_max: int = 200
    cures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A quantity.

    Attributes:
        unit: Its unit; None where the measure of the rule decides.
        is_literal: True where a variable (``$name``) may not stand in its place.
    """

    unit: Unit | None = None
    is_literal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list of things of one shape.

    Attributes:
        item: The shape of each.
        called: What one of them is called, for messages.
    """

    item: Shape
    called: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a record.

    Attributes:
        meaning: One line for editors.
    """

    shape: Shape
    meaning: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A key of the full language that this version does not know yet.

    Attributes:
        cure: What to do meanwhile.
        stands_for: The known key that would stand in its place, which is then not said to be missing.
    """

    cure: str
    stands_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with known keys.

    Attributes:
        called: What it is called, with its article: ``a rule``.
        fields: By key.
        one_of: Groups of keys, of each of which exactly one stands.
        any_of: Keys of which at least one stands; empty: no such demand.
        beside: Keys that stand exactly when one of some others does.
        later: Keys that this version does not know yet.
        noun: What the keys are names of, for messages: ``measure``; empty: keys are keys.
        every: What lists all keys, where they are many; empty: they are listed.
        otherwise: The cure for a key like none of them, with ``{}`` for the key; empty: they are listed.
    """

    called: str
    fields: Mapping[str, Field]
    one_of: tuple[tuple[str, ...], ...] = ()
    any_of: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    later: Mapping[str, Later] = field(default_factory=dict)
    noun: str = ""
    every: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A mapping whose keys are names that the author gives.

    Attributes:
        key: Regular expression that all of a key matches.
        example: A good key.
        called: What one of its values is called.
    """

    key: str
    example: str
    value: Shape
    called: str
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """Different shapes for different kinds of node; None where that kind may not stand."""

    scalar: Shape | None = None
    sequence: Shape | None = None
    mapping: Shape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depending:
    """A mapping that is one thing when it has any of ``keys``, and another when it has none of them."""

    keys: tuple[str, ...]
    present: Record
    absent: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A shape that the exported schema defines once, under a name."""

    name: str
    shape: Shape


Shape: TypeAlias = Words | Flag | Text | Amount | Items | Record | Table | Either | Depending | Named


def required(shape: Shape, meaning: str = "") -> Field:
    """A key that must stand."""
    return Field(shape=shape, meaning=meaning, is_required=True)


def optional(shape: Shape, meaning: str = "") -> Field:
    """A key that may be left out."""
    return Field(shape=shape, meaning=meaning)


def one_or_more(item: Shape, called: str) -> Either:
    """A single value, or a list of at least one."""
    return Either(scalar=item, sequence=Items(item=item, called=called, least=1))


def words(*known: str) -> Words:
    """One of these words."""
    return Words(words=known)


def joined(names: Sequence[str], last: str) -> str:
    """``a, b or c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
