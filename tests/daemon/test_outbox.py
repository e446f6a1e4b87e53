"""Messages leave at least once and in order, whatever the channel does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.daemon.outbox import Delivery, Outbox
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

START = datetime(2026, 3, 4, tzinfo=UTC)


class StillClock:
    """Time that only the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep_until(self, monotonic_seconds: float) -> None:
        raise AssertionError("the outbox never waits")


@dataclass
class FakeChannel:
    """Keeps what it took; fails as scripted."""

    script: list[str] = field(default_factory=list)
    posts: list[tuple[str, str, str]] = field(default_factory=list)  # key, root, edit
    channel: str = "fake"

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        fault = self.script.pop(0) if self.script else ""
        if fault == "down":
            raise NotifierError("connection refused")
        if fault == "slow down":
            raise NotifierError("429", retry_after_seconds=30)
        self.posts.append((message.key, root, edit))
        if fault == "answer lost":
            raise NotifierError("connection reset")
        return edit or f"ts-{len(self.posts)}"

    async def close(self) -> None:
        return None


def a_message(
    key: str, *, thread: str = "", edits_root: bool = False, kind: MessageKind = MessageKind.ALERT
) -> Message:
    return Message(
        key=key,
        kind=kind,
        level=Level.BREACH,
        thread=thread,
        edits_root=edits_root,
        headline=f"about {key}",
    )


class Desk:
    def __init__(self, script: list[str] | None = None) -> None:
        self.clock = StillClock()
        self.channel = FakeChannel(list(script or []))
        self.delivered: list[Delivery] = []
        self.outbox = Outbox(self.channel, self.clock, delivered=self.delivered.append)

    def deliver(self, *, after_seconds: float = 0.0) -> None:
        self.clock.seconds += after_seconds
        asyncio.run(self.outbox.deliver_due())


def test_a_reply_hangs_under_its_root_and_an_edit_replaces_it() -> None:
    desk = Desk()
    desk.outbox.put(a_message("root"))
    desk.outbox.put(a_message("worse", thread="root"))
    desk.outbox.put(a_message("resolved", thread="root", edits_root=True))
    desk.deliver()
    assert desk.channel.posts == [("root", "", ""), ("worse", "ts-1", ""), ("resolved", "", "ts-1")]


def test_a_channel_that_is_down_keeps_the_message_waiting_and_visible() -> None:
    desk = Desk(["down"])
    desk.outbox.put(a_message("root"))
    desk.deliver()
    assert (desk.outbox.waiting, desk.delivered) == (1, [])
    assert "refused" in desk.outbox.last_error
    desk.deliver(after_seconds=2)
    assert [delivery.key for delivery in desk.delivered] == ["root"]


def test_the_rest_that_a_channel_asks_for_is_kept() -> None:
    desk = Desk(["slow down"])
    desk.outbox.put(a_message("root"))
    desk.deliver()
    desk.deliver(after_seconds=29)
    assert desk.channel.posts == []
    desk.deliver(after_seconds=2)
    assert len(desk.channel.posts) == 1


def test_a_lost_answer_posts_again_rather_than_not_at_all() -> None:
    desk = Desk(["answer lost"])
    desk.outbox.put(a_message("root"))
    desk.deliver()
    desk.deliver(after_seconds=5)
    assert [key for key, _, _ in desk.channel.posts] == ["root", "root"]
    assert len(desk.delivered) == 1


def test_edits_that_wait_behind_each_other_are_folded_into_the_last() -> None:
    desk = Desk(["down"])
    desk.outbox.put(a_message("root"))
    for number in range(5):
        desk.outbox.put(a_message(f"edit-{number}", thread="root", edits_root=True))
    desk.deliver()
    desk.deliver(after_seconds=5)
    assert [key for key, _, _ in desk.channel.posts] == ["root", "edit-4"]


def test_after_a_restart_a_reply_still_finds_its_root() -> None:
    desk = Desk()
    desk.outbox.restore([a_message("worse", thread="root")], [("root", "ts-of-yesterday")])
    desk.deliver()
    assert desk.channel.posts == [("worse", "ts-of-yesterday", "")]


def test_a_full_queue_loses_edits_and_never_a_root() -> None:
    clock, channel = StillClock(), FakeChannel()
    outbox = Outbox(channel, clock, delivered=lambda _: None, size_max=3)
    outbox.put(a_message("a"))
    outbox.put(a_message("edit", thread="x", edits_root=True))
    for key in "bcde":
        outbox.put(a_message(key))
    asyncio.run(outbox.deliver_due())
    assert [key for key, _, _ in channel.posts] == ["a", "b", "c", "d", "e"]
    assert outbox.dropped == 1


def a_plan(key: str = "plan", thread: str = "root") -> Message:
    return a_message(key, thread=thread, kind=MessageKind.PLAN)


def an_edit(key: str, of: str = "plan") -> Message:
    return a_message(key, thread=of, edits_root=True, kind=MessageKind.PLAN)


def test_a_reply_that_is_a_plan_is_edited_in_place() -> None:
    desk = Desk()
    for message in (a_message("root"), a_plan(), an_edit("approved")):
        desk.outbox.put(message)
    desk.deliver()
    assert desk.channel.posts == [("root", "", ""), ("plan", "ts-1", ""), ("approved", "", "ts-2")]
    assert desk.outbox.reference_of("plan") == "ts-2"


def test_a_reply_under_a_root_that_nobody_has_is_not_taken_for_the_root() -> None:
    desk = Desk()
    desk.outbox.put(a_plan())
    desk.outbox.put(a_message("resolved", thread="root", edits_root=True))
    desk.deliver()
    assert desk.channel.posts == [("plan", "", ""), ("resolved", "", "")]


def test_a_plan_does_not_wait_behind_the_details_of_a_storm_and_its_alert_goes_before_it() -> None:
    desk = Desk()
    for key in ("storm", *(f"detail-{number}" for number in range(5))):
        desk.outbox.put(a_message(key, thread="" if key == "storm" else "storm"))
    desk.outbox.put(a_message("root", thread="storm"))
    desk.outbox.put(a_plan())
    desk.deliver()
    assert [key for key, _, _ in desk.channel.posts[:4]] == ["storm", "root", "plan", "detail-0"]
    assert [root for _, root, _ in desk.channel.posts[1:3]] == ["ts-1", "ts-2"]


def test_messages_that_stand_under_each_other_in_a_circle_are_delivered_all_the_same() -> None:
    desk = Desk()
    desk.outbox.put(a_plan("one", thread="two"))
    desk.outbox.put(a_plan("two", thread="one"))
    desk.deliver()
    assert sorted(key for key, _, _ in desk.channel.posts) == ["one", "two"]


def test_a_post_that_people_use_takes_the_place_of_the_one_that_we_know() -> None:
    desk = Desk()
    desk.outbox.put(a_plan())
    desk.deliver()
    desk.outbox.adopt("plan", "ts-they-see")
    desk.outbox.put(an_edit("approved"))
    desk.deliver()
    assert desk.channel.posts[-1] == ("approved", "", "ts-they-see")


def test_a_message_whose_post_people_use_is_delivered_and_not_posted_again() -> None:
    desk = Desk(["answer lost"])
    desk.outbox.put(a_plan())
    desk.deliver()
    desk.outbox.adopt("plan", "ts-they-see")
    desk.deliver(after_seconds=5)
    assert len(desk.channel.posts) == 1
    assert desk.delivered == [Delivery(channel="fake", key="plan", thread="root", reference="ts-they-see")]


@settings(max_examples=100, derandomize=True)
@given(script=st.lists(st.sampled_from(["", "down", "slow down", "answer lost"]), max_size=20))
def test_everything_queued_is_delivered_once_the_channel_heals(script: list[str]) -> None:
    desk = Desk(script)
    keys = [f"m{number}" for number in range(6)]
    for key in keys:
        desk.outbox.put(a_message(key))
    for _ in range(30):
        desk.deliver(after_seconds=61)
    assert [delivery.key for delivery in desk.delivered] == keys
    assert desk.outbox.waiting == 0
