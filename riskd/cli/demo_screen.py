"""What the demo shows on a terminal: a live table of the accounts and the lines riskd says; plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from riskd.adapters.safe_text import visible
from riskd.cli.account_rows import COLUMNS, account_rows
from riskd.daemon.demo.report import Row, Total, headline
from riskd.model.message import MessageKind

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from riskd.cycle import CycleResult
    from riskd.daemon.demo.result import Demo
    from riskd.daemon.service import Listener
    from riskd.execution import PlanResult
    from riskd.model.message import Message
    from riskd.paper.market.track import TrackMarket
    from riskd.ports import Notifier

_LINES_SHOWN = 14


class PlainScreen:
    """For pipes, files and small terminals: one line for each thing that is said."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.notifiers: Sequence[Notifier] = (_Lines(self.line),)
        self.listeners: tuple[Listener, ...] = ()

    def line(self, text: str) -> None:
        """Show one line of what riskd says."""
        print(text, file=self._stream, flush=True)

    def progress(self, text: str) -> None:
        """Say what happens next."""
        print(f"· {text}", file=self._stream, flush=True)

    def summary(self, demo: Demo, rows: Sequence[Row], total: Total) -> None:
        """The with/without table."""
        print(_summary(demo, rows, total), file=self._stream)


class LiveScreen(PlainScreen):
    """For terminals: the accounts as they are now, and the newest lines under them."""

    def __init__(self, stream: TextIO, live: Live) -> None:
        super().__init__(stream)
        self._live = live
        self._lines: list[str] = []
        self._last: CycleResult | None = None
        self.listeners = (self,)

    def after_cycle(self, result: CycleResult) -> None:
        """Draw the accounts anew."""
        self._last = result
        self._draw()

    def after_plan(self, result: PlanResult) -> None:
        """Plans are said by messages."""

    def line(self, text: str) -> None:
        """Take one line in."""
        self._lines = [*self._lines, text][-_LINES_SHOWN:]
        self._draw()

    def progress(self, text: str) -> None:
        """Say what happens next."""
        self.line(f"· {text}")

    def _draw(self) -> None:
        from rich.console import Group
        from rich.text import Text

        parts = [] if self._last is None else [_table(self._last)]
        self._live.update(Group(*parts, *(Text(visible(line), no_wrap=True) for line in self._lines)))


class _Lines:
    """A screen as a channel: headlines only, and no edits but the last one, because lines cannot be edited."""

    channel = "console"

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    async def post(self, message: Message, *, root: str, edit: str) -> str:  # noqa: ARG002 - the port's arguments
        """Show a message."""
        if not edit or message.kind is MessageKind.RESOLVED:
            self._show(visible(message.headline))
        return message.key

    async def close(self) -> None:
        """Nothing is held."""


@contextmanager
def open_screen(stream: TextIO, market: TrackMarket) -> Iterator[PlainScreen]:
    """The screen that fits the stream."""
    if not stream.isatty():
        plain = PlainScreen(stream)
        plain.progress(f"DEMO · simulated money · {market.name}")
        yield plain
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=stream), refresh_per_second=8, transient=False) as live:
        screen = LiveScreen(stream, live)
        screen.progress(f"DEMO · simulated money · {market.name}")
        yield screen


def _table(result: CycleResult) -> Table:
    from rich.table import Table

    table = Table(
        title=f"DEMO · {result.snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC · cycle {result.snapshot.id}"
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("STATE", "ACCOUNT", "WORST RULE") else "right")
    for row in account_rows(result):
        table.add_row(*row)
    return table


def _summary(demo: Demo, rows: Sequence[Row], total: Total) -> str:
    lines = [
        "",
        headline(total, len(rows)),
        "",
        f"{'account':10}{'start':>12}{'with riskd':>14}{'without':>14}   liquidated without",
    ]
    lines += [
        f"{row.account:10}{row.start:12,.0f}{row.end_watched:14,.0f}{row.end_bare:14,.0f}"
        f"   {row.liquidated_bare or 'no'}"
        for row in rows
    ]
    lines.append(f"{'all':10}{total.start:12,.0f}{total.end_watched:14,.0f}{total.end_bare:14,.0f}")
    only = all(order.reduce_only for order in demo.orders)
    reach = "all" if only else "NOT all"
    lines.append(
        f"\n{len(demo.orders)} orders of riskd, {reach} reduce-only; {demo.cycles} cycles; "
        f"journal of {demo.journal_entries} entries verified"
    )
    return "\n".join(lines)
