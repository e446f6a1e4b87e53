"""One request a line, one answer a line, JSON with a version. What is not exactly that is refused with a word and a sentence.

A request is ``{"version": 1, "verb": "ack", "arguments": {"id": "inc_7H787E5A"}}``. An answer is ``{"version": 1, "ok": true,
"value": ...}`` or ``{"version": 1, "ok": false, "error": {"code": "not_found", "text": "..."}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from riskd.model.report import JsonValue

VERSION = 1
REQUEST_BYTES_MAX = 16_384
ANSWER_BYTES_MAX = 4_194_304
TEXT_MAX = 500

_KEYS = {"version", "verb", "arguments"}


class Fault(StrEnum):
    """Why a request was not done."""

    MALFORMED = "malformed"  # no request at all
    VERSION = "version"
    UNKNOWN_VERB = "unknown_verb"
    ARGUMENT = "argument"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    REFUSED = "refused"  # allowed and understood, and as things stand not done
    BUSY = "busy"
    FAILED = "failed"  # a failure of riskd's own; the log has it


class Refused(Exception):
    """A request that is not done.

    Attributes:
        fault: For programs.
        text: For people.
    """

    def __init__(self, fault: Fault, text: str) -> None:
        self.fault = fault
        self.text = text
        super().__init__(text)


class Arguments:
    """The arguments of a request, read by name and kind. What is not read is refused by ``nothing_else``."""

    def __init__(self, given: Mapping[str, JsonValue]) -> None:
        self._left = dict(given)

    def text(self, name: str, *, default: str | None = None, longest: int = TEXT_MAX) -> str:
        """A text of characters that can be seen; it must be there unless there is a default.

        Raises:
            Refused: It is not.
        """
        value = self._left.pop(name, default)
        if not isinstance(value, str):
            _refuse(name, "text", value)
        if len(value) > longest:
            raise Refused(Fault.ARGUMENT, f"{name}: at most {longest} characters, found {len(value)}")
        if not value.isprintable():
            raise Refused(Fault.ARGUMENT, f"{name}: a text without control characters and hidden ones")
        return value

    def whole(self, name: str, *, low: int, high: int) -> int | None:
        """A whole number within bounds; None when it is left out.

        Raises:
            Refused: It is something else.
        """
        value = self._left.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            _refuse(name, f"a whole number from {low} to {high}", value)
        return value

    def flag(self, name: str) -> bool:
        """True or false; false when it is left out.

        Raises:
            Refused: It is something else.
        """
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            _refuse(name, "true or false", value)
        return value

    def texts(self, name: str) -> tuple[tuple[str, str], ...]:
        """An object of texts; empty when it is left out.

        Raises:
            Refused: It is something else.
        """
        value = self._left.pop(name, None)
        if value is None:
            return ()
        if not isinstance(value, dict) or len(value) > 16:
            _refuse(name, "an object of at most 16 texts", value)
        inner = Arguments(value)
        return tuple((Arguments({"key": key}).text("key"), inner.text(key)) for key in value)

    def nothing_else(self) -> None:
        """Check that every argument was read.

        Raises:
            Refused: One is left.
        """
        if self._left:
            raise Refused(Fault.ARGUMENT, f"no argument {ascii(next(iter(self._left)))[:40]} is known here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks."""

    verb: str
    arguments: Arguments


def request_of(line: bytes) -> Request:
    """The request in a line.

    Raises:
        Refused: There is none.
    """
    try:
        given = json.loads(
            line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_no_float
        )
    except (ValueError, RecursionError) as error:
        raise Refused(Fault.MALFORMED, "expected one JSON object on one line") from error
    if not isinstance(given, dict):
        raise Refused(Fault.MALFORMED, "expected a JSON object")
    version = given.get("version")
    if isinstance(version, bool) or version != VERSION:  # true equals 1 in Python
        raise Refused(Fault.VERSION, f"expected version {VERSION}: client and daemon must be of one riskd")
    verb, arguments = given.get("verb"), given.get("arguments", {})
    if set(given) - _KEYS or not isinstance(verb, str) or not isinstance(arguments, dict):
        raise Refused(Fault.MALFORMED, "expected version, verb and arguments, and nothing else")
    return Request(verb=verb, arguments=Arguments(arguments))


def answer(value: JsonValue) -> bytes:
    """The line of an answer.

    Raises:
        Refused: It is too long to be sent.
    """
    line = _line({"version": VERSION, "ok": True, "value": value})
    if len(line) > ANSWER_BYTES_MAX:
        raise Refused(Fault.FAILED, f"the answer has {len(line)} bytes, which is too much; ask for less")
    return line


def refusal(refused: Refused) -> bytes:
    """The line of a refusal."""
    error: JsonValue = {"code": refused.fault.value, "text": refused.text}
    return _line({"version": VERSION, "ok": False, "error": error})


def _line(value: JsonValue) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """An object of which no key stands twice: two readers would see two requests."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text}: no argument is a fraction")


def _refuse(name: str, expected: str, found: object) -> NoReturn:
    raise Refused(Fault.ARGUMENT, f"{name}: expected {expected}, found {ascii(found)[:40]}")
