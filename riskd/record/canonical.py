"""The one way in which a value is written as JSON, so that equal values have equal bytes.

Keys are sorted by code point, nothing is indented, everything outside ASCII is escaped (a line of the journal holds
no control character and no right-to-left trick), NaN and infinity are refused. Floats are written by Python's
shortest round-trip form. Times are UTC with six digits of a second and a ``Z``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from riskd.model.report import JsonValue


def canonical_json(value: JsonValue) -> str:
    """``value`` as ASCII text without a line break.

    Raises:
        ValueError: NaN or infinity, or a number too long to write.
        TypeError: Something that JSON does not know, or an object key that is not text.
    """
    _refuse_other_keys(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def instant_text(at: datetime) -> str:
    """``2026-01-02T03:04:05.000006Z``.

    Raises:
        ValueError: ``at`` carries no zone, so that its meaning is unknown.
    """
    if at.tzinfo is None:
        raise ValueError(f"expected an aware time, was {at.isoformat()} without a zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """The time that ``text`` states, such as ``2026-01-02T03:04:05.000006Z``.

    Raises:
        ValueError: Not an ISO time with its zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"expected an ISO time with its zone, was {text!r}")
    return at


def _refuse_other_keys(value: object) -> None:
    """``json.dumps`` would turn the key 1 into "1" without a word; two keys could then become one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"expected text as an object key, was {key!r}")
            _refuse_other_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_other_keys(item)
