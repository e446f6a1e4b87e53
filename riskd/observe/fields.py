"""Reading one field of one row: exact, or refused with a reason. Nothing is guessed, nothing defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from riskd.model.report import JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_DIGITS = re.compile(r"[0-9]{1,20}")
_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN_MAX = 40


class RowRefused(Exception):
    """A row that cannot be believed; the text says which field and what was found there."""


class Fault(NamedTuple):
    """Why a row or a field was left out.

    Attributes:
        subject: The venue's symbol or asset that the row names; empty when it names none, so that it may be any.
    """

    subject: str
    reason: str


class Bounds(NamedTuple):
    """The closed interval in which a number makes sense."""

    low: Decimal
    high: Decimal


def _between(low: str, high: str) -> Bounds:
    return Bounds(Decimal(low), Decimal(high))


_PRICE = _between("1e-12", "1e9")
_PRICE_OR_NONE = _between("0", "1e9")
_QUANTITY = _between("-1e15", "1e15")
_SIZE = _between("1e-12", "1e15")
_COINS = _between("0", "1e15")
_MONEY = _between("-1e13", "1e13")
_AMOUNT = _between("0", "1e13")
_CAP = _between("0", "1e19")
_LEVERAGE = _between("1", "500")
_FUNDING_RATE = _between("-0.5", "0.5")
_FRACTION = _between("1e-6", "0.999999")
_BUFFER = _between("0", "0.999999")
_HOURS = _between("1", "24")
_TIME_MS = _between("1420070400000", "4102444800000")
_RANK = _between("0", "4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plausibility:
    """What a number must lie within to be a number and not an accident.

    Wide enough for every contract that is traded (a millionth of a cent, 10^13 coins), narrow enough to stop a
    shifted decimal point of the worst kind, an overflow, or a nanosecond where a millisecond is due.

    Attributes:
        price: Quote per base.
        price_or_none: The same; 0 is the venue's word for "none".
        quantity: Base units, signed.
        size: Base units, > 0.
        coins: Base units, >= 0.
        money: Settlement currency, signed.
        amount: Settlement currency, >= 0.
        cap: End of a leverage bracket; the last one may be the largest number a venue can write.
        leverage: The slider.
        funding_rate: Fraction of notional for one interval.
        fraction: Rates in (0, 1).
        buffer: Haircuts in [0, 1).
        hours: Funding interval.
        time_ms: Milliseconds since the epoch, 2015 to 2100.
        rank: Place in the auto-deleveraging queue.
    """

    price: Bounds = _PRICE
    price_or_none: Bounds = _PRICE_OR_NONE
    quantity: Bounds = _QUANTITY
    size: Bounds = _SIZE
    coins: Bounds = _COINS
    money: Bounds = _MONEY
    amount: Bounds = _AMOUNT
    cap: Bounds = _CAP
    leverage: Bounds = _LEVERAGE
    funding_rate: Bounds = _FUNDING_RATE
    fraction: Bounds = _FRACTION
    buffer: Bounds = _BUFFER
    hours: Bounds = _HOURS
    time_ms: Bounds = _TIME_MS
    rank: Bounds = _RANK


PLAUSIBLE = Plausibility()


def shown(value: JsonValue) -> str:
    """A value from outside, short and without control characters, for a reason that people read."""
    text = ascii(value)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 3] + "..."


def as_object(value: JsonValue) -> JsonObject:
    """The value, which must be an object.

    Raises:
        RowRefused: It is not.
    """
    if isinstance(value, dict):
        return value
    raise RowRefused(f"expected an object, found {shown(value)}")


def number(row: JsonObject, name: str, bounds: Bounds) -> Decimal:
    """The exact decimal in a field, from its string.

    Raises:
        RowRefused: Missing, not a number, or outside the bounds.
    """
    value = row.get(name)
    if type(value) is str:
        if not _NUMBER.fullmatch(value):
            raise RowRefused(f"{name} is {shown(value)}, not a number")
        parsed = Decimal(value)
    elif type(value) is int or type(value) is float:
        parsed = Decimal(repr(value))
    else:
        raise RowRefused(f"{name} is {'missing' if name not in row else shown(value)}")
    if not bounds.low <= parsed <= bounds.high:
        raise RowRefused(f"{name} is {shown(value)}, outside {bounds.low:g} to {bounds.high:g}")
    return parsed


def whole(row: JsonObject, name: str, bounds: Bounds) -> int:
    """The whole number in a field.

    Raises:
        RowRefused: As ``number``, or it has a fraction.
    """
    value = number(row, name, bounds)
    if value != value.to_integral_value():
        raise RowRefused(f"{name} is {shown(row.get(name))}, not a whole number")
    return int(value)


def number_or_none(row: JsonObject, name: str, bounds: Bounds, faults: list[Fault]) -> Decimal | None:
    """As ``number``, for a field without which the row still means something: None, and the fault noted."""
    try:
        return number(row, name, bounds)
    except RowRefused as refusal:
        faults.append(fault_of(row, str(refusal)))
        return None


def fault_of(row: JsonValue, reason: str) -> Fault:
    """The fault of one row, under the symbol or asset that it names."""
    if isinstance(row, dict):
        for name in ("symbol", "asset"):
            subject = row.get(name)
            if isinstance(subject, str):
                return Fault(subject, f"{shown(subject)}: {reason}")
    return Fault("", f"a row without a name: {reason}")


def text(row: JsonObject, name: str) -> str:
    """The non-empty text in a field.

    Raises:
        RowRefused: Missing, empty, too long or not a text.
    """
    value = row.get(name)
    if isinstance(value, str) and 0 < len(value) <= 128:
        return value
    raise RowRefused(f"{name} is {'missing' if name not in row else shown(value)}")


def identifier(row: JsonObject, name: str) -> str:
    """The venue's number of something, written as a number or as digits, as text.

    Raises:
        RowRefused: Missing or something else.
    """
    value = row.get(name)
    digits = str(value) if type(value) is int else value
    if isinstance(digits, str) and _DIGITS.fullmatch(digits):
        return digits
    raise RowRefused(
        f"{name} is {'missing' if name not in row else shown(value)}, expected the venue's number"
    )


def client_id(row: JsonObject, name: str) -> str:
    """The id that whoever placed an order gave it, in the venue's own alphabet.

    Raises:
        RowRefused: Missing, empty or something else.
    """
    value = row.get(name)
    if isinstance(value, str) and _CLIENT_ID.fullmatch(value):
        return value
    raise RowRefused(f"{name} is {'missing' if name not in row else shown(value)}, expected an order's id")


def choice(row: JsonObject, name: str, allowed: frozenset[str]) -> str:
    """The text in a field, which must be one of those we know.

    Raises:
        RowRefused: It is not.
    """
    value = row.get(name)
    if isinstance(value, str) and value in allowed:
        return value
    raise RowRefused(f"{name} is {shown(value)}, expected one of {', '.join(sorted(allowed))}")


def flag(row: JsonObject, name: str) -> bool:
    """The boolean in a field.

    Raises:
        RowRefused: Missing or not a boolean.
    """
    value = row.get(name)
    if isinstance(value, bool):
        return value
    raise RowRefused(f"{name} is {shown(value)}, expected true or false")


def moment(milliseconds: int) -> datetime:
    """Aware UTC of a count of milliseconds since the epoch, exact."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
