"""Control bodies: read whole or refused whole, with what was expected and found."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.control import ControlError, arm_faults, parse_advance, parse_faults, state_row
from riskd.paper.faults import (
    Answer,
    Delay,
    Deleverage,
    Fault,
    LateBooking,
    Moment,
    Reset,
    maintenance,
    unknown_outcome,
)
from tests.support_paper import START_MS, ask, key_of, paper_venue


def parsed(*rows: dict[str, Any]) -> tuple[Fault, ...]:
    return parse_faults(json.dumps({"faults": rows}))


def test_a_fault_is_read_with_its_fields_and_whom_it_befalls() -> None:
    row = {
        "kind": "delay",
        "with": {"delay_ms": 5000},
        "account": "alpha",
        "path": "/fapi/*",
        "count": None,
        "after": 2,
    }
    assert parsed(row) == (
        Fault(effect=Delay(delay_ms=5000), account="alpha", path="/fapi/*", count=None, after=2),
    )


def test_words_and_exact_numbers_are_read_as_what_they_mean() -> None:
    faults = parsed(
        {"kind": "reset", "with": {"moment": "after"}},
        {"kind": "deleverage", "with": {"account": "alpha", "symbol": "BTCUSDT", "quantity": "0.10"}},
        {"kind": "late_booking", "with": {"delay_ms": 1, "answer": {"status": 504}}},
    )
    assert [fault.effect for fault in faults] == [
        Reset(moment=Moment.AFTER),
        Deleverage(account="alpha", symbol="BTCUSDT", quantity=Decimal("0.10")),
        LateBooking(delay_ms=1, answer=Answer(status=504)),
    ]


def test_common_answers_have_names() -> None:
    assert [fault.effect for fault in parsed({"kind": "maintenance"}, {"kind": "unknown_outcome"})] == [
        maintenance(),
        unknown_outcome(),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "body: "),
        ("[]", "body: "),
        ('{"faults": [{"kind": "flood"}]}', 'expected "kind" to be one of'),
        ('{"faults": [{"kind": "delay"}]}', "delay_ms: "),
        ('{"faults": [{"kind": "delay", "with": {"delay_ms": "soon"}}]}', "delay_ms: "),
        ('{"faults": [{"kind": "delay", "with": {"delay_ms": 1, "seconds": 2}}]}', "has no field seconds"),
        ('{"faults": [{"kind": "html", "with": {"status": 1}}]}', 'expected "kind" to be one of'),
        ('{"faults": [{"kind": "empty_list", "probability": 0}]}', "faults.0.probability: "),
        ('{"faults": [{"kind": "empty_list", "count": 0}]}', "faults.0.count"),
        ('{"faults": [{"kind": "empty_list", "when": 1}]}', "faults.0.when: "),
    ],
)
def test_a_fault_that_cannot_be_read_is_refused_with_the_reason(body: str, said: str) -> None:
    with pytest.raises(ControlError) as refused:
        parse_faults(body)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account": "ghost"}, 'expected one of the accounts alpha; found "ghost"'),
        ({"symbol": "DOGEUSDT"}, 'expected one of the symbols BTCUSDT, ETHUSDT; found "DOGEUSDT"'),
        ({"quantity": "-1"}, "expected a quantity above 0; found -1"),
    ],
)
def test_a_deleveraging_of_nothing_is_refused_and_nothing_is_armed(
    changed: dict[str, Any], said: str
) -> None:
    venue = paper_venue()
    named = {"account": "alpha", "symbol": "BTCUSDT", "quantity": "1", **changed}
    body = {"faults": [{"kind": "html"}, {"kind": "deleverage", "with": named}]}
    with pytest.raises(ControlError, match=re.escape(said)):
        arm_faults(venue, json.dumps(body))
    assert venue.faults.armed() == ()


def test_time_is_moved_by_a_span_or_to_a_moment() -> None:
    assert parse_advance('{"by_ms": 5}', now_ms=100) == 105
    assert parse_advance('{"to_ms": 200}', now_ms=100) == 200


@pytest.mark.parametrize(
    "body", ["{}", '{"by_ms": 1, "to_ms": 200}', '{"by_ms": -1}', '{"to_ms": 99}', "soon"]
)
def test_a_move_of_time_that_makes_no_sense_is_refused(body: str) -> None:
    with pytest.raises(ControlError):
        parse_advance(body, now_ms=100)


def test_the_state_shows_accounts_positions_events_and_faults_as_json() -> None:
    venue = paper_venue(faults=[Fault(effect=Delay(delay_ms=1), path="/never")])
    order: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    ask(venue, "POST", "/fapi/v1/order", key=key_of("alpha"), **order)
    venue.advance_to(START_MS + 1_000)
    state: Any = json.loads(json.dumps(state_row(venue)))
    assert state["now_ms"] == START_MS + 1_000
    assert state["marks"]["BTCUSDT"] == "60000"
    assert state["accounts"]["alpha"]["positions"][0]["quantity"] == "0.5"
    assert state["events"][0]["event"] == "Filled"
    assert state["events"][0]["trade"]["side"] == "BUY"
    assert state["faults"] == [{"fault": "Delay(delay_ms=1)", "path": "/never", "struck": 0}]
    assert "secret" not in json.dumps(state)
