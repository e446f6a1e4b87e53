"""Alert states and their keys as JSON, and back: what a restart reads is what was written, to the microsecond."""

from __future__ import annotations

from datetime import datetime

from riskd.errors import LedgerError
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.report import JsonValue
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level

JsonObject = dict[str, JsonValue]


def state_to_json(state: AlertState) -> JsonObject:
    """The whole state as a JSON object; every field is there, in the order in which the state names them."""
    return {
        "condition": state.condition.value,
        "level": state.level.name.lower(),
        "crossed_at": {level.name.lower(): at.isoformat() for level, at in state.crossed_at},
        "clearing_since": _text(state.clearing_since),
        "inside_since": _text(state.inside_since),
        "missing_since": _text(state.missing_since),
        "unknown": state.unknown,
        "last_good_at": _text(state.last_good_at),
        "episode": state.episode,
        "opened_at": _text(state.opened_at),
        "version": state.version,
        "waiver": state.waiver,
        "normal_crossed_at": {level.name.lower(): at.isoformat() for level, at in state.normal_crossed_at},
    }


def state_from_json(body: JsonObject) -> AlertState:
    """The state that ``state_to_json`` wrote.

    Raises:
        LedgerError: The object is not such a state; names the field, what was expected and what was found.
    """
    return AlertState(
        condition=_condition(body),
        level=_level(body.get("level"), "level"),
        crossed_at=_crossings(body.get("crossed_at"), "crossed_at"),
        clearing_since=_time_or_none(body, "clearing_since"),
        inside_since=_time_or_none(body, "inside_since"),
        missing_since=_time_or_none(body, "missing_since"),
        unknown=_flag(body, "unknown"),
        last_good_at=_time_or_none(body, "last_good_at"),
        episode=_count(body, "episode"),
        opened_at=_time_or_none(body, "opened_at"),
        version=_count(body, "version"),
        # States that were written before there were waivers know nothing of them.
        waiver=_word(body.get("waiver", ""), "waiver"),
        normal_crossed_at=_crossings(body.get("normal_crossed_at", {}), "normal_crossed_at"),
    )


def key_to_json(key: AlertKey) -> JsonObject:
    """Rule and subject as a JSON object; the parts of the subject stay in canonical order."""
    return {
        "rule": key.rule,
        "grain": key.subject.grain.value,
        "subject": [[name, value] for name, value in key.subject.parts],
    }


def key_from_json(body: JsonObject) -> AlertKey:
    """The key that ``key_to_json`` wrote.

    Raises:
        LedgerError: The object is not such a key.
    """
    rule, grain, parts = body.get("rule"), body.get("grain"), body.get("subject")
    if not isinstance(rule, str):
        raise _unexpected("rule", "text", rule)
    if not isinstance(grain, str) or grain not in tuple(Grain):
        raise _unexpected("grain", f"one of {', '.join(Grain)}", grain)
    if not isinstance(parts, list):
        raise _unexpected("subject", "a list of [name, value]", parts)
    return AlertKey(rule=rule, subject=Subject(Grain(grain), tuple(_part(part) for part in parts)))


def _part(part: JsonValue) -> tuple[str, str]:
    if isinstance(part, list) and len(part) == 2:
        name, value = part
        if isinstance(name, str) and isinstance(value, str):
            return name, value
    raise _unexpected("subject", "a list of [name, value]", part)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(found: JsonValue, field: str) -> datetime:
    if isinstance(found, str):
        try:
            at = datetime.fromisoformat(found)
        except ValueError as error:
            raise _unexpected(field, "an ISO time with its zone", found) from error
        if at.tzinfo is not None:
            return at
    raise _unexpected(field, "an ISO time with its zone", found)


def _time_or_none(body: JsonObject, field: str) -> datetime | None:
    if field not in body:
        raise _unexpected(field, "an ISO time or null", "nothing")
    found = body[field]
    return None if found is None else _time(found, field)


def _crossings(found: JsonValue, field: str) -> tuple[tuple[Level, datetime], ...]:
    if not isinstance(found, dict):
        raise _unexpected(field, "an object of level and time", found)
    return tuple((_level(name, field), _time(at, field)) for name, at in found.items())


def _word(found: JsonValue, field: str) -> str:
    if not isinstance(found, str):
        raise _unexpected(field, "text", found)
    return found


def _condition(body: JsonObject) -> Condition:
    found = body.get("condition")
    if not isinstance(found, str) or found not in tuple(Condition):
        raise _unexpected("condition", f"one of {', '.join(Condition)}", found)
    return Condition(found)


def _level(found: JsonValue, field: str) -> Level:
    names = {level.name.lower(): level for level in Level}
    if not isinstance(found, str) or found not in names:
        raise _unexpected(field, f"one of {', '.join(names)}", found)
    return names[found]


def _count(body: JsonObject, field: str) -> int:
    found = body.get(field)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise _unexpected(field, "a count", found)
    return found


def _flag(body: JsonObject, field: str) -> bool:
    found = body.get(field)
    if not isinstance(found, bool):
        raise _unexpected(field, "true or false", found)
    return found


def _unexpected(field: str, expected: str, found: object) -> LedgerError:
    return LedgerError(
        f"alert state, field {field!r}: expected {expected}, found {found!r}; rebuild it from the journal"
    )
