"""The response guard: the only place where a venue's text becomes a value.

A client library that is fed an empty body, a captcha page or ``{}`` reports "no positions" (measured on 23 of 31
venues: docs/decisions/0003). Here all of these are refused by name before anything can be read into them.
"""

from __future__ import annotations

import json
import math
from enum import StrEnum
from typing import Any

from riskd.errors import RiskdError
from riskd.model.report import JsonValue


class Shape(StrEnum):
    """What a sound answer is at its outermost."""

    LIST = "list"
    OBJECT = "object"


class Rubbish(RiskdError):
    """A text that is no answer to what was asked.

    Attributes:
        reason: ``guard:`` and a word, such as ``guard:html``; with a detail where one is known.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = f"{reason} ({detail})" if detail else reason
        super().__init__(f"the venue's answer cannot be believed: {self.reason}")


def read_json(text: str, shape: Shape) -> JsonValue:
    """The value of a JSON text of the expected shape.

    Refused: an empty body, HTML, anything that is not JSON, ``null``, a scalar, the other shape, an empty object, an
    error object under HTTP 200, NaN and infinities (also a number that overflows to one), and a key given twice.

    Raises:
        Rubbish: With the reason.
    """
    value = _parse(text)
    if isinstance(value, dict) and "code" in value and "msg" in value:
        raise Rubbish("guard:error_object")
    if shape is Shape.LIST:
        if not isinstance(value, list):
            raise Rubbish("guard:not_a_list")
    elif not isinstance(value, dict):
        raise Rubbish("guard:not_an_object")
    elif not value:
        raise Rubbish("guard:empty_object")
    return value


def read_envelope(text: str) -> dict[str, JsonValue]:
    """The object around every answer of a venue that writes ``code`` and ``msg`` into successes too (OKX).

    All else that ``read_json`` refuses is refused; what the code means is the caller's to decide.

    Raises:
        Rubbish: With the reason.
    """
    value = _parse(text)
    if not isinstance(value, dict):
        raise Rubbish("guard:not_an_object")
    if not value:
        raise Rubbish("guard:empty_object")
    return value


def _parse(text: str) -> JsonValue:
    body = text.strip()
    if not body:
        raise Rubbish("guard:empty")
    if body.startswith("<"):
        raise Rubbish("guard:html")
    try:
        value: JsonValue = json.loads(
            body, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
        )
    except (ValueError, RecursionError) as error:
        raise Rubbish("guard:not_json") from error
    if value is None:
        raise Rubbish("guard:null")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rubbish("guard:duplicate_key")
    return found


def _constant(name: str) -> float:
    raise Rubbish(f"guard:{name.lstrip('-').lower()}")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Rubbish("guard:infinity")
    return value
