"""Query and body as typed parameters. Binance reads both, and the query wins where a name is in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import TypeVar
from urllib.parse import parse_qsl

from riskd.paper.dialect import errors
from riskd.paper.engine import refusals
from riskd.paper.engine.types import Rejection

_Choice = TypeVar("_Choice", bound=Enum)

_FIELDS_MAX = 100
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_DECIMAL_SAID = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_INTEGER = re.compile(r"[0-9]{1,18}")  # 18 digits always fit the 64-bit integers of the venue
_INTEGER_SAID = r"^[0-9]{1,18}$"


class Parameters:
    """What one request asks, by name.

    An empty value counts as not sent, as at Binance. Each reader raises ``Rejection`` with the venue's own code.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in values.items() if value != ""}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """The raw text; None when it was not sent."""
        return self._values.get(name)

    def required_text(self, name: str) -> str:
        """The raw text.

        Raises:
            Rejection: -1102, not sent.
        """
        value = self.text(name)
        if value is None:
            raise refusals.missing_parameter(name)
        return value

    def integer(self, name: str) -> int | None:
        """A whole number, zero or more; None when it was not sent.

        Raises:
            Rejection: -1100, anything but digits.
        """
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise errors.illegal_characters(name, _INTEGER_SAID)
        return int(value)

    def required_integer(self, name: str) -> int:
        """A whole number, zero or more.

        Raises:
            Rejection: -1102, not sent; -1100, anything but digits.
        """
        value = self.integer(name)
        if value is None:
            raise refusals.missing_parameter(name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """An exact number, zero or more; None when it was not sent.

        Raises:
            Rejection: -1100, anything but a plain decimal number (no sign, no exponent).
        """
        value = self.text(name)
        if value is None:
            return None
        if not _DECIMAL.fullmatch(value):
            raise errors.illegal_characters(name, _DECIMAL_SAID)
        return Decimal(value)

    def required_decimal(self, name: str) -> Decimal:
        """An exact number, zero or more.

        Raises:
            Rejection: -1102, not sent; -1100, not a plain decimal number.
        """
        value = self.decimal(name)
        if value is None:
            raise refusals.missing_parameter(name)
        return value

    def flag(self, name: str) -> bool | None:
        """``true`` or ``false`` in any case; None when it was not sent.

        Raises:
            Rejection: -1130, any other word.
        """
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise errors.invalid_value(name, "Send 'true' or 'false'.")
        return value.lower() == "true"

    def choice(self, name: str, kind: type[_Choice], refusal: Rejection) -> _Choice | None:
        """A word of an enumeration; None when it was not sent.

        Raises:
            Rejection: ``refusal``, for a word that the enumeration does not have.
        """
        value = self.text(name)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            raise refusal from None

    def limit(self, *, default: int, maximum: int) -> int:
        """How many rows are wanted.

        Raises:
            Rejection: -1130, zero or more than ``maximum``.
        """
        value = self.integer("limit")
        if value is None:
            return default
        if not 1 <= value <= maximum:
            raise errors.invalid_value("limit", f"Send 1 to {maximum}.")
        return value


def parse_parameters(query: str, body: str) -> Parameters:
    """Both halves of a request as one set of parameters.

    Raises:
        Rejection: -1101, a name twice in one half, or more than a hundred names.
    """
    return Parameters({**_pairs(body), **_pairs(query)})


def _pairs(raw: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise errors.too_many_parameters() from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise errors.duplicated(name)
        values[name] = value
    return values
