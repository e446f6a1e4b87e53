"""Many incidents at once become one post with a table; critical ones and blindness stand alone; the table stays true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.message import root_key
from riskd.act.storm import CALM, LASTS_MAX, STORM_SIZE, WINDOW, Storm, calmed
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level
from tests.builders import NOW

SECOND = timedelta(seconds=1)


def an_alert(number: int, level: Level = Level.WARN, account: str = "") -> Message:
    account = account or f"account-{number:02d}"
    return Message(
        key=root_key(f"core/rule-{number:02d}", f"account={account} symbol=BTC/USDT:USDT", 1),
        kind=MessageKind.ALERT,
        level=level,
        thread="",
        edits_root=False,
        headline=f"{level.name} {account}: rule {number}",
    )


def an_edit(of: Message, level: Level, kind: MessageKind = MessageKind.ALERT) -> Message:
    words = "RESOLVED" if kind is MessageKind.RESOLVED else level.name
    return replace(
        of,
        key=f"{of.key}|2",
        kind=kind,
        level=level,
        thread=of.key,
        edits_root=True,
        headline=f"{words} later",
    )


def alerts(count: int, level: Level = Level.WARN) -> list[Message]:
    return [an_alert(number, level) for number in range(count)]


def test_a_few_incidents_stand_alone() -> None:
    storm, shown = calmed(CALM, alerts(STORM_SIZE), NOW)
    assert shown == tuple(alerts(STORM_SIZE))
    assert storm.root == ""


def test_many_incidents_in_one_cycle_are_one_post_with_the_worst_ten_and_the_rest_in_its_thread() -> None:
    worst = an_alert(99, Level.BREACH)
    storm, (post, *rest) = calmed(CALM, [*alerts(13), worst], NOW)
    assert (
        post.headline == "MARKET STRESS: 14 incidents on 14 accounts; the worst: BREACH account-99: rule 99"
    )
    assert post.table[:2] == (("Level", "Incident"), ("BREACH", "BREACH account-99: rule 99"))
    assert len(post.table) == 11
    assert post.body[0] == "4 more stand in the thread."
    assert {message.thread for message in rest} == {post.key} == {storm.root}


def test_incidents_of_several_cycles_within_a_minute_are_a_storm_and_later_ones_are_not() -> None:
    storm, _ = calmed(CALM, alerts(3), NOW)
    _, late = calmed(storm, [an_alert(number) for number in (3, 4, 5)], NOW + WINDOW + SECOND)
    assert [message.thread for message in late] == [""] * 3
    _, (post, *soon) = calmed(storm, [an_alert(number) for number in (3, 4, 5)], NOW + WINDOW)
    assert post.headline.startswith("MARKET STRESS: 6 incidents")
    assert [message.thread for message in soon] == [post.key] * 3, "those before stay where they are"


def test_what_joins_a_storm_edits_its_post_and_makes_none_of_its_own() -> None:
    storm, (post, *_) = calmed(CALM, alerts(6), NOW)
    _, (detail, edit) = calmed(storm, [an_alert(7, Level.BREACH)], NOW + 10 * SECOND)
    assert detail.thread == post.key
    assert (edit.thread, edit.edits_root) == (post.key, True)
    assert edit.table[1] == ("BREACH", "BREACH account-07: rule 7")
    assert edit.key != post.key


def test_what_is_critical_breaks_out_and_stands_in_the_table_too() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)
    _, (alone, edit) = calmed(storm, [an_alert(7, Level.CRITICAL)], NOW + SECOND)
    assert alone.thread == ""
    assert edit.table[1][0] == "CRITICAL"


def test_blindness_is_never_put_away() -> None:
    blind = replace(an_alert(1), key="blind|missing_data|main", kind=MessageKind.UNKNOWN)
    storm, _ = calmed(CALM, alerts(6), NOW)
    assert blind in calmed(storm, [blind, an_alert(8)], NOW + SECOND)[1]


def test_an_escalation_in_a_storm_is_heard_only_when_it_is_critical() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)

    def kind(level: Level) -> MessageKind:
        reply = replace(
            an_edit(an_alert(2), level), key="reply", edits_root=False, kind=MessageKind.ESCALATION
        )
        return calmed(storm, [reply], NOW + SECOND)[1][0].kind

    assert kind(Level.BREACH) is MessageKind.ALERT
    assert kind(Level.CRITICAL) is MessageKind.ESCALATION


def test_the_table_says_what_is_over_and_counts_it() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)
    over = an_edit(an_alert(0), Level.OK, MessageKind.RESOLVED)
    _, (_, edit) = calmed(storm, [over], NOW + SECOND)
    assert edit.headline.startswith("MARKET STRESS: 6 incidents on 6 accounts, 1 of them over")
    assert edit.table[-1] == ("over", "RESOLVED later")


def test_the_table_is_kept_true_after_nothing_joins_any_more() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)
    later = NOW + 10 * WINDOW
    over = [an_edit(an_alert(number), Level.OK, MessageKind.RESOLVED) for number in range(6)]
    storm, (*_, first) = calmed(storm, over[:3], later)
    assert first.level is Level.WARN
    storm, (*_, last) = calmed(storm, over[3:], later + SECOND)
    assert last.level is Level.OK
    assert calmed(storm, [an_alert(50)], later + 2 * SECOND)[1] == (an_alert(50),), (
        "the next one stands alone"
    )


def test_a_batch_that_changes_nothing_edits_nothing() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)
    assert calmed(storm, [], NOW + SECOND) == (storm, ())


def test_a_storm_that_goes_on_gets_a_new_post_after_a_while() -> None:
    storm, _ = calmed(CALM, alerts(6), NOW)
    first = storm.root
    minutes = int(LASTS_MAX / WINDOW)
    for minute in range(1, minutes + 1):
        storm, _ = calmed(storm, [an_alert(6 * minute + each) for each in range(6)], NOW + minute * WINDOW)
        assert storm.root == first
    more = [an_alert(1000 + each) for each in range(6)]
    storm, (post, *_) = calmed(storm, more, NOW + (minutes + 1) * WINDOW)
    assert post.key == storm.root != first
    assert not post.edits_root


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    batches=st.lists(
        st.tuples(st.integers(0, 120), st.lists(st.sampled_from(Level), max_size=9)), min_size=1, max_size=8
    )
)
def test_whatever_the_weather_every_message_is_said_once_and_only_under_a_post_that_was_made(
    batches: list[tuple[int, list[Level]]],
) -> None:
    storm: Storm = CALM
    at, number, posted = NOW, 0, set[str]()
    for pause, levels in batches:
        at += pause * SECOND
        given_ = [an_alert(number + place, level) for place, level in enumerate(levels)]
        number += len(levels)
        storm, shown = calmed(storm, given_, at)
        keys = [message.key for message in shown]
        assert len(keys) == len(set(keys))
        assert {message.key for message in given_} <= set(keys)
        for message in shown:
            assert message.thread == "" or message.thread in posted
            posted.add(message.key)
            if message.level is Level.CRITICAL and not message.key.startswith("storm|"):
                assert message.thread == ""
