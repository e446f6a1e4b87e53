"""Exact arithmetic of prices and quantities: on a venue's steps, in numbers that a venue could have written."""

from __future__ import annotations

from decimal import Context, Decimal

# Venue strings have at most some 20 digits. Within these bounds every sum and product of a few numbers is exact at the
# precision of EXACT; at the default precision of 28 digits a quantity could be rounded up past what is held.
_LARGEST_EXPONENT = 24

EXACT = Context(prec=150)
"""For ``localcontext``: sums and products of usable numbers are exact."""


def is_usable(number: Decimal) -> bool:
    """Whether a number is finite and of a size and fineness that a venue could state."""
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= _LARGEST_EXPONENT >= number.adjusted()


def floor_to(number: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above ``number``, for numbers >= 0."""
    return number // step * step


def ceil_to(number: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of ``step`` that is not below ``number``, for numbers >= 0."""
    steps, rest = divmod(number, step)
    return (steps + 1 if rest else steps) * step
