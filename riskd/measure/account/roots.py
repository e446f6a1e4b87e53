"""Zeros of a polynomial within an interval: closed forms for lines and parabolas, bisection between turns beyond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

# Coefficients, lowest power first.
Polynomial = tuple[float, ...]

_FAR = 1e300


def value_at(polynomial: Sequence[float], at: float) -> float:
    """The value at a place; at infinity the sign of the leading term, as an infinity."""
    if math.isinf(at):
        leading = trimmed(polynomial)
        return math.copysign(math.inf, leading[-1]) if len(leading) > 1 else leading[0]
    total = 0.0
    for coefficient in reversed(polynomial):
        total = total * at + coefficient
    return total


def product(left: Sequence[float], right: Sequence[float]) -> Polynomial:
    """The product of two polynomials."""
    found = [0.0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            found[i + j] += a * b
    return tuple(found)


def trimmed(polynomial: Sequence[float]) -> Polynomial:
    """Without its leading zeros; ``(0.0,)`` for a polynomial that is zero everywhere."""
    size = len(polynomial)
    while size > 1 and polynomial[size - 1] == 0.0:
        size -= 1
    return tuple(polynomial[:size])


def derivative(polynomial: Sequence[float]) -> Polynomial:
    """The derivative."""
    return tuple(power * c for power, c in enumerate(polynomial[1:], start=1)) or (0.0,)


def zeros_within(polynomial: Sequence[float], low: float, high: float) -> list[float]:
    """The places in ``[low, high]`` where a polynomial is zero, rising; none for one that is zero everywhere.

    Args:
        polynomial: Finite coefficients, lowest power first.
        low: Finite.
        high: >= low; may be +inf.
    """
    exact = trimmed(polynomial)
    match len(exact) - 1:
        case 0:
            return []
        case 1:
            found = [-exact[0] / exact[1]]
        case 2:
            found = _of_parabola(*exact)
        case _:
            return _between_turns(exact, low, high)
    return [zero for zero in found if low <= zero <= high and math.isfinite(zero)]


def first_zero(polynomial: Sequence[float], low: float, high: float) -> float | None:
    """Where a polynomial that is positive at ``low`` first reaches zero in ``[low, high]``; None where it does not.

    A zero that rounding puts outside the interval is found by bisection, so that a change of sign is never missed.
    """
    found = zeros_within(polynomial, low, high)
    if found:
        return found[0]
    end = high if math.isfinite(high) else _beyond_all_zeros(trimmed(polynomial), low)
    return _bisected(polynomial, low, end) if value_at(polynomial, end) < 0.0 else None


def _of_parabola(c: float, b: float, a: float) -> list[float]:
    """Both zeros, without the loss of digits of the textbook formula when ``b²`` is much greater than ``4·a·c``."""
    scale = max(abs(a), abs(b), abs(c))
    a, b, c = a / scale, b / scale, c / scale
    inside = b * b - 4.0 * a * c
    if inside < 0.0 or a == 0.0:
        return [-c / b] if a == 0.0 and b != 0.0 else []
    larger = -0.5 * (b + math.copysign(math.sqrt(inside), b))
    return sorted({larger / a, c / larger} if larger != 0.0 else {0.0})


def _between_turns(polynomial: Polynomial, low: float, high: float) -> list[float]:
    """Zeros of a polynomial of any degree: between two turning points there is one at most."""
    end = min(high, _beyond_all_zeros(polynomial, low))
    places = [
        low,
        *(turn for turn in zeros_within(derivative(polynomial), low, end) if low < turn < end),
        end,
    ]
    found: list[float] = []
    for left, right in pairwise(places):
        at_left, at_right = value_at(polynomial, left), value_at(polynomial, right)
        if at_left == 0.0:
            found.append(left)
        elif at_right != 0.0 and (at_left < 0.0) is not (at_right < 0.0):
            found.append(_bisected(polynomial, left, right))
    if value_at(polynomial, end) == 0.0:
        found.append(end)
    return found


def _beyond_all_zeros(polynomial: Polynomial, low: float) -> float:
    """A place right of ``low`` and of every zero (Cauchy's bound)."""
    largest = max((abs(c) for c in polynomial[:-1]), default=0.0)
    return min(max(low, 0.0) + 1.0 + largest / abs(polynomial[-1]), _FAR) if polynomial[-1] else low + 1.0


def _bisected(polynomial: Sequence[float], left: float, right: float) -> float:
    """The place of a change of sign, to the last bit."""
    rises = value_at(polynomial, left) < 0.0
    while True:
        middle = 0.5 * (left + right)
        if middle in (left, right):
            return right
        if (value_at(polynomial, middle) < 0.0) is rises:
            left = middle
        else:
            right = middle
