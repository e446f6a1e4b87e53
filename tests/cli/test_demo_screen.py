"""What the demo prints: news with its details, and not every version of a plan."""

from __future__ import annotations

import asyncio
from io import StringIO

from riskd.cli.demo_screen import PlainScreen
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

STEPS = (
    ("#", "Step", "Size", "About", "Cost"),
    *((str(n), f"cancel {n}", "–", "–", "–") for n in range(1, 7)),
)


def a_message(
    headline: str, kind: MessageKind, *, key: str, thread: str = "", edits: bool = False
) -> Message:
    return Message(
        key=key,
        kind=kind,
        level=Level.CRITICAL,
        thread=thread,
        edits_root=edits,
        headline=headline,
        fields=(),
        body=("It would cancel 6 orders.",),
        table=STEPS if kind is MessageKind.PLAN and not edits else (),
    )


def a_plan(number: int) -> Message:
    return a_message(f"PLAN {number}", MessageKind.PLAN, key=f"plan|{number}", thread="alert")


def an_edit(number: int, text: str, kind: MessageKind = MessageKind.PLAN) -> Message:
    return a_message(text, kind, key=f"plan|{number}|{text}", thread=f"plan|{number}", edits=True)


def printed(*messages: Message) -> list[str]:
    stream = StringIO()
    [notifier] = PlainScreen(stream).notifiers

    async def post() -> None:
        for message in messages:
            await notifier.post(message, root="", edit="it" if message.edits_root else "")

    asyncio.run(post())
    return [line.strip() for line in stream.getvalue().splitlines()]


def test_a_plan_is_shown_with_its_first_steps() -> None:
    assert printed(a_plan(1)) == [
        "PLAN 1",
        "1 cancel 1",
        "2 cancel 2",
        "3 cancel 3",
        "4 cancel 4",
        "and 2 more",
    ]


def test_newer_versions_of_a_plan_that_waits_are_told_when_one_is_released() -> None:
    lines = printed(
        a_plan(1),
        an_edit(1, "PLAN 1 for swing: superseded by 2; nothing of this version was sent"),
        a_plan(2),
        an_edit(2, "PLAN 2 for swing: released by the policy"),
    )
    assert lines[6:] == ["PLAN 2 for swing: released by the policy", "It would cancel 6 orders."]


def test_the_next_plan_of_an_alert_is_shown_once_the_last_one_has_ended() -> None:
    lines = printed(a_plan(1), an_edit(1, "EXECUTED 1", MessageKind.EXECUTION), a_plan(2))
    assert [line for line in lines if line.startswith(("PLAN", "EXECUTED"))] == [
        "PLAN 1",
        "EXECUTED 1",
        "PLAN 2",
    ]


def test_an_edit_of_an_alert_is_no_news_and_its_end_is() -> None:
    worse = a_message("BREACH still", MessageKind.ALERT, key="a|2", thread="a", edits=True)
    ended = a_message("RESOLVED", MessageKind.RESOLVED, key="a|3", thread="a", edits=True)
    assert printed(worse, ended) == ["RESOLVED"]
