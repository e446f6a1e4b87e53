"""What people do in Slack, brought before riskd: a click decides a plan, a command halts. Never in the way of the watch.

The order is always the same: Slack has its acknowledgement already, the ruling is made durable, and only then is anybody told.
What counts is told by the plan's own post, which the outbox edits at once; what does not count is told to the one who asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from riskd.act.decision import Actor, Ask, Role, Ruling
from riskd.act.message_plan import again, plan_key
from riskd.act.waiting import Waiting
from riskd.adapters.slack import CHANNEL
from riskd.adapters.slack_envelope import Click, SlashCommand, read_click, read_command
from riskd.adapters.slack_socket import Envelope
from riskd.daemon.patience import finish_or_cancel
from riskd.model.message import Message
from riskd.ports import Clock

ANSWERS_MAX = 50
"""Answers under way at once; beyond it a person is not answered, and what they asked has been done all the same."""


class Voice(Protocol):
    """What is used of ``riskd.adapters.slack.SlackNotifier``."""

    async def whisper(self, text: str, *, channel: str, member: str, thread: str = "", link: str = "") -> str:
        """Tell one person something; empty, or why they could not be told."""
        ...


class Posts(Protocol):
    """What is used of ``riskd.daemon.post.Post``."""

    def say(self, message: Message) -> None:
        """Make a message durable and queue it."""
        ...

    def deliver(self) -> None:
        """Let each channel post what waits."""
        ...

    def reference_of(self, channel: str, key: str) -> str:
        """A channel's name of the post of a message."""
        ...

    def adopt(self, channel: str, key: str, reference: str) -> None:
        """Take another post for that of a message."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the room reaches of the daemon.

    Attributes:
        person: Whoever has a member id in Slack; None: nobody who is known.
        decide: Rules on what somebody says about a plan; durable when it returns.
        standing: Where a plan stands now; None: no such plan is known.
        command: Does what a known person asks, and answers.
        approvers: Names of those who may decide plans.
    """

    person: Callable[[str], Actor | None]
    decide: Callable[[Ask], Ruling]
    standing: Callable[[str], Waiting | None]
    command: Callable[[Sequence[str], Actor], str]
    approvers: Sequence[str]


class SlackRoom:
    """Hears what comes in from Slack.

    Args:
        voice: Answers people.
        desk: What their words reach.
        post: The outbox, which edits the posts.
    """

    def __init__(self, *, voice: Voice, desk: Desk, post: Posts, clock: Clock) -> None:
        self._voice = voice
        self._desk = desk
        self._post = post
        self._clock = clock
        self._answers: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("riskd")

    def hear(self, envelope: Envelope) -> None:
        """Take in something that was acknowledged: decide at once, answer beside everything else."""
        if envelope.kind == "interactive":
            click = read_click(envelope.payload)
            if click is not None:
                self._clicked(click)
        elif envelope.kind == "slash_commands":
            command = read_command(envelope.payload)
            if command is not None:
                self._commanded(command)

    async def close(self, *, patience_seconds: float) -> None:
        """Let answers that are under way come to an end for a moment."""
        await finish_or_cancel(self._answers, self._clock, patience_seconds=patience_seconds)

    def _clicked(self, click: Click) -> None:
        actor = self._desk.person(click.member)
        if actor is None:
            self._log.warning("slack_stranger", member=ascii(click.member), plan=ascii(click.plan_id))
            self._answer(click, self._not_known())
            return
        ask = Ask(
            plan_id=click.plan_id,
            digest=click.digest,
            verb=click.verb,
            actor=actor,
            at=self._clock.now(),
        )
        ruling = self._desk.decide(ask)
        self._log.info(
            "slack_click",
            plan=ascii(click.plan_id),
            verb=click.verb.value,
            by=actor.name,
            outcome=ruling.outcome.value,
        )
        self._show(click)
        if not ruling.counts:
            is_stranger_to_plans = Role.APPROVER not in actor.roles
            text = f"{ruling.text}{self._whom_to_ask()}" if is_stranger_to_plans else ruling.text
            self._answer(click, text, newer=ruling.newer)

    def _show(self, click: Click) -> None:
        """See to it that the post under the finger shows how the plan stands, also where an answer of Slack was lost."""
        key, place = plan_key(click.plan_id), click.place
        waiting = self._desk.standing(click.plan_id)
        known = self._post.reference_of(CHANNEL, key)
        if waiting is not None and not known.startswith(f"{place.channel}:{place.timestamp}:"):
            self._post.adopt(CHANNEL, key, str(place))
            self._post.say(again(waiting))
        self._post.deliver()

    def _commanded(self, command: SlashCommand) -> None:
        actor = self._desk.person(command.member)
        if actor is None:
            self._log.warning("slack_stranger", member=ascii(command.member))
            text = "riskd does not know you: `people` in riskd.yaml names who may do what"
        else:
            text = self._desk.command(command.words, actor)
            self._log.info("slack_command", words=ascii(" ".join(command.words))[:80], by=actor.name)
        self._post.deliver()
        self._start(self._whisper(text, channel=command.channel, member=command.member))

    def _not_known(self) -> str:
        role = Role.APPROVER.value
        return f"riskd does not know you: deciding a plan needs the role {role}{self._whom_to_ask()}"

    def _whom_to_ask(self) -> str:
        return f"; ask {' or '.join(self._desk.approvers)}" if self._desk.approvers else ""

    def _answer(self, click: Click, text: str, *, newer: str = "") -> None:
        place = click.place
        link = self._post.reference_of(CHANNEL, plan_key(newer)) if newer else ""
        thread = "" if place.thread == place.timestamp else place.thread
        self._start(self._whisper(text, channel=place.channel, member=click.member, thread=thread, link=link))

    async def _whisper(
        self, text: str, *, channel: str, member: str, thread: str = "", link: str = ""
    ) -> None:
        fault = await self._voice.whisper(text, channel=channel, member=member, thread=thread, link=link)
        if fault:
            self._log.warning("slack_not_answered", member=ascii(member), fault=fault)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._answers) >= ANSWERS_MAX:
            work.close()
            self._log.warning("slack_not_answered", fault="too many answers under way")
            return
        task = asyncio.get_running_loop().create_task(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
