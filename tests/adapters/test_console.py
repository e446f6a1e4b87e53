"""The console: one plain line a message, colour only for a terminal, and no terminal escapes from outside."""

from __future__ import annotations

import asyncio
import io

import pytest

from riskd.adapters.console import ConsoleNotifier, plain_line
from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

HOSTILE = "BREACH \x1b]0;owned\x07 \x1b[2J main\nline two \u202etxt"


def a_message(headline: str = "BREACH main: leverage 5.62x is above 5x") -> Message:
    return Message(
        key="alert|1",
        kind=MessageKind.ALERT,
        level=Level.BREACH,
        thread="",
        edits_root=False,
        headline=headline,
        fields=(("Rule", "Account [red]leverage[/red] cap"),),
        body=("Why: \x1b[31mred",),
    )


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def written(message: Message, stream: io.StringIO) -> str:
    reference = asyncio.run(ConsoleNotifier(stream).post(message, root="", edit=""))
    assert reference == message.key
    return stream.getvalue()


def test_a_message_is_one_plain_line_when_nobody_looks() -> None:
    text = written(a_message(), io.StringIO())
    assert text == (
        "BREACH main: leverage 5.62x is above 5x | Rule: Account [red]leverage[/red] cap | Why: \ufffd[31mred\n"
    )


def test_a_terminal_gets_colour_and_the_text_as_it_is() -> None:
    text = written(a_message(), Terminal())
    assert "BREACH main: leverage 5.62x is above 5x" in text
    assert "Account [red]leverage[/red] cap" in text


def test_escapes_from_outside_never_reach_the_terminal() -> None:
    plain = plain_line(a_message(HOSTILE))
    assert all(character.isprintable() for character in plain)
    shown = written(a_message(HOSTILE), Terminal())
    assert "\x07" not in shown
    assert "\x1b[2J" not in shown
    assert "\x1b]0" not in shown
    assert "\u202e" not in shown


def test_a_closed_stream_keeps_the_message_in_the_outbox() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(NotifierError):
        asyncio.run(ConsoleNotifier(stream).post(a_message(), root="", edit=""))
