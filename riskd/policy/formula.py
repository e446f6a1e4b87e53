"""Arithmetic over named columns of one grain, as an ``expr:`` rule writes it: the parsed, typed tree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from riskd.measure.spec import Unit


class Operator(StrEnum):
    """What joins two numbers."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"


@dataclass(frozen=True, slots=True)
class Number:
    """A constant in base units; None: a plain number, a factor without unit."""

    value: float
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class Column:
    """A named column of the rule's grain."""

    name: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Two numbers joined."""

    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list, such as ``abs``, ``min``, ``max``, or ``-x`` as ``negate``."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Column | Binary | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A checked expression.

    Attributes:
        text: As the author wrote it, blanks made single.
        unit: Of its value.
    """

    text: str
    tree: Node
    unit: Unit
