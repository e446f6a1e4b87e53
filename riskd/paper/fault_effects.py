"""What a fault does to an answer: pure functions from one answer to another.

A fault that finds nothing to work on (a missing field in an answer without it) leaves the answer as it is.
"""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Callable

from riskd.model.report import JsonValue
from riskd.paper.dialect.http import HttpRequest, HttpResponse, json_response
from riskd.paper.faults import (
    Answer,
    Effect,
    EmptyList,
    MissingField,
    NotANumber,
    OtherClientId,
    Replay,
    TruncatedBody,
    TruncatedList,
)

_CALLS_REMEMBERED = 256
_ANSWERS_REMEMBERED = 32
_EACH_TIME_DIFFERENT = ("timestamp=", "signature=", "recvWindow=")

RecordKey = tuple[str, str, str]


class Recordings:
    """The latest answers to each call that was made, bounded, for replays."""

    def __init__(self) -> None:
        self._answers: OrderedDict[RecordKey, deque[tuple[int, HttpResponse]]] = OrderedDict()

    def record(self, account: str, request: HttpRequest, response: HttpResponse, now_ms: int) -> None:
        """Remember a good answer to a read."""
        if request.method != "GET" or response.status != 200:
            return
        key = _record_key(account, request)
        answers = self._answers.setdefault(key, deque(maxlen=_ANSWERS_REMEMBERED))
        self._answers.move_to_end(key)
        answers.append((now_ms, response))
        if len(self._answers) > _CALLS_REMEMBERED:
            self._answers.popitem(last=False)

    def earlier(self, account: str, request: HttpRequest, *, until_ms: int) -> HttpResponse | None:
        """The newest answer from ``until_ms`` or before, else the oldest there is; None when the call is new."""
        answers = self._answers.get(_record_key(account, request))
        if not answers:
            return None
        return next((answer for at_ms, answer in reversed(answers) if at_ms <= until_ms), answers[0][1])


def replaced(answer: Answer) -> HttpResponse:
    """The answer that a fault gives instead of the venue's."""
    headers = {"Content-Type": answer.content_type}
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    return HttpResponse(status=answer.status, headers=headers, body=answer.body)


def corrupted(effect: Effect, response: HttpResponse) -> HttpResponse:
    """The answer after a fault that works on its content; unchanged by any other fault."""
    match effect:
        case EmptyList():
            return _rewritten(response, lambda value: _lists_cut(value, 0))
        case TruncatedList(keep=keep):
            return _rewritten(response, lambda value: _lists_cut(value, keep))
        case MissingField(name=name):
            return _rewritten(response, lambda value: _each_row(value, lambda row: _without(row, name)))
        case NotANumber(name=name):
            return _rewritten(response, lambda value: _each_row(value, lambda row: _with(row, name, "NaN")))
        case OtherClientId(client_order_id=other):
            return _rewritten(response, lambda value: _each_row(value, lambda row: _of_other(row, other)))
        case TruncatedBody(keep=keep):
            return HttpResponse(status=response.status, headers=response.headers, body=response.body[:keep])
        case _:
            return response


def replayed(effect: Replay, response: HttpResponse, earlier: HttpResponse | None) -> HttpResponse:
    """The answer with an earlier one, or one symbol's rows of it, in its place."""
    if earlier is None:
        return response
    if not effect.symbol:
        return earlier
    old_rows = _rows_of(json.loads(earlier.body), effect.symbol)
    return _rewritten(response, lambda value: _swapped(value, effect.symbol, old_rows))


def _record_key(account: str, request: HttpRequest) -> RecordKey:
    asked = sorted(part for part in request.query.split("&") if not part.startswith(_EACH_TIME_DIFFERENT))
    return (account, request.path, "&".join(asked))


def _rewritten(response: HttpResponse, change: Callable[[JsonValue], JsonValue]) -> HttpResponse:
    if response.status != 200:
        return response
    changed = change(json.loads(response.body))
    return json_response(changed, status=response.status, headers=response.headers)


def _lists_cut(value: JsonValue, keep: int) -> JsonValue:
    if isinstance(value, list):
        return value[:keep]
    if isinstance(value, dict):
        return {name: member[:keep] if isinstance(member, list) else member for name, member in value.items()}
    return value


def _each_row(value: JsonValue, change: Callable[[dict[str, JsonValue]], dict[str, JsonValue]]) -> JsonValue:
    if isinstance(value, list):
        return [_each_row(member, change) for member in value]
    if isinstance(value, dict):
        return {name: _each_row(member, change) for name, member in change(value).items()}
    return value


def _without(row: dict[str, JsonValue], name: str) -> dict[str, JsonValue]:
    return {key: value for key, value in row.items() if key != name}


def _with(row: dict[str, JsonValue], name: str, value: JsonValue) -> dict[str, JsonValue]:
    return {**row, name: value} if name in row else row


def _of_other(row: dict[str, JsonValue], other: str) -> dict[str, JsonValue]:
    return _with(_with(row, "clientOrderId", other), "clientAlgoId", other)


def _rows_of(value: JsonValue, symbol: str) -> list[JsonValue]:
    if isinstance(value, dict) and value.get("symbol") == symbol:
        return [value]
    if isinstance(value, dict):
        return [row for member in value.values() for row in _rows_of(member, symbol)]
    if isinstance(value, list):
        return [row for member in value for row in _rows_of(member, symbol)]
    return []


def _swapped(value: JsonValue, symbol: str, old_rows: list[JsonValue]) -> JsonValue:
    """The rows of one symbol replaced, in their order; a row without an old one stays."""
    waiting = deque(old_rows)

    def swap(row: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if row.get("symbol") != symbol or not waiting:
            return row
        old = waiting.popleft()
        return old if isinstance(old, dict) else row

    return _each_row(value, swap)
