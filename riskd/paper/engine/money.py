"""Exactness: every amount of cash is a multiple of 1e-8, so that adding and subtracting never rounds.

Binance books balances to 8 decimals; so does this engine. An amount is quantised once, when it comes into being
(``money``), and is then moved unchanged from one bucket to another. Under 34 digits (decimal128) sums of such amounts
are exact up to 1e25, far above any balance; a quantity of 8 decimals times a price of 10 is exact too. What is only
looked at and never moved (margin, ratios, liquidation prices) may round in its 34th digit.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

ZERO = Decimal(0)
QUANTUM = Decimal("1E-8")
"""The smallest amount of cash."""

_PRICE_QUANTUM = Decimal("1E-10")
_CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exactly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Runs a function under the engine's decimal context, so that a caller's context cannot change a balance."""

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(_CONTEXT):
            return function(*args, **kwargs)

    return run


def money(amount: Decimal) -> Decimal:
    """The amount to 8 decimals, half to even."""
    return amount.quantize(QUANTUM, ROUND_HALF_EVEN)


def money_up(amount: Decimal) -> Decimal:
    """The smallest multiple of 1e-8 that is not below the amount."""
    return amount.quantize(QUANTUM, ROUND_CEILING)


def money_down(amount: Decimal) -> Decimal:
    """The largest multiple of 1e-8 that is not above the amount."""
    return amount.quantize(QUANTUM, ROUND_FLOOR)


def shown_price(quote: Decimal, quantity: Decimal) -> Decimal:
    """``quote / quantity`` to 10 decimals, for display; cash follows ``quote``. 0 for no quantity."""
    if not quantity:
        return ZERO
    return (quote / quantity).quantize(_PRICE_QUANTUM, ROUND_HALF_EVEN)


def floor_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above the amount (>= 0)."""
    return amount // step * step


def ceil_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of ``step`` that is not below the amount (>= 0)."""
    floored = floor_to_step(amount, step)
    return floored if floored == amount else floored + step
