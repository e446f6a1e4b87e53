"""Names of episodes are short, stable, and mean one thing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from riskd.act.acknowledge import LASTS, Acknowledgement, refusal
from riskd.act.incident import incident_id, meant
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.subject import Grain, Subject, account_subject
from riskd.model.verdict import Level
from tests.builders import NOW

KEY = AlertKey(rule="core/liq-shock", subject=account_subject("main"))
FIRING = AlertState(condition=Condition.FIRING, level=Level.BREACH, episode=1, version=3)


def test_a_name_is_the_same_everywhere_and_for_ever() -> None:
    assert incident_id(KEY, 1) == "inc_7H787E5A"


def test_every_episode_rule_and_subject_has_its_own() -> None:
    others = [
        incident_id(KEY, 2),
        incident_id(replace(KEY, rule="core/liq"), 1),
        incident_id(replace(KEY, subject=account_subject("main2")), 1),
        incident_id(replace(KEY, subject=Subject(Grain.PORTFOLIO, KEY.subject.parts)), 1),
    ]
    assert len({incident_id(KEY, 1), *others}) == 5
    assert all(re.fullmatch("inc_[0-9A-HJKMNP-TV-Z]{8}", name) for name in others)


def test_hostile_names_of_subjects_make_plain_ones() -> None:
    hostile = AlertKey(rule="core/liq", subject=account_subject("<!channel>\u202e\n|"))
    assert re.fullmatch("inc_[0-9A-Z]{8}", incident_id(hostile, 1))


@pytest.mark.parametrize("typed", ["inc_7K2QABCD", "7K2QABCD", "7k2q", " INC_7k2qa ", "7K2QABC"])
def test_a_name_may_be_shortened_and_written_in_any_case(typed: str) -> None:
    assert meant(typed, {"inc_7K2QABCD": 1, "inc_8K2QABCD": 2}) == (1,)


def test_letters_that_are_read_as_digits_are_digits() -> None:
    assert meant("lo11", {"inc_1011ABCD": 1}) == (1,)


@pytest.mark.parametrize(
    ("typed", "found"), [("7K2", ()), ("", ()), ("inc_", ()), ("ZZZZ", ()), ("7K2Q", (1, 2))]
)
def test_too_little_and_too_much_are_told_apart(typed: str, found: tuple[int, ...]) -> None:
    assert meant(typed, {"inc_7K2QABCD": 1, "inc_7K2QXBCD": 2}) == found


def test_an_acknowledgement_ends_by_itself_and_when_the_alert_gets_worse() -> None:
    ack = Acknowledgement(incident="inc_1", level=Level.BREACH, by="ada", at=NOW, until=NOW + LASTS, note="")
    assert ack.holds(FIRING, NOW)
    assert ack.holds(replace(FIRING, level=Level.WARN), NOW)
    assert not ack.holds(replace(FIRING, level=Level.CRITICAL), NOW)
    assert not ack.holds(FIRING, NOW + LASTS)


def test_an_acknowledgement_of_what_has_changed_is_refused() -> None:
    assert refusal(FIRING, version=3, lasts=LASTS) == ""
    assert refusal(FIRING, version=None, lasts=LASTS) == ""
    assert "it has changed since you saw it: it is at breach now" in refusal(FIRING, version=2, lasts=LASTS)
    assert refusal(AlertState(version=3), version=3, lasts=LASTS) == "it does not fire any more"
    for lasts in (timedelta(0), timedelta(hours=25)):
        assert "at most 24 hours" in refusal(FIRING, version=3, lasts=lasts)
