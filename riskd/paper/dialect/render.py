"""Numbers as Binance writes them: strings with a fixed count of decimals, never an exponent, never minus zero."""

from __future__ import annotations

from decimal import Decimal

_MONEY_PLACES = 8
_ENTRY_PLACES = 12
_AVERAGE_PLACES_MIN = 5


def fixed(value: Decimal, places: int) -> str:
    """With exactly this many decimals, halves to even."""
    text = format(value, f".{places}f")
    if text.startswith("-") and not text.strip("-0."):
        return text[1:]
    return text


def trimmed(value: Decimal, places: int) -> str:
    """With at most this many decimals and no trailing zeros."""
    text = fixed(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal) -> str:
    """An amount of the settlement currency: eight decimals."""
    return fixed(value, _MONEY_PLACES)


def rate(value: Decimal) -> str:
    """A funding rate: eight decimals."""
    return fixed(value, _MONEY_PLACES)


def on_step(value: Decimal, step: Decimal) -> str:
    """A price on its tick or a quantity on its lot: the decimals of the step."""
    return fixed(value, places_of(step))


def entry_price(value: Decimal) -> str:
    """An average entry price, which lies on no tick: as many decimals as it has, at most twelve."""
    return trimmed(value, _ENTRY_PLACES) if value else "0.0"


def average_price(value: Decimal, tick_size: Decimal) -> str:
    """The average price of an order's fills: two decimals finer than the tick, at least five."""
    return fixed(value, max(_AVERAGE_PLACES_MIN, places_of(tick_size) + 2))


def places_of(step: Decimal) -> int:
    """Decimals of a tick or lot as it is written: 0.10 has two, 0.001 three, 5 none."""
    exponent = step.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
