"""States and keys survive JSON, and what is not a state is refused with its field."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from riskd.errors import LedgerError
from riskd.judge.state_text import key_from_json, key_to_json, state_from_json, state_to_json
from riskd.model.alert import AlertKey, AlertState
from riskd.model.subject import Grain, Subject, position_subject
from riskd.model.verdict import Level
from tests.builders_rules import a_rule
from tests.judge.alert_stories import run


def test_a_firing_state_survives_json_to_the_microsecond() -> None:
    states, _ = run(a_rule(clear_for=60), [6.5, 4.5, None], every=30.000001)
    text = json.dumps(state_to_json(states[-1]))
    assert state_from_json(json.loads(text)) == states[-1]


def test_a_key_survives_json_with_its_parts_in_order() -> None:
    for subject in (position_subject("main", "BTC/USDT:USDT", "long"), Subject(Grain.PORTFOLIO, ())):
        key = AlertKey(rule="baseline/leverage", subject=subject)
        assert key_from_json(json.loads(json.dumps(key_to_json(key)))) == key


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("condition", "asleep"),
        ("level", 3),
        ("crossed_at", []),
        ("crossed_at", {"warn": "yesterday"}),
        ("crossed_at", {"warn": "2026-03-04T12:00:00"}),
        ("opened_at", 17),
        ("unknown", "yes"),
        ("episode", -1),
        ("version", True),
    ],
)
def test_what_is_no_state_is_refused_by_the_name_of_its_field(field: str, found: object) -> None:
    body = json.loads(json.dumps({**state_to_json(AlertState()), field: found}))
    with pytest.raises(LedgerError, match=field):
        state_from_json(body)


def test_a_state_without_one_of_its_fields_is_refused() -> None:
    for field in set(state_to_json(AlertState())) - {"waiver", "normal_crossed_at"}:
        body = state_to_json(AlertState())
        del body[field]
        with pytest.raises(LedgerError, match=field):
            state_from_json(body)


def test_a_state_that_was_written_before_there_were_waivers_is_under_none() -> None:
    waived = AlertState(waiver="W-1", normal_crossed_at=((Level.BREACH, datetime(2026, 3, 4, tzinfo=UTC)),))
    body = json.loads(json.dumps(state_to_json(waived)))
    assert state_from_json(body) == waived
    del body["waiver"], body["normal_crossed_at"]
    assert state_from_json(body) == AlertState()


@pytest.mark.parametrize(
    ("field", "found"), [("rule", None), ("grain", "planet"), ("subject", {}), ("subject", [["account"]])]
)
def test_what_is_no_key_is_refused(field: str, found: object) -> None:
    body = key_to_json(AlertKey(rule="r", subject=Subject(Grain.ACCOUNT, (("account", "main"),))))
    with pytest.raises(LedgerError, match=field):
        key_from_json(json.loads(json.dumps({**body, field: found})))
