"""A daemon's decisions and its outbox over a journal in memory, with a local Slack on one side and a console on the other."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from riskd.act.decision import Actor, Ask, Role, Ruling, Verb
from riskd.act.message_plan import plan_key, waiting_message
from riskd.act.waiting import Terms, Waiting
from riskd.adapters.console import ConsoleNotifier
from riskd.adapters.credentials import Secret
from riskd.adapters.slack import SlackNotifier
from riskd.adapters.slack_api import SlackApi
from riskd.adapters.slack_socket import SlackSocket
from riskd.adapters.slack_text import Buttons
from riskd.daemon.decisions import Decided, Decisions
from riskd.daemon.memory import Memory
from riskd.daemon.people import People
from riskd.daemon.post import Post
from riskd.daemon.settings_people import PersonSettings
from riskd.daemon.slack_room import Desk, SlackRoom
from riskd.model.journal import EntryKind
from riskd.model.message import Message, MessageKind
from riskd.model.order import Plan
from riskd.model.verdict import Level
from riskd.record.plan_text import plan_body
from tests.act.waiting_plans import terms
from tests.builders import NOW
from tests.fakes.clock import ManualClock
from tests.fakes.journal import MemoryJournal
from tests.fakes.slack_server import Post as Shown
from tests.fakes.slack_server import SlackServer, slack_server
from tests.record.builder import a_plan

ADA, BEN, EVA, STRANGER = "U0ADA", "U0BEN", "U0EVA", "U0WHO"
PEOPLE = (
    PersonSettings(name="Ada", unix="ada", slack=ADA, roles=(Role.OPERATOR, Role.APPROVER)),
    PersonSettings(name="Ben", slack=BEN, roles=(Role.APPROVER,)),
    PersonSettings(name="Eva", slack=EVA, roles=(Role.VIEWER,)),
)
_PATIENCE_SECONDS = 5.0


@dataclass(slots=True)
class SlackDesk:
    """One life of a daemon. ``restarted`` is the same disk after a kill, before the same Slack."""

    server: SlackServer
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    console: io.StringIO = field(default_factory=io.StringIO)
    asked: list[Ask] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    memory: Memory = field(init=False)
    post: Post = field(init=False)
    decisions: Decisions = field(init=False)
    room: SlackRoom = field(init=False)
    socket: SlackSocket = field(init=False)

    def __post_init__(self) -> None:
        voice = SlackNotifier(
            token=Secret(self.server.token),
            room="#risk",
            base_url=self.server.url,
            timeout_seconds=2,
            buttons=Buttons.OFFERED,
        )
        self.memory = Memory(self.journal, channels=["slack", "console"], now=self.clock.now())
        self.post = Post([voice, ConsoleNotifier(self.console)], self.memory, self.clock)
        self.decisions = Decisions(self.memory, tell=self._tell)
        people = People(PEOPLE, uid_of={"ada": 1000}.get, own_uid=990)
        desk = Desk(
            person=people.of_slack,
            decide=self._decide,
            standing=lambda plan: self.decisions.of(plan, self.clock.now()),
            command=self._command,
            approvers=people.approvers,
        )
        self.room = SlackRoom(voice=voice, desk=desk, post=self.post, clock=self.clock)
        app = SlackApi(Secret(self.server.sockets.app_token), base_url=self.server.url)
        self.socket = SlackSocket(api=app, clock=self.clock, hear=self.room.hear)

    async def begin(self) -> SlackDesk:
        """Listen to Slack."""
        before = len(self.server.sockets.lines)
        self.socket.start()
        await self.server.sockets.listening(before + 2)
        return self

    async def end(self) -> None:
        """Let go of everything, as a kill does."""
        await self.socket.close()
        await self.room.close(patience_seconds=0)
        await self.post.abandon()

    async def restarted(self) -> SlackDesk:
        """A daemon that starts on the same disk."""
        await self.end()
        return await SlackDesk(
            self.server, self.clock, MemoryJournal(self.journal.lines), self.console
        ).begin()

    async def shows(self, on: Terms = terms(), plan: Plan | None = None) -> Shown:  # noqa: B008 - frozen
        """A plan is recorded, waits, and is posted under its alert."""
        plan = plan or a_plan()
        assert self.memory.note(EntryKind.PLAN, plan_body(plan), self.clock.now())
        assert self.decisions.ask(plan, on, self.clock.now())
        self.post.say(self.alert(plan))
        self.post.say(waiting_message(self.standing(plan.id)))
        await self.settled()
        return self.post_of(plan.id)

    def alert(self, plan: Plan) -> Message:
        """The alert that asked for a plan."""
        return Message(
            key=waiting_message(self.standing(plan.id)).thread,
            kind=MessageKind.ALERT,
            level=Level.CRITICAL,
            thread="",
            edits_root=False,
            headline="CRITICAL main: leverage",
        )

    def standing(self, plan_id: str = "plan-1") -> Waiting:
        found = self.decisions.of(plan_id, self.clock.now())
        assert found is not None
        return found

    def post_of(self, plan_id: str = "plan-1") -> Shown:
        """The post of a plan, as the outbox knows it."""
        channel, timestamp, _ = self.post.reference_of("slack", plan_key(plan_id)).split(":")
        return next(each for each in self.server.posts if (each.channel, each.ts) == (channel, timestamp))

    async def settled(self, *, whispers: int = 0) -> None:
        """Wait until nothing more is to be posted, and so many people were told something alone."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            self.post.deliver()
            while self.post.waiting or len(self.server.whispers) < whispers:
                await _breath()

    def types(self, verb: Verb, who: str = "Ada") -> Ruling:
        """Somebody decides from a shell."""
        actor = Actor(name=who, roles=frozenset({Role.APPROVER.value}), via="socket uid 1000")
        return self.decisions.decide(
            Ask(plan_id="plan-1", digest="", verb=verb, actor=actor, at=self.clock.now())
        )

    def _decide(self, ask: Ask) -> Ruling:
        self.asked.append(ask)
        return self.decisions.decide(ask)

    def _command(self, words: Sequence[str], actor: Actor) -> str:
        self.commands.append((actor.name, *words))
        return f"{actor.name} said {' '.join(words)}"

    def _tell(self, decided: Decided) -> None:
        self.post.say(waiting_message(decided.waiting))


def with_desk(story: Callable[[SlackDesk], Awaitable[None]]) -> None:
    """Run a story against a fresh daemon and a fresh Slack."""

    async def main() -> None:
        async with slack_server() as server:
            desk = await SlackDesk(server).begin()
            try:
                await story(desk)
            finally:
                await desk.end()

    asyncio.run(main())


async def _breath() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.002, future.set_result, None)
    await future
