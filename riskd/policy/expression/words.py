"""Expressions in words, and what they name."""

from __future__ import annotations

from decimal import Decimal

from riskd.policy.formula import Binary, Call, Column, Node, Number
from riskd.policy.text.quantity import plain
from riskd.policy.text.units import show


def parts_of(node: Node) -> tuple[Node, ...]:
    """What an operator or a function is applied to; nothing for a column or a number."""
    match node:
        case Column() | Number():
            return ()
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments


def columns_in(node: Node) -> tuple[str, ...]:
    """The columns that a tree names, each once, in the order of the text."""
    if isinstance(node, Column):
        return (node.name,)
    return tuple(dict.fromkeys(name for part in parts_of(node) for name in columns_in(part)))


def text_of(node: Node) -> str:
    """A tree as an author could write it, with every bracket."""
    match node:
        case Column(name):
            return name
        case Number(value, unit):
            return plain(Decimal(repr(value))) if unit is None else show(value, unit)
        case Binary(operator, left, right):
            return f"({text_of(left)} {operator} {text_of(right)})"
        case Call("negate", (only,)):
            return f"-{text_of(only)}"
        case Call(function, arguments):
            return f"{function}({', '.join(text_of(argument) for argument in arguments)})"
