"""The grammar of quantities: ``2%``, ``5x``, ``250k USD``, ``0.05%/8h``. Nothing has a value without a unit.

Reading is exact (Decimal); the value that leaves is a float in the unit's base: a fraction, a multiple, a fraction per
hour, seconds, a number, a number per second, standard deviations, US dollars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.measure.spec import Unit

SECONDS: Mapping[str, int] = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
SECONDS_AN_HOUR = 3_600
MAGNITUDES: Mapping[str, Decimal] = {
    "": Decimal(1),
    "k": Decimal(1_000),
    "m": Decimal(1_000_000),
    "b": Decimal(1_000_000_000),
}

# Fifteen digits before the point and twelve behind it hold every quantity of this trade and bound the work of reading.
_NUMBER = r"(-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?)"
_WHOLE = r"(?:0|[1-9][0-9]{0,8})"
_WINDOW = r"([1-9][0-9]{0,3})([smhdw])"
# Largest unit first, each at most once. A fraction makes sense only of a few seconds, standing alone.
_DURATION = (
    rf"((?=[0-9])(?:{_WHOLE}w)?(?:{_WHOLE}d)?(?:{_WHOLE}h)?(?:{_WHOLE}m)?(?:{_WHOLE}s)?"
    r"|(?:[0-9]|[1-5][0-9])\.[0-9]{1,6}s)"
)

# No text matches two of them.
_PATTERNS: Mapping[Unit, str] = {
    Unit.RATIO: rf"{_NUMBER}(%|bps)",
    Unit.MULTIPLE: rf"{_NUMBER}x",
    Unit.DURATION: _DURATION,
    Unit.RATE: rf"{_NUMBER}%/{_WINDOW}",
    Unit.FREQUENCY: rf"{_NUMBER}/{_WINDOW}",
    Unit.SIGMA: rf"{_NUMBER}sigma",
    Unit.MONEY: rf"{_NUMBER}([kmb]?) (USD|USDT|USDC)",
    Unit.COUNT: r"(0|[1-9][0-9]{0,14})",
}
_COMPILED = tuple((unit, re.compile(pattern)) for unit, pattern in _PATTERNS.items())

_NOUNS: Mapping[Unit, str] = {
    Unit.MULTIPLE: "a multiple",
    Unit.RATIO: "a ratio",
    Unit.RATE: "a rate",
    Unit.DURATION: "a duration",
    Unit.COUNT: "a count",
    Unit.FREQUENCY: "a frequency",
    Unit.SIGMA: "a number of standard deviations",
    Unit.MONEY: "an amount of money",
}

_EXAMPLES: Mapping[Unit, str] = {
    Unit.MULTIPLE: "3x",
    Unit.RATIO: "2%",
    Unit.RATE: "0.01%/8h",
    Unit.DURATION: "30s",
    Unit.COUNT: "3",
    Unit.FREQUENCY: "30/1m",
    Unit.SIGMA: "3sigma",
    Unit.MONEY: "250k USD",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A quantity as it was written.

    Attributes:
        exact: Value in the unit's base.
        text: The text it was read from.
    """

    exact: Decimal
    unit: Unit
    text: str

    @property
    def value(self) -> float:
        """The value in the unit's base, rounded once, at the very end."""
        return float(self.exact)


def read(text: str) -> Quantity | None:
    """The quantity that ``text`` is, from its first character to its last; None when it is none."""
    for unit, expression in _COMPILED:
        match = expression.fullmatch(text)
        if match:
            return Quantity(exact=_exact(unit, match), unit=unit, text=text)
    return None


def noun(unit: Unit) -> str:
    """The unit in words: ``a ratio``."""
    return _NOUNS[unit]


def example(unit: Unit) -> str:
    """A literal of the unit, for messages."""
    return _EXAMPLES[unit]


def pattern(unit: Unit) -> str:
    """Regular expression that the whole of a literal of ``unit`` matches; valid in JSON Schema too."""
    return _PATTERNS[unit]


def plain(number: Decimal) -> str:
    """Digits without an exponent and without trailing zeros."""
    return format(number.normalize(), "f") if number else "0"


def duration_text(seconds: Decimal) -> str:
    """Exact literal of a time >= 0: ``2m30s``. A fraction of a second is written only below a minute."""
    if seconds < SECONDS["m"]:
        return f"{plain(seconds)}s"
    rest = int(seconds)
    text = ""
    for letter in "dhms":
        amount, rest = divmod(rest, SECONDS[letter])
        text += f"{amount}{letter}" if amount else ""
    return text


def _exact(unit: Unit, match: re.Match[str]) -> Decimal:
    if unit is Unit.DURATION:
        parts = re.findall(r"([0-9.]+)([smhdw])", match.group())
        return sum((Decimal(number) * SECONDS[letter] for number, letter in parts), Decimal(0))
    number = Decimal(match.group(1))
    if unit is Unit.RATIO:
        return number / (100 if match.group(2) == "%" else 10_000)
    if unit is Unit.MONEY:
        return number * MAGNITUDES[match.group(2)]
    if unit is Unit.FREQUENCY:
        return number / _window_seconds(match)
    if unit is Unit.RATE:
        return number / 100 * SECONDS_AN_HOUR / _window_seconds(match)
    return number


def _window_seconds(match: re.Match[str]) -> int:
    return int(match.group(2)) * SECONDS[match.group(3)]
