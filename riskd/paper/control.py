"""The control endpoints under ``/paper/``: arm faults, move a manual clock, look inside. For tests and the demo.

Bodies are JSON. A body that cannot be used is answered with 400 and the reason; nothing is done by halves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from riskd.model.report import JsonValue
from riskd.paper import faults
from riskd.paper.faults import Effect, Fault
from riskd.paper.venue import Venue

_EVENTS_SHOWN = 50

_Body = TypeVar("_Body", bound=BaseModel)

_EFFECTS: Mapping[str, type[Any]] = {
    "delay": faults.Delay,
    "reset": faults.Reset,
    "answer": faults.Answer,
    "empty_list": faults.EmptyList,
    "truncated_list": faults.TruncatedList,
    "missing_field": faults.MissingField,
    "nan": faults.NotANumber,
    "replay": faults.Replay,
    "late_booking": faults.LateBooking,
    "clock_skew": faults.ClockSkew,
    "truncated_body": faults.TruncatedBody,
    "cut_body": faults.CutBody,
    "other_client_id": faults.OtherClientId,
    "deleverage": faults.Deleverage,
}
_READY_MADE: Mapping[str, Callable[[], Effect]] = {
    "too_many_requests": faults.too_many_requests,
    "banned": faults.banned,
    "maintenance": faults.maintenance,
    "unknown_outcome": faults.unknown_outcome,
    "html": faults.html_page,
    "empty_body": faults.empty_body,
}
FAULT_KINDS = tuple(sorted({**_EFFECTS, **_READY_MADE}))
"""Every word that ``kind`` may be."""


class ControlError(Exception):
    """A control request that cannot be used: what was expected, what was found."""


class _FaultBody(BaseModel):
    """One fault as JSON: ``kind``, the fields of that kind under ``with``, and whom it befalls."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    details: dict[str, Any] = Field(default_factory=dict, alias="with")
    account: str = "*"
    method: str = "*"
    path: str = "*"
    count: Annotated[int, Field(ge=1)] | None = 1
    after: Annotated[int, Field(ge=0)] = 0
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    from_ms: int = 0
    until_ms: int | None = None


class _FaultsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    faults: list[_FaultBody]


class _AdvanceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    by_ms: Annotated[int, Field(ge=0)] | None = None
    to_ms: Annotated[int, Field(ge=0)] | None = None


def parse_faults(body: str) -> tuple[Fault, ...]:
    """The faults that a ``POST /paper/faults`` body describes.

    Raises:
        ControlError: Not JSON of this form, an unknown kind, or a field that the kind does not have.
    """
    parsed = _validated(_FaultsBody, body)
    return tuple(
        Fault(
            effect=_effect(row),
            account=row.account,
            method=row.method,
            path=row.path,
            count=row.count,
            after=row.after,
            probability=row.probability,
            from_ms=row.from_ms,
            until_ms=row.until_ms,
        )
        for row in parsed.faults
    )


def arm_faults(venue: Venue, body: str) -> JsonValue:
    """Arm the faults of a ``POST /paper/faults`` body, all or none, and list what is armed then.

    Raises:
        ControlError: As ``parse_faults``, and for a deleveraging of an account or contract that the venue does not have.
    """
    wanted = parse_faults(body)
    for fault in wanted:
        if isinstance(fault.effect, faults.Deleverage):
            _check_deleverage(venue, fault.effect)
    venue.faults.add(wanted)
    return faults_row(venue)


def parse_advance(body: str, *, now_ms: int) -> int:
    """The moment that a ``POST /paper/advance`` body asks for.

    Raises:
        ControlError: Neither or both of ``by_ms`` and ``to_ms``, or a moment in the past.
    """
    parsed = _validated(_AdvanceBody, body)
    if (parsed.by_ms is None) == (parsed.to_ms is None):
        raise ControlError('expected one of "by_ms" and "to_ms"; found neither or both')
    target_ms = now_ms + parsed.by_ms if parsed.by_ms is not None else parsed.to_ms or 0
    if target_ms < now_ms:
        raise ControlError(f"expected a moment from {now_ms} on, found {target_ms}: time does not go back")
    return target_ms


def state_row(venue: Venue) -> dict[str, JsonValue]:
    """The inside of the venue for people and tests: accounts, positions, the latest events, armed faults."""
    accounts = sorted({key.account for key in venue.keys})
    return {
        "now_ms": venue.now_ms,
        "step_ms": venue.step_ms,
        "ended": venue.ended,
        "marks": {c.symbol: str(venue.exchange.quote(c.symbol).mark) for c in venue.exchange.contracts},
        "accounts": {name: _account_row(venue, name) for name in accounts},
        "events": [_event_row(event) for event in list(venue.events)[-_EVENTS_SHOWN:]],
        "faults": faults_row(venue),
    }


def faults_row(venue: Venue) -> JsonValue:
    """Armed faults in order, each with how often it has struck."""
    return [
        {"fault": repr(fault.effect), "path": fault.path, "struck": struck}
        for fault, struck in venue.faults.armed()
    ]


def _check_deleverage(venue: Venue, effect: faults.Deleverage) -> None:
    accounts, symbols = venue.exchange.accounts, [c.symbol for c in venue.exchange.contracts]
    if effect.account not in accounts:
        raise ControlError(f'expected one of the accounts {", ".join(accounts)}; found "{effect.account}"')
    if effect.symbol not in symbols:
        raise ControlError(f'expected one of the symbols {", ".join(symbols)}; found "{effect.symbol}"')
    if effect.quantity <= 0:
        raise ControlError(f"expected a quantity above 0; found {effect.quantity}")


def _account_row(venue: Venue, name: str) -> JsonValue:
    return {
        "account": _plain(venue.exchange.account(name)),
        "positions": [_plain(position) for position in venue.exchange.positions(name)],
        "open_orders": len(venue.exchange.open_orders(name)) + len(venue.exchange.open_algo_orders(name)),
        "spot": {asset: str(quantity) for asset, quantity in venue.exchange.spot_balances(name).items()},
    }


def _event_row(event: object) -> JsonValue:
    row = _plain(event)
    return {"event": type(event).__name__, **row} if isinstance(row, dict) else row


def _plain(value: object) -> JsonValue:
    """A value of the engine as JSON: fields by name, exact numbers and enumerations as text."""
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _effect(row: _FaultBody) -> Effect:
    if row.kind in _READY_MADE and not row.details:
        return _READY_MADE[row.kind]()
    kind = _EFFECTS.get(row.kind)
    if kind is None:
        raise ControlError(f'expected "kind" to be one of {", ".join(FAULT_KINDS)}; found "{row.kind}"')
    unknown = set(row.details) - {field.name for field in dataclasses.fields(kind)}
    if unknown:
        raise ControlError(f'fault "{row.kind}" has no field {", ".join(sorted(unknown))}')
    try:
        effect: Effect = TypeAdapter(kind).validate_python(row.details)
    except ValidationError as error:
        raise ControlError(_said(error)) from None
    return effect


def _validated(model: type[_Body], body: str) -> _Body:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise ControlError(_said(error)) from None


def _said(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'body'}: {e['msg']}" for e in error.errors()
    )
