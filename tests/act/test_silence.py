"""A silence mutes what people hear, and nothing that is critical or unseen; it ends, and then what still fires is said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.message import Background, alert_messages, root_key
from riskd.act.silence import LASTS_MAX, Silence, is_muted, matches, refusal, silence_reminders
from riskd.act.storm import CALM, calmed
from riskd.model.alert import AlertEvent, AlertKey, AlertState, Condition, EventKind
from riskd.model.message import Message
from riskd.model.subject import account_subject, position_subject
from riskd.model.verdict import Level
from tests.builders import BTC, NOW
from tests.builders_rules import a_rule

KEY = AlertKey(rule="test/leverage", subject=position_subject("main", BTC, "long"))
ROOT = root_key(KEY.rule, str(KEY.subject), 1)
HOUR = timedelta(hours=1)


def a_silence(
    rule: str = "test/*", *, lasts: timedelta = HOUR, reason: str = "exchange test", **subject: str
) -> Silence:
    return Silence(
        id="sil_1",
        rule=rule,
        subject=tuple(subject.items()),
        from_at=NOW,
        until=NOW + lasts,
        by="ada",
        reason=reason,
    )


def an_event(
    kind: EventKind = EventKind.FIRED,
    after: Level = Level.BREACH,
    *,
    before: Level = Level.OK,
    minutes: float = 1,
    version: int = 1,
) -> AlertEvent:
    return AlertEvent(
        key=KEY,
        kind=kind,
        at=NOW + timedelta(minutes=minutes),
        level_before=before,
        level_after=after,
        condition_after=Condition.OK if kind is EventKind.RESOLVED else Condition.FIRING,
        reason="cleared" if kind is EventKind.RESOLVED else "held",
        value=5.5,
        limit=5.0,
        episode=1,
        version=version,
    )


def said(
    *events: AlertEvent, silence: Silence | None = None, told: frozenset[str] = frozenset()
) -> list[Message]:
    background = Background(
        rules={KEY.rule: a_rule()},
        before={KEY: AlertState(opened_at=NOW)},
        unknown={KEY: "marks"},
        silences=(silence or a_silence(),),
        told=told,
    )
    return list(alert_messages(events, background))


def test_a_silenced_alert_is_not_posted() -> None:
    assert said(an_event()) == []
    assert len(said(an_event(), silence=a_silence("other/*"))) == 1


def test_a_silence_is_over_at_its_end() -> None:
    assert is_muted(an_event(minutes=59.9), [a_silence()])
    assert not is_muted(an_event(minutes=60), [a_silence()])
    assert not is_muted(an_event(minutes=-0.1), [a_silence()])


def test_what_is_critical_is_said_whatever_is_silenced() -> None:
    [fired] = said(an_event(after=Level.CRITICAL))
    assert fired.headline.startswith("CRITICAL")
    worse = said(an_event(EventKind.ESCALATED, Level.CRITICAL, before=Level.BREACH, version=2))
    assert [message.edits_root for message in worse] == [True, False]


def test_an_escalation_below_critical_stays_muted() -> None:
    assert said(an_event(EventKind.ESCALATED, Level.BREACH, before=Level.WARN, version=2)) == []


def test_that_something_cannot_be_seen_is_said_whatever_is_silenced() -> None:
    firing = said(an_event(EventKind.UNKNOWN, Level.BREACH, before=Level.BREACH, version=2))
    assert len(firing) == 2
    blind = replace(an_event(EventKind.UNKNOWN, Level.OK), reason="missing_data")
    [message] = said(blind)
    assert message.headline.startswith("BLIND main")


def test_a_post_that_people_have_is_kept_up_to_date_without_a_sound() -> None:
    [edit] = said(
        an_event(EventKind.RESOLVED, Level.OK, before=Level.BREACH, version=2), told=frozenset({ROOT})
    )
    assert (edit.thread, edit.edits_root) == (ROOT, True)
    [edit] = said(an_event(EventKind.ESCALATED, before=Level.WARN, version=2), told=frozenset({ROOT}))
    assert edit.edits_root


def test_the_end_of_an_alert_that_nobody_heard_of_is_not_heard_either() -> None:
    assert said(an_event(EventKind.RESOLVED, Level.OK, before=Level.BREACH, version=2)) == []


def test_a_storm_does_not_name_what_is_silenced() -> None:
    keys = [AlertKey(rule="test/leverage", subject=account_subject(f"a{number}")) for number in range(9)]
    events = [replace(an_event(), key=key) for key in keys]
    heard = said(*events, silence=a_silence(account="a[0-7]"))
    assert len(calmed(CALM, heard, NOW)[1]) == 10
    heard = said(*events, silence=a_silence(account="a?"))
    assert calmed(CALM, heard, NOW)[1] == ()


def test_all_that_a_silence_says_of_a_subject_must_be_so() -> None:
    assert a_silence(account="main", symbol="BTC/*").covers(KEY)
    assert not a_silence(account="main", symbol="ETH/*").covers(KEY)
    assert not a_silence(account="main", grid="*").covers(KEY)
    assert not a_silence(account="mai").covers(KEY)
    assert a_silence(rule="*", side="long").covers(KEY)


@pytest.mark.parametrize(
    ("silence", "words"),
    [
        (a_silence(lasts=LASTS_MAX + timedelta(seconds=1)), "at most 24 hours"),
        (a_silence(lasts=timedelta(0)), "at most 24 hours"),
        (a_silence(reason="  "), "say why"),
        (a_silence(reason="x" * 201), "say why"),
        (a_silence("*"), "mute everything"),
        (a_silence("*", account="**"), "mute everything"),
        (a_silence(""), "1 to 100 characters"),
        (a_silence("x" * 101), "1 to 100 characters"),
        (a_silence(acount="main"), "subjects have no 'acount'"),
    ],
)
def test_a_silence_without_end_reason_or_object_is_refused(silence: Silence, words: str) -> None:
    assert words in refusal(silence)


def test_a_proper_silence_is_taken() -> None:
    assert refusal(a_silence(account="main", lasts=LASTS_MAX)) == ""
    assert refusal(a_silence("*", account="main")) == ""


def reminders(
    silence: Silence, minutes: float, state: AlertState | None = None, said: frozenset[str] = frozenset()
) -> list[Message]:
    states = {} if state is None else {KEY: state}
    return list(silence_reminders([silence], states, now=NOW + timedelta(minutes=minutes), said=said))


def test_the_end_is_told_a_quarter_of_an_hour_before_and_once() -> None:
    assert reminders(a_silence(), 44) == []
    [message] = reminders(a_silence(), 45)
    assert message.headline == "silence sil_1 ends at 13:00 UTC: test/*"
    assert reminders(a_silence(), 46, said=frozenset({message.key})) == []
    assert reminders(a_silence(lasts=timedelta(minutes=10)), 1) == []


def test_what_still_fires_at_the_end_is_told_and_nothing_where_nothing_does() -> None:
    firing = AlertState(condition=Condition.FIRING, level=Level.BREACH, episode=1)
    [message] = reminders(a_silence(), 60, firing)
    assert message.headline.startswith("silence sil_1 has ended, and 1 alert under it still fire")
    assert message.body == (f"BREACH test/leverage on {KEY.subject}",)
    assert reminders(a_silence(), 60, firing, frozenset({message.key})) == []
    assert reminders(a_silence(), 60, AlertState()) == []
    assert reminders(a_silence("other/*"), 60, firing) == []


TEXTS = st.text(alphabet="ab*?/", max_size=10)


@given(TEXTS, TEXTS)
@settings(max_examples=300, derandomize=True, deadline=None)
def test_patterns_mean_what_the_language_means(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    assert matches(pattern, text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_no_name_takes_a_pattern_long() -> None:
    assert not matches("*a" * 40 + "b", "a" * 5000)
