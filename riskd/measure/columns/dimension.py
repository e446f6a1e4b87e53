"""What kind of number a value is, so that arithmetic over columns cannot add money to prices.

A dimension is counted in powers of money (US dollars), coin (base units of an asset) and time. A number without any of
them may still be of a kind: a ratio, a multiple, a count, standard deviations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskd.measure.spec import Unit

SECONDS_AN_HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Powers of money, coin and time, and what kind of number it is apart from them.

    Attributes:
        kind: RATIO, MULTIPLE, COUNT or SIGMA; None: what the arithmetic leaves open, such as money over money.
        hours: How many of the ``time`` powers are counted in hours; the others are in seconds. Rates are kept per hour
            and durations in seconds, and neither is converted before it must be: a rate alone keeps every bit.
    """

    money: int = 0
    coin: int = 0
    time: int = 0
    kind: Unit | None = None
    hours: int = 0

    @property
    def powers(self) -> tuple[int, int, int]:
        """Without the kind and the scale of time."""
        return self.money, self.coin, self.time


NUMBER = Dimension()
MONEY = Dimension(money=1)
PRICE = Dimension(money=1, coin=-1)
QUANTITY = Dimension(coin=1)

_OF_UNIT: Mapping[Unit, Dimension] = {
    Unit.MULTIPLE: Dimension(kind=Unit.MULTIPLE),
    Unit.RATIO: Dimension(kind=Unit.RATIO),
    Unit.RATE: Dimension(time=-1, kind=Unit.RATIO, hours=-1),
    Unit.DURATION: Dimension(time=1),
    Unit.COUNT: Dimension(kind=Unit.COUNT),
    Unit.FREQUENCY: Dimension(time=-1, kind=Unit.COUNT),
    Unit.SIGMA: Dimension(kind=Unit.SIGMA),
    Unit.MONEY: MONEY,
}
_SHARES = frozenset({Unit.RATIO, Unit.MULTIPLE})


def of_unit(unit: Unit) -> Dimension:
    """The dimension of a value in the base of ``unit``."""
    return _OF_UNIT[unit]


def multiplied(left: Dimension, right: Dimension) -> Dimension:
    """Of a product. Counting things does not change what they are; a ratio of a ratio is a ratio."""
    powers = (left.money + right.money, left.coin + right.coin, left.time + right.time)
    return _of(powers, _kind_of_product(left.kind, right.kind), left.hours + right.hours)


def divided(left: Dimension, right: Dimension) -> Dimension:
    """Of a quotient. Two of a kind leave a number of no kind; dividing by a count leaves what there was."""
    powers = (left.money - right.money, left.coin - right.coin, left.time - right.time)
    return _of(powers, _kind_of_quotient(left.kind, right.kind), left.hours - right.hours)


def joined(left: Dimension, right: Dimension) -> Dimension | None:
    """Of a sum, a difference, or the lesser of two; None when they cannot be held against each other.

    The result is scaled as ``left``: multiply ``right`` by ``scale(right, left)`` first.
    """
    if left.powers != right.powers:
        return None
    if left.kind is not None and right.kind is not None and left.kind is not right.kind:
        return None
    return _of(left.powers, left.kind or right.kind, left.hours)


def scale(found: Dimension, wanted: Dimension) -> float:
    """What a value of ``found`` is multiplied by to count its time as ``wanted`` does."""
    return SECONDS_AN_HOUR ** (found.hours - wanted.hours)


def fits(found: Dimension, unit: Unit) -> bool:
    """Whether a value may be said in ``unit``. A ratio may be said as a multiple, and the other way round."""
    wanted = of_unit(unit)
    if found.powers != wanted.powers:
        return False
    return found.kind in (None, wanted.kind) or {found.kind, wanted.kind} <= _SHARES


def units_of(found: Dimension) -> tuple[Unit, ...]:
    """The units in which a value may be said."""
    return tuple(unit for unit in Unit if fits(found, unit))


def in_words(dimension: Dimension) -> str:
    """``a price``, ``an amount of money``, ``a ratio``, ``money x time``."""
    known = _NAMES.get(dimension.powers)
    if known is not None:
        return known.get(dimension.kind, known[None])
    above = _powers(dimension, sign=1)
    below = _powers(dimension, sign=-1)
    return " per ".join([above or "something", *([below] if below else [])])


_NAMES: Mapping[tuple[int, int, int], Mapping[Unit | None, str]] = {
    (0, 0, 0): {
        None: "a plain number",
        Unit.RATIO: "a ratio",
        Unit.MULTIPLE: "a multiple",
        Unit.COUNT: "a count",
        Unit.SIGMA: "a number of standard deviations",
    },
    (1, 0, 0): {None: "an amount of money"},
    (1, -1, 0): {None: "a price"},
    (0, 1, 0): {None: "a quantity of coins"},
    (0, 0, 1): {None: "a duration"},
    (0, 0, -1): {None: "a number per time", Unit.RATIO: "a rate", Unit.COUNT: "a frequency"},
    (1, 0, -1): {None: "money per time"},
}


def _of(powers: tuple[int, int, int], kind: Unit | None, hours: int) -> Dimension:
    """Half of an amount of money is money: only plain numbers, and such numbers per time, are of a kind."""
    money, coin, time = powers
    is_number = powers in ((0, 0, 0), (0, 0, -1))
    return Dimension(money=money, coin=coin, time=time, kind=kind if is_number else None, hours=hours)


def _kind_of_product(left: Unit | None, right: Unit | None) -> Unit | None:
    if left in (None, Unit.COUNT):
        return right or left
    if right in (None, Unit.COUNT):
        return left
    return Unit.RATIO if left is right is Unit.RATIO else None


def _kind_of_quotient(left: Unit | None, right: Unit | None) -> Unit | None:
    if left is right:
        return None
    return left if right in (None, Unit.COUNT) else None


def _powers(dimension: Dimension, *, sign: int) -> str:
    named = zip(("money", "coin", "time"), dimension.powers, strict=True)
    return " x ".join(
        name if power * sign == 1 else f"{name}^{power * sign}" for name, power in named if power * sign > 0
    )
