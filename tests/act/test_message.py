"""What people read about alerts: the fact in the first line, one post an episode, silence about the healthy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from riskd.act.message import Background, alert_messages
from riskd.model.alert import AlertEvent, AlertKey, AlertState, EventKind
from riskd.model.message import Message, MessageKind
from riskd.model.subject import Grain, Subject, account_subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Action, ActionKind, MissingThen, Rule
from tests.builders_rules import a_rule, at_least, at_most, deleverage, within
from tests.judge.alert_stories import at, run

RULE = a_rule(
    hold={"breach": 0, "critical": 0},
    clear_margin=0.05,
    clear_for=60,
    actions={"breach": (), "critical": (deleverage(4.0),)},
)


def told(
    rule: Rule,
    values: Sequence[float | None],
    *,
    subject: Subject | None = None,
    missing: str = "",
    removed: bool = False,
) -> list[list[Message]]:
    """The messages of each step of one alert."""
    key = AlertKey(rule=rule.id, subject=subject or account_subject("main"))
    state, story = AlertState(), []
    for number, value in enumerate(values):
        states, transitions = run(rule, [value], state=state, first_at=30.0 * number)
        background = Background(
            rules={} if removed else {rule.id: rule}, before={key: state}, unknown={key: missing}
        )
        story.append(list(alert_messages([t.event(key) for t in transitions], background)))
        state = states[-1]
    return story


def test_a_firing_alert_is_one_root_post_that_stands_alone() -> None:
    ((message,),) = told(RULE, [5.62])
    assert message.headline == "BREACH main: leverage 5.62x is above 5x"
    assert (message.kind, message.level, message.thread, message.edits_root) == (
        MessageKind.ALERT,
        Level.BREACH,
        "",
        False,
    )
    assert ("Rule", "Account leverage cap (test/leverage)") in message.fields


def test_a_pending_crossing_says_nothing() -> None:
    assert told(a_rule(at_most(breach=5), hold=300), [5.5, 5.5, 3.0]) == [[], [], []]


def test_an_escalation_edits_the_root_and_replies_once() -> None:
    (fired,), (edit, reply) = told(RULE, [5.5, 6.5])
    assert (edit.thread, edit.edits_root) == (fired.key, True)
    assert (reply.thread, reply.edits_root, reply.kind) == (fired.key, False, MessageKind.ESCALATION)
    assert reply.headline == "CRITICAL main: leverage 6.5x is above 6x"
    assert len({fired.key, edit.key, reply.key}) == 3


def test_the_policys_actions_are_told_as_asked_for_not_as_done() -> None:
    ((message,),) = told(RULE, [6.5])
    assert "The policy asks at this level: deleverage to 4x." in message.body


def test_every_action_is_told_in_one_line_and_none_is_left_to_whoever_reads_it() -> None:
    asked = tuple(Action(kind=kind) for kind in ActionKind if kind is not ActionKind.DELEVERAGE)
    rule = replace(RULE, actions=((Level.CRITICAL, asked),))
    ((message,),) = told(rule, [6.5])
    assert message.body[-1] == (
        "The policy asks at this level: block new risk, cancel orders, place stop, close."
    )
    assert "must" not in " ".join(message.body)


def test_clearing_relapse_and_deescalation_only_edit_the_root() -> None:
    story = told(RULE, [6.5, 5.2, 6.5, 5.2, 5.2, 5.2])
    for messages in story[1:]:
        assert all(message.edits_root for message in messages)
    assert story[1][0].headline == "CRITICAL main: leverage 5.2x is back inside 6x, not yet for long"
    assert story[-1][0].headline == "BREACH main: leverage 5.2x, down from CRITICAL"


def test_a_relapse_inside_the_limit_names_the_margin_and_not_a_crossing() -> None:
    *_, (relapsed,) = told(RULE, [5.5, 4.6, 4.9])
    assert relapsed.headline == (
        "BREACH main: leverage 4.9x is inside 5x, but not by the 5% that would end the alert"
    )
    *_, (crossed,) = told(RULE, [5.5, 4.6, 5.1])
    assert crossed.headline == "BREACH main: leverage 5.1x is above 5x"


def test_a_relapse_reads_right_for_a_minimum_and_for_both_edges_of_a_band() -> None:
    least = a_rule(at_least(critical=6.0), clear_margin=0.05, clear_for=60)
    *_, (floor,) = told(least, [5.0, 6.5, 6.1])
    assert "6.1x is inside 6x, but not by the 5%" in floor.headline
    band = a_rule(within(breach=(0.9, 1.1)), clear_margin=0.05, clear_for=60)
    for values in ([0.8, 1.0, 0.902], [1.2, 1.0, 1.098]):
        *_, (inside,) = told(band, values)
        assert "is inside" in inside.headline
        *_, (outside,) = told(band, [*values[:2], values[0]])
        assert "is outside" in outside.headline


def test_a_resolution_edits_the_root_and_says_how_long_it_lasted() -> None:
    *_, (message,) = told(RULE, [5.5, 3.0, 3.0, 3.0])
    assert (message.kind, message.level, message.edits_root) == (MessageKind.RESOLVED, Level.OK, True)
    assert message.headline == "RESOLVED main: leverage 3x is back inside 5x"
    assert ("Lasted", "1m30s") in message.fields


def test_missing_data_while_firing_is_said_in_the_thread_and_shows_no_number() -> None:
    story = told(RULE, [5.5, None, None, None, None, None], missing="positions of main: timeout")
    edit, reply = story[-1]
    assert edit.headline == "UNKNOWN main: leverage cannot be measured; the BREACH stands"
    assert (reply.kind, reply.edits_root) == (MessageKind.UNKNOWN, False)
    assert "Missing: positions of main: timeout. The last level is kept until the data is back." in edit.body


def test_missing_data_that_counts_as_a_breach_says_so() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH)
    ((message,),) = told(rule, [None])
    assert message.headline == (
        "BREACH main: leverage cannot be measured, which this rule counts as a breach"
    )


def test_data_that_returns_with_a_higher_level_leaves_the_last_word_on_the_root() -> None:
    rule = replace(RULE, missing_hold_seconds=0.0)
    story = told(rule, [5.5, None, 6.5])
    edits = [message for message in story[-1] if message.edits_root]
    assert [message.headline for message in edits] == ["CRITICAL main: leverage 6.5x is above 6x"]


def test_blindness_is_told_once_an_account_with_its_cause() -> None:
    rules = [a_rule(missing_hold=0, id=f"test/rule-{number}") for number in range(14)]
    events: list[AlertEvent] = []
    unknown = {}
    for rule in rules:
        key = AlertKey(rule=rule.id, subject=account_subject("main"))
        unknown[key] = "positions of main: timeout"
        events += [t.event(key) for t in run(rule, [None])[1]]
    background = Background(rules={rule.id: rule for rule in rules}, before={}, unknown=unknown)
    (message,) = alert_messages(events, background)
    assert message.headline == (
        "BLIND main: 14 checks cannot be made; nothing is believed to be fine until they can"
    )
    assert message.kind is MessageKind.UNKNOWN
    assert message.body[0] == "Missing: positions of main: timeout"
    assert message.body[-1] == "… and 4 more"


def test_data_that_returns_to_a_healthy_subject_ends_the_blindness() -> None:
    story = told(replace(RULE, missing_hold_seconds=0.0), [None, 3.0])
    assert story[-1][0].headline == "SEEN AGAIN main: 1 check can be made again"


def test_infinity_is_a_word_and_a_removed_rule_still_has_a_name() -> None:
    assert told(RULE, [float("inf")])[0][0].headline == ("CRITICAL main: leverage infinite is above 6x")
    assert told(RULE, [6.5], removed=True)[0][0].headline == ("CRITICAL main: test/leverage 6.5 is beyond 6")


def test_a_minimum_reads_below_and_a_band_outside() -> None:
    position = position_subject("main", "BTC/USDT:USDT", "long")
    low = a_rule(at_least(critical=6.0), measure="liquidation_distance")
    assert told(low, [5.0], subject=position)[0][0].headline == (
        "CRITICAL main BTC/USDT:USDT long: liquidation distance 5x is below 6x"
    )
    band = a_rule(within(breach=(0.95, 1.05)), measure="hedge_ratio")
    portfolio = Subject(Grain.PORTFOLIO, ())
    assert told(band, [0.94], subject=portfolio)[0][0].headline == (
        "BREACH the portfolio: hedge ratio 0.94x is outside 0.95x"
    )


def a_storm(count: int, critical: int) -> tuple[Message, ...]:
    events, rules = [], {}
    for number in range(count):
        rule = a_rule(id=f"test/rule-{number:02d}")
        rules[rule.id] = rule
        key = AlertKey(rule=rule.id, subject=account_subject(f"account-{number:02d}"))
        value = 4.5 if number < count - critical else 6.5
        events += [t.event(key) for t in run(rule, [value])[1]]
    return alert_messages(events, Background(rules=rules, before={}, unknown={}))


def test_a_few_new_alerts_stand_alone_worst_first() -> None:
    messages = a_storm(5, critical=1)
    assert [message.level for message in messages] == [Level.CRITICAL] + [Level.WARN] * 4
    assert all(message.thread == "" for message in messages)


def test_keys_differ_between_episodes_and_versions() -> None:
    story = told(a_rule(), [5.5, 3.0, 5.5, 3.0, None, 5.5, 7.0])
    keys = [message.key for messages in story for message in messages]
    assert len(keys) == len(set(keys))


def test_a_removed_rule_resolves_without_claiming_that_the_condition_ended() -> None:
    event = AlertEvent(
        key=AlertKey(rule=RULE.id, subject=account_subject("main")),
        kind=EventKind.RESOLVED,
        at=at(60),
        level_before=Level.BREACH,
        level_after=Level.OK,
        condition_after=AlertState().condition,
        reason="rule_removed",
        value=None,
        limit=None,
        episode=1,
        version=2,
    )
    before = AlertState(level=Level.BREACH, opened_at=at(60) - timedelta(hours=2), episode=1)
    background = Background(rules={}, before={event.key: before}, unknown={})
    (message,) = alert_messages([event], background)
    assert "was not seen to end" in message.headline
    assert ("Lasted", "2h") in message.fields
