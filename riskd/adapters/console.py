"""The terminal as a channel to people: colour for eyes, one plain line a message for files and the journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from riskd.adapters.question_words import command_words
from riskd.adapters.safe_text import visible
from riskd.errors import NotifierError
from riskd.model.message import Message
from riskd.model.verdict import Level

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.BREACH: "dark_orange", Level.CRITICAL: "bold red"}


class ConsoleNotifier:
    """Writes messages to a stream. An edit is written again: what is printed cannot be taken back."""

    def __init__(self, stream: TextIO) -> None:
        """Write to ``stream``; in colour when it is a terminal."""
        self._stream = stream

    @property
    def channel(self) -> str:
        """Name of the channel, for the outbox."""
        return "console"

    async def post(self, message: Message, *, root: str, edit: str) -> str:  # noqa: ARG002  # the port's arguments
        """Write a message.

        Args:
            message: What to say; control characters in it are made visible.
            root: Not used: lines have no threads.
            edit: Not used: lines cannot be edited.

        Returns:
            The message's key.

        Raises:
            NotifierError: The stream is closed or broken.
        """
        try:
            if self._stream.isatty():
                _print_in_colour(message, self._stream)
            else:
                self._stream.write(plain_line(message) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise NotifierError(f"the console cannot be written: {error}") from error
        return message.key

    async def close(self) -> None:
        """Nothing to release: the stream belongs to the caller."""


def plain_line(message: Message) -> str:
    """A message on one line without control characters: headline, what to type, fields, rows and further lines."""
    return visible(" | ".join((message.headline, *_details(message))))


def _details(message: Message) -> Iterable[str]:
    if message.question is not None:
        yield command_words(message.question)
    yield from (f"{name}: {value}" for name, value in message.fields)
    yield from (", ".join(cell for cell in row if cell) for row in message.table)
    yield from message.body


def _print_in_colour(message: Message, stream: TextIO) -> None:
    from rich.console import Console  # only here: it costs 50 ms that a daemon need not pay
    from rich.text import Text

    console = Console(file=stream, highlight=False, emoji=False, markup=False)
    console.print(Text(visible(message.headline), style=_STYLES[message.level]))
    for line in _details(message):
        console.print(Text(f"  {visible(line)}", style="dim"))
