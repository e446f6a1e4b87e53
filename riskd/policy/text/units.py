"""Quantities in and out: ``parse`` reads what people write, ``show`` writes what people read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import MAGNITUDES, SECONDS, Quantity, duration_text, plain, read
from riskd.policy.text.spelling import explain

__all__ = ["Quantity", "QuantityError", "parse", "show"]

# Written limits have few digits and are shown as written; what has more was measured and is rounded.
_DIGITS_AS_WRITTEN = 6
_DIGITS_MEASURED = 4
_DIGITS_OF_A_FLOAT = 12  # beyond them is noise of binary fractions


class QuantityError(ValueError):
    """A text is not a quantity.

    Attributes:
        what: What is wrong, in one clause.
        cure: What to write instead.
    """

    def __init__(self, what: str, cure: str) -> None:
        self.what = what
        self.cure = cure
        super().__init__(f"{what}; {cure}")


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Read one quantity.

    Raises:
        QuantityError: The text is not exactly one quantity with its unit; the cure says what to write.
    """
    quantity = read(text)
    if quantity is None:
        raise QuantityError(*explain(text))
    return quantity


def show(value: float, unit: Unit) -> str:
    """A value for people, in a form that ``parse`` reads back.

    Up to six significant digits are shown as they are, so that a written limit appears as it was written; a longer
    number, which was measured, is rounded to four. A whole number of seconds is shown exactly; of a longer time with
    a fraction only the two largest units are shown.

    Args:
        value: In the unit's base.
        unit: Its unit.

    Returns:
        Such as ``4.12x``, ``0.01%/8h``, ``2m30s``; ``unknown`` for NaN and ``infinite`` for an infinity.
    """
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    return _WRITERS[unit](_rounded(Decimal(repr(float(value))), _DIGITS_OF_A_FLOAT))


def _multiple(number: Decimal) -> str:
    return f"{_digits(number)}x"


def _ratio(number: Decimal) -> str:
    return f"{_digits(number * 100)}%"


def _rate(number: Decimal) -> str:
    # Every desk thinks of funding in steps of eight hours, whatever the venue's interval.
    return f"{_digits(number * 100 * 8)}%/8h"


def _sigma(number: Decimal) -> str:
    return f"{_digits(number)}sigma"


def _count(number: Decimal) -> str:
    return plain(number) if number == number.to_integral_value() else _digits(number)


def _frequency(number: Decimal) -> str:
    if not number:
        return "0/1s"
    # The shortest window in which something happens, preferably a round number of times.
    counts = [(letter, _rounded(number * SECONDS[letter], _DIGITS_OF_A_FLOAT)) for letter in "smhd"]
    happening = [pair for pair in counts if abs(pair[1]) >= 1] or counts[-1:]
    letter, count = next((pair for pair in happening if _is_written(pair[1])), happening[0])
    return f"{_digits(count)}/1{letter}"


def _money(number: Decimal) -> str:
    letter = next((letter for letter in "bmk" if abs(number) >= MAGNITUDES[letter]), "")
    return f"{_digits(number / MAGNITUDES[letter])}{letter} USD"


def _duration(number: Decimal) -> str:
    if number < 0:
        return f"-{_duration(-number)}"
    seconds = _digits(round(number, 6))
    if Decimal(seconds) < SECONDS["m"]:
        return f"{seconds}s"
    text = duration_text(Decimal(round(number)))
    is_whole = number == number.to_integral_value()
    return text if is_whole else "".join(re.findall(r"[0-9]+[dhms]", text)[:2])


_WRITERS: Mapping[Unit, Callable[[Decimal], str]] = {
    Unit.MULTIPLE: _multiple,
    Unit.RATIO: _ratio,
    Unit.RATE: _rate,
    Unit.DURATION: _duration,
    Unit.COUNT: _count,
    Unit.FREQUENCY: _frequency,
    Unit.SIGMA: _sigma,
    Unit.MONEY: _money,
}


def _digits(number: Decimal) -> str:
    return plain(_rounded(number, _DIGITS_OF_A_FLOAT if _is_written(number) else _DIGITS_MEASURED))


def _is_written(number: Decimal) -> bool:
    """Whether somebody may have written it: it has few digits once the noise of a float is taken off."""
    settled = _rounded(number, _DIGITS_OF_A_FLOAT).normalize()
    return len(settled.as_tuple().digits) <= _DIGITS_AS_WRITTEN


def _rounded(number: Decimal, digits: int) -> Decimal:
    return round(number, digits - 1 - number.adjusted()) if number else Decimal(0)
