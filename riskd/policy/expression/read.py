"""Reads the text of an ``expr:``: a tokenizer and a recursive descent, and nothing else. No text is ever executed.

sum      := product (("+" | "-") product)*
product  := unary (("*" | "/") unary)*
unary    := "-" unary | operand
operand  := quantity | name | "$" name | function "(" sum ("," sum)* ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from riskd.policy.formula import Operator
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.units import QuantityError, parse

LENGTH_MAX = 1_000
DEPTH_MAX = 20
PARTS_MAX = 100

FUNCTIONS: Mapping[str, tuple[int, int]] = {"abs": (1, 1), "max": (2, 9), "min": (2, 9)}
"""How many arguments each function takes, at least and at most."""


class FormulaError(ValueError):
    """A text is no expression.

    Attributes:
        what: What is wrong, in one clause.
        cure: What to write instead.
        at: Place in the text, counted from 0.
        is_unit: Whether it is about units and not about the form.
    """

    def __init__(self, what: str, cure: str, at: int, *, is_unit: bool = False) -> None:
        self.what = what
        self.cure = cure
        self.at = at
        self.is_unit = is_unit
        super().__init__(f"{what}; {cure}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A quantity.

    Attributes:
        quantity: None: a bare number, of which only ``value`` is known.
    """

    value: float
    quantity: Quantity | None
    text: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The name of a column, or of a variable with its ``$``."""

    text: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Two parts and what joins them; ``at`` is the place of the operator."""

    operator: Operator
    left: Part
    right: Part
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A function and its arguments; ``negate`` is the sign before a part."""

    function: str
    arguments: tuple[Part, ...]
    at: int


Part: TypeAlias = Literal | Name | Joined | Applied


def read_formula(text: str) -> Part:
    """The expression that all of ``text`` is.

    Raises:
        FormulaError: It is none, or it is longer or deeper than anybody could review.
    """
    if len(text) > LENGTH_MAX:
        what = f"the expression has {len(text):,} characters, more than {LENGTH_MAX:,}"
        raise FormulaError(what, "split it into several rules", 0)
    return _Reader(text).whole()


# ---- words ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a sign, or the end (empty)."""

    text: str
    at: int


# What begins with a digit is a quantity, whatever follows without a blank: 5%/8h is a rate and no quotient of something
# before it. The currency of money follows behind a blank.
_TOKEN = re.compile(
    r"(?P<per_time>[0-9][0-9.]*%?/[1-9][0-9]{0,3}[smhdw]\b)"
    r"|(?P<quantity>[0-9][0-9A-Za-z_.]*%?(?:\s+(?:USD[TC]?)\b)?)|(?P<name>\$?[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign>[-+*/(),])"
)
_BLANKS = re.compile(r"\s*")


def _tokens(text: str) -> Iterator[_Token]:
    at = _BLANKS.match(text, 0).end()  # type: ignore[union-attr]  # no blanks are a match too
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            cure = "an expression holds names, quantities, + - * / ( ) and commas"
            raise FormulaError(f"unexpected {quoted(text[at])}", cure, at)
        yield _Token(match.group(), at)
        at = _BLANKS.match(text, match.end()).end()  # type: ignore[union-attr]  # as above
    yield _Token("", at)


# ---- grammar -------------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0
        self._parts = 0

    def whole(self) -> Part:
        part = self._sum()
        if self._next.text:
            cure = "join parts with + - * or /" if self._next.text != ")" else "remove it, or open it before"
            raise self._unexpected(cure)
        return part

    def _sum(self) -> Part:
        part = self._product()
        while self._next.text in ("+", "-"):
            part = self._joined(part, self._product)
        return part

    def _product(self) -> Part:
        part = self._unary()
        while self._next.text in ("*", "/"):
            part = self._joined(part, self._unary)
        return part

    def _joined(self, left: Part, operand: Callable[[], Part]) -> Part:
        sign = self._take()
        return Joined(operator=Operator(sign.text), left=left, right=operand(), at=sign.at)

    def _unary(self) -> Part:
        if self._next.text != "-":
            return self._operand()
        self._enter()
        sign = self._take()
        negated = Applied(function="negate", arguments=(self._unary(),), at=sign.at)
        self._depth -= 1
        return negated

    def _operand(self) -> Part:
        token = self._take()
        self._parts += 1
        if self._parts > PARTS_MAX:
            what = f"the expression has more than {PARTS_MAX} parts"
            raise FormulaError(what, "split it into several rules", token.at)
        if token.text == "(":
            return self._grouped()
        if token.text[:1].isdigit():
            return _literal(token)
        if not token.text or token.text in "+-*/),":
            found = quoted(token.text) if token.text else "the end"
            what = f"expected a column or a quantity, found {found}"
            raise FormulaError(what, "write for example equity, 5% or abs(net)", token.at)
        if self._next.text == "(":
            return self._applied(token)
        if token.text in FUNCTIONS:
            raise FormulaError(f"{token.text} is a function", f"write {token.text}(...)", token.at)
        return Name(text=token.text, at=token.at)

    def _grouped(self) -> Part:
        self._enter()
        part = self._sum()
        self._close()
        return part

    def _applied(self, name: _Token) -> Part:
        if name.text not in FUNCTIONS:
            what = f"there is no function {quoted(name.text)}"
            raise FormulaError(what, choose(name.text, FUNCTIONS), name.at)
        self._enter()
        self._take()
        arguments = [self._sum()]
        while self._next.text == ",":
            self._take()
            arguments.append(self._sum())
        self._close()
        least, most = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            what = f"{name.text} takes {wanted} arguments, found {len(arguments)}"
            raise FormulaError(what, _example_of(name.text), name.at)
        return Applied(function=name.text, arguments=tuple(arguments), at=name.at)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            what = f"brackets, functions and signs are nested more than {DEPTH_MAX} deep"
            raise FormulaError(what, "write it flatter, or as several rules", self._next.at)

    def _close(self) -> None:
        if self._next.text != ")":
            raise self._unexpected("close the bracket with )")
        self._take()
        self._depth -= 1

    def _unexpected(self, cure: str) -> FormulaError:
        found = f"unexpected {quoted(self._next.text)}" if self._next.text else "it ends too early"
        return FormulaError(found, cure, self._next.at)

    def _take(self) -> _Token:
        token = self._next
        if token.text:
            self._next = next(self._tokens)
        return token


_BARE = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?")


def _literal(token: _Token) -> Literal:
    text = " ".join(token.text.split())
    if _BARE.fullmatch(text):
        return Literal(value=float(Decimal(text)), quantity=None, text=text, at=token.at)
    try:
        quantity = parse(text)
    except QuantityError as fault:
        raise FormulaError(fault.what, fault.cure, token.at) from fault
    return Literal(value=quantity.value, quantity=quantity, text=text, at=token.at)


def _example_of(function: str) -> str:
    return "write abs(net)" if function == "abs" else f"write {function}(a, b)"
