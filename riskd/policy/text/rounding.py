"""How exactly a quantity was written."""

from __future__ import annotations

import re
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import SECONDS, Quantity, read


def half_of_last_digit(quantity: Quantity) -> Decimal:
    """Half of the last digit that a quantity was written with, in the unit's base: ``2.5x`` stands for 2.45x to 2.55x.

    Of a time the last unit counts: ``2h`` stands for an hour and a half to two and a half hours.
    """
    if quantity.unit is Unit.DURATION:
        _, decimals, letter = re.findall(r"([0-9]+)(?:\.([0-9]+))?([smhdw])", quantity.text)[-1]
        return _half(Decimal(SECONDS[letter]), decimals)
    match = re.match(r"-?[0-9]+(?:\.([0-9]+))?", quantity.text)
    assert match is not None, "every other quantity begins with its number"
    one = read(f"1{quantity.text[match.end() :]}")
    assert one is not None, "what follows the number is the unit"
    return _half(one.exact, match.group(1) or "")


def _half(one: Decimal, decimals: str) -> Decimal:
    return one.scaleb(-len(decimals)) / 2
