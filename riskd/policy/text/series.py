"""The notation of series tests: ``3x*4, 5.5x, _*2, 3x..6x*4, gone``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import Quantity, noun
from riskd.policy.text.spelling import quoted, rewrite
from riskd.policy.text.units import QuantityError, parse

TICKS_MAX = 10_000

MISSING = "_"
GONE = "gone"


def read_series(text: str, unit: Unit, of: str = "the rule's measure") -> tuple[float | str | None, ...]:
    """The values of a series, one a tick.

    A part is a quantity, a ramp ``a..b`` from the first to the second, ``_`` for missing data, or ``gone`` for a
    subject proven closed; ``*n`` repeats it n times, or gives a ramp its n ticks.

    Args:
        text: Parts between commas.
        unit: Of the values.
        of: What they are values of, for messages.

    Returns:
        For each tick a value in base units, None for missing data, or ``gone``.

    Raises:
        QuantityError: A part cannot be read; says which.
    """
    ticks: list[float | str | None] = []
    for part in text.split(","):
        ticks.extend(_ticks(part.strip(), unit, of))
        if len(ticks) > TICKS_MAX:
            raise QuantityError(f"the series has more than {TICKS_MAX:,} ticks", "make it shorter")
    return tuple(ticks)


def _ticks(part: str, unit: Unit, of: str) -> Iterator[float | str | None]:
    match = re.fullmatch(r"(\S+?)\s*(?:\*\s*([1-9][0-9]{0,4}))?", part)
    if match is None:
        raise QuantityError(
            f"{quoted(part)} is no part of a series", "write for example 3x*4, 5x, _*2, 3x..6x*4, gone"
        )
    what, count = match.group(1), int(match.group(2) or 1)
    if what == MISSING:
        return iter([None] * count)
    if what == GONE:
        return iter([GONE] * count)
    if ".." in what:
        return _ramp(what, count, unit, of)
    return iter([_of_unit(what, unit, of).value] * count)


def _ramp(text: str, count: int, unit: Unit, of: str) -> Iterator[float]:
    first, _, last = text.partition("..")
    start, end = _of_unit(first, unit, of).exact, _of_unit(last, unit, of).exact
    if count < 2:
        raise QuantityError(f"the ramp {text} has a single tick", f"say how many, such as {text}*5")
    return (float(start + (end - start) * Decimal(tick) / (count - 1)) for tick in range(count))


def _of_unit(text: str, unit: Unit, of: str) -> Quantity:
    quantity = parse(text)
    if quantity.unit is not unit:
        what = f"{text} has no unit" if quantity.unit is Unit.COUNT else f"{text} is {noun(quantity.unit)}"
        cure = f"write {rewrite(quantity, unit)}"
        raise QuantityError(f"{what}, but {of} is {noun(unit)}", cure)
    return quantity
