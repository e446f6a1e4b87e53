"""A shape written out, for messages: ``{margin: 2%, for: 30s}``."""

from __future__ import annotations

from riskd.policy.schema.shape import (
    Amount,
    Depending,
    Either,
    Flag,
    Items,
    Named,
    Record,
    Shape,
    Table,
    Text,
    Words,
)
from riskd.policy.text.quantity import example

_LENGTH_MAX = 60
_KEYS_MAX = 3
_LEFT_OPEN = "..."


def sample(shape: Shape) -> str:
    """One thing of this shape on one line, with dots where the author must choose; empty where it would be too long."""
    text = _written(shape)
    return text if len(text) <= _LENGTH_MAX else ""


def _written(shape: Shape) -> str:
    match shape:
        case Words():
            return shape.words[0]
        case Flag():
            return "yes"
        case Text():
            return f'"{shape.example}"' if ": " in shape.example else shape.example or _LEFT_OPEN
        case Amount():
            return _LEFT_OPEN if shape.unit is None else example(shape.unit)
        case Items():
            return f"[{', '.join([_written(shape.item)] * max(shape.least, 1))}]"
        case Record():
            return _record(shape)
        case Table():
            return f"{{{shape.example}: {_written(shape.value)}}}"
        case Either():
            return _written(shape.scalar or shape.sequence or shape.mapping or Text())
        case Depending():
            return _written(shape.absent)
        case Named():
            return _written(shape.shape)


def _record(shape: Record) -> str:
    """Its required keys and the first of each group; the first keys where none is required."""
    needed = [name for name, known in shape.fields.items() if known.is_required]
    needed += [*(group[0] for group in shape.one_of), *shape.any_of[:1]]
    names = (needed or list(shape.fields))[:_KEYS_MAX]
    return "{" + ", ".join(f"{name}: {_written(shape.fields[name].shape)}" for name in names) + "}"
