"""A storm of incidents is one post on every channel, durable as everything else that is said, also after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from riskd.daemon.memory import Memory
from riskd.daemon.post import Post
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind
from tests.act.test_storm import alerts, an_alert, an_edit
from tests.builders import NOW
from tests.fakes.clock import ManualClock
from tests.fakes.journal import MemoryJournal


@dataclass
class Room:
    """A channel that keeps what it took, or is away."""

    is_away: bool = False
    posts: list[tuple[Message, str, str]] = field(default_factory=list)
    channel: str = "room"

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        if self.is_away:
            raise NotifierError("away")
        self.posts.append((message, root, edit))
        return edit or f"ts-{len(self.posts)}"

    async def close(self) -> None:
        return None

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        return [(message.key, root, edit) for message, root, edit in self.posts]


@dataclass
class Desk:
    room: Room = field(default_factory=Room)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.journal, channels=["room"], now=NOW)
        self.post = Post([self.room], self.memory, self.clock)

    def says(self, *messages: Message) -> None:
        """One cycle's messages: durable, then queued, then delivered."""
        for message in messages:
            self.memory.say(message, self.clock.now())
        self.post.queue(messages)

        async def deliver() -> None:
            self.post.deliver()
            await self.post.close(patience_seconds=1)

        asyncio.run(deliver())

    def restarted(self) -> Desk:
        return Desk(self.room, MemoryJournal(self.journal.lines), self.clock)


def test_a_storm_is_one_post_and_its_details_stand_in_the_thread() -> None:
    desk = Desk()
    desk.says(*alerts(8))
    root, *details = desk.room.shown
    assert root == (f"storm|{an_alert(0).key}", "", "")
    assert details == [(alert.key, "ts-1", "") for alert in alerts(8)]


def test_what_becomes_of_an_incident_edits_its_own_detail_and_the_table() -> None:
    desk = Desk()
    desk.says(*alerts(8))
    desk.clock.advance(10)
    desk.says(an_edit(an_alert(3), an_alert(3).level))
    detail, table = desk.room.shown[-2:]
    assert detail[2] == "ts-5", "the fourth detail, and not the post of the storm"
    assert table[2] == "ts-1"


def test_a_storm_survives_a_restart_whether_or_not_it_was_posted() -> None:
    desk = Desk(Room(is_away=True))
    desk.says(*alerts(8))
    again = desk.restarted()
    again.room.is_away = False
    again.says()
    keys = [key for key, _, _ in again.room.shown]
    assert keys[0] == f"storm|{an_alert(0).key}"
    assert sorted(keys[1:]) == sorted(alert.key for alert in alerts(8))
    third = again.restarted()
    third.says(an_edit(an_alert(3), an_alert(3).level))
    assert third.room.shown[-1][2] != "", "its details are found again"


def test_a_storm_that_is_said_is_in_the_journal() -> None:
    desk = Desk()
    desk.says(*alerts(8))
    said = [entry.body["key"] for entry in desk.journal.entries() if entry.kind == "message"]
    assert f"storm|{an_alert(0).key}" in said


def test_the_edits_of_a_storm_that_goes_on_after_a_restart_are_new_words() -> None:
    """Two messages with one key would be one message: people would never be shown the second."""
    desk = Desk(Room(is_away=True))
    desk.says(*alerts(8))
    desk.clock.advance(1)
    desk.says(an_edit(an_alert(3), an_alert(3).level))
    desk.clock.advance(1)
    again = desk.restarted()
    again.says(an_edit(an_alert(4), an_alert(4).level))
    edits = [
        entry.body["key"]
        for entry in again.journal.entries()
        if entry.kind == "message"
        and entry.body["edits_root"]
        and str(entry.body["key"]).startswith("storm|")
    ]
    assert len(edits) == 2
    assert len(set(edits)) == 2


def test_what_becomes_of_a_plan_is_delivered_at_once_and_everything_else_with_the_next_cycle() -> None:
    desk = Desk()
    plan = replace(an_alert(1), key="plan|1", kind=MessageKind.PLAN)

    async def story() -> None:
        desk.post.say(an_alert(2))
        assert desk.room.posts == []
        desk.post.say(plan)
        await desk.post.close(patience_seconds=1)

    asyncio.run(story())
    assert [key for key, _, _ in desk.room.shown] == ["plan|1", an_alert(2).key]


def test_before_the_daemon_runs_a_plan_waits_like_everything_else() -> None:
    desk = Desk()
    desk.post.say(replace(an_alert(1), key="plan|1", kind=MessageKind.PLAN))
    assert desk.post.waiting == 1
