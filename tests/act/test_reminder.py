"""People are told that a waiver ends: two days before, and four hours before, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from riskd.act.message import Background, alert_messages
from riskd.act.reminder import waiver_reminders
from riskd.model.alert import AlertEvent, AlertKey, AlertState, Condition, EventKind
from riskd.model.message import REMINDER, Message
from riskd.model.subject import account_subject
from riskd.model.verdict import Level
from tests.builders_rules import a_rule, a_waiver, at_most

END = datetime(2026, 3, 9, 8, tzinfo=UTC)
WAIVER = a_waiver(at_most(warn=6, breach=7), from_at=END - timedelta(days=7), until_at=END)
KEY = AlertKey(rule="test/leverage", subject=account_subject("main"))


def due(
    before: timedelta, said: tuple[str, ...] = (), state: AlertState | None = None
) -> tuple[Message, ...]:
    states = {} if state is None else {KEY: state}
    return waiver_reminders([WAIVER], states, now=END - before, said=said)


def test_nothing_is_said_until_two_days_before_the_end_nor_after_it() -> None:
    assert due(timedelta(hours=48, seconds=1)) == ()
    assert due(timedelta(0)) == ()
    assert due(-timedelta(hours=1)) == ()


def test_it_is_said_two_days_before_and_again_four_hours_before() -> None:
    (first,) = due(timedelta(hours=48))
    (late,) = due(timedelta(hours=5))
    assert first.key == late.key
    assert due(timedelta(hours=47), said=(first.key,)) == ()
    (second,) = due(timedelta(hours=4), said=(first.key,))
    assert second.key != first.key
    assert due(timedelta(minutes=1), said=(first.key, second.key)) == ()
    assert first.key.startswith(REMINDER)


def test_of_two_reminders_that_were_missed_only_the_last_is_said() -> None:
    (only,) = due(timedelta(hours=3))
    assert only.headline == "waiver W-1 ends in 3h: test/leverage for main"
    assert due(timedelta(hours=2), said=(only.key,)) == ()


def test_a_short_waiver_is_not_told_that_it_ends_in_two_days() -> None:
    short = a_waiver(None, from_at=END - timedelta(hours=24), until_at=END)
    assert waiver_reminders([short], {}, now=END - timedelta(hours=20), said=()) == ()
    assert len(waiver_reminders([short], {}, now=END - timedelta(hours=4), said=())) == 1


def test_a_waiver_that_was_extended_is_reminded_of_anew() -> None:
    (before,) = due(timedelta(hours=48))
    longer = a_waiver(None, from_at=WAIVER.from_at, until_at=END + timedelta(days=2))
    (after,) = waiver_reminders([longer], {}, now=END, said=(before.key,))
    assert after.key != before.key


def test_it_says_who_asked_who_allowed_it_and_whether_it_is_needed() -> None:
    (idle,) = due(timedelta(hours=4))
    assert ("Asked for by", "m.ito") in idle.fields
    assert ("Approved by", "role:cro/a.lind") in idle.fields
    assert ("Ticket", "RISK-311") in idle.fields
    assert ("Ends", "2026-03-09 08:00 UTC") in idle.fields
    assert idle.body[0] == "It is not needed now: the value is within the normal limit."
    crossed = ((Level.WARN, END - timedelta(days=3)), (Level.BREACH, END - timedelta(days=2)))
    (needed,) = due(timedelta(hours=4), state=AlertState(waiver="W-1", normal_crossed_at=crossed))
    assert needed.body[0] == (
        "It is needed now: the value is beyond the normal breach limit, and the alert fires when it ends."
    )


# ---- what alerts say of waivers --------------------------------------------------------------------------------------


def an_event(kind: EventKind, reason: str, level: Level, *, at: datetime) -> AlertEvent:
    return AlertEvent(
        key=KEY,
        kind=kind,
        at=at,
        level_before=Level.BREACH,
        level_after=level,
        condition_after=Condition.OK if level is Level.OK else Condition.FIRING,
        reason=reason,
        value=5.4,
        limit=7.0,
        episode=1,
        version=2,
    )


def said(event: AlertEvent, before: AlertState | None = None) -> Message:
    background = Background(
        rules={KEY.rule: a_rule()}, before={KEY: before or AlertState()}, unknown={}, waivers=[WAIVER]
    )
    (message,) = alert_messages([event], background)
    return message


def test_an_alert_that_is_waived_says_by_what_and_until_when() -> None:
    message = said(an_event(EventKind.RESOLVED, "waived", Level.OK, at=END - timedelta(days=1)))
    assert message.headline == (
        "RESOLVED main: leverage 5.4x is waived, by W-1 (RISK-311) until 2026-03-09 08:00 UTC"
    )


def test_an_alert_beyond_the_temporary_limit_says_whose_limit_it_is() -> None:
    message = said(an_event(EventKind.FIRED, "held", Level.BREACH, at=END - timedelta(days=1)))
    assert message.body[0] == (
        "A waiver holds, by W-1 (RISK-311) until 2026-03-09 08:00 UTC; the limit here is the one that it allows."
    )


def test_an_alert_that_fires_because_a_waiver_ended_says_so() -> None:
    event = an_event(EventKind.FIRED, "waiver_ended", Level.BREACH, at=END)
    message = said(event, AlertState(waiver="W-1"))
    assert message.body[0] == "The waiver W-1 ended; the value has been beyond the normal limit all along."
