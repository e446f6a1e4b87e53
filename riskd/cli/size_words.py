"""Numbers of `riskd size` as people read them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskd.cli.size_question import Question

_DIGITS_OF_A_PRICE = 7
_PLACES_OF_A_COIN = 8


def amount(asked: Question, number: float) -> str:
    """An amount in the settlement currency: cents of dollars, eight places of coins."""
    if asked.is_inverse:
        return f"{_trimmed(number, _PLACES_OF_A_COIN)} {asked.currency}"
    return f"{number:,.2f} {asked.currency}"


def price(number: float) -> str:
    """A price with seven digits, two of them behind the point at least where there are any."""
    places = max(2, _DIGITS_OF_A_PRICE - 1 - math.floor(math.log10(number)))
    return _trimmed(number, places)


def coins_or_contracts(asked: Question, contracts: Decimal) -> str:
    """A size: coins, or contracts with what one of them is."""
    number = f"{contracts.normalize():,f}"
    size = f"{asked.contract_size.normalize():,f}"
    if asked.is_inverse:
        return f"{number} contracts of {size} USD"
    return f"{number} coins" if asked.contract_size == 1 else f"{number} contracts of {size} coins"


def _trimmed(number: float, places: int) -> str:
    """Without zeros that say nothing, but with two places."""
    text = f"{number:,.{places}f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return whole if not fraction else f"{whole}.{fraction:0<2}"
