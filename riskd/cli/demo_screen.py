"""What the demo shows on a terminal: the lines riskd says above a live table of the accounts; plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from riskd.act.plan_words import count
from riskd.adapters.safe_text import visible
from riskd.cli.account_rows import COLUMNS, account_rows
from riskd.daemon.demo.news import is_news
from riskd.daemon.demo.report import Row, Total, headline
from riskd.model.message import MessageKind
from riskd.model.order import Execution, PlanState

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

# A plan of more steps than this is told by its first ones.
_STEPS_SHOWN = 4


class PlainScreen:
    """For pipes, files and small terminals: one line for each thing that is said, with the simulated time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moment = ""
        self.notifiers: Sequence[Notifier] = (_Lines(self.line),)
        self.listeners: tuple[Listener, ...] = (self,)

    def after_cycle(self, result: CycleResult) -> None:
        """What is said from now on is said at this moment of the simulation."""
        self._moment = f"{result.snapshot.taken_at:%H:%M:%S}"

    def after_plan(self, result: PlanResult) -> None:
        """Plans are said by messages."""

    def line(self, text: str) -> None:
        """Show a thing that riskd says; further lines of it are indented."""
        self._show(f"{self._moment:8}   {text}")

    def progress(self, text: str) -> None:
        """Say what happens next."""
        self._show(f"{self._moment:8} · {text}" if self._moment else f"· {text}")

    def summary(self, demo: Demo, rows: Sequence[Row], total: Total) -> None:
        """The with/without table."""
        print(_summary(demo, rows, total), file=self._stream)

    def _show(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class LiveScreen(PlainScreen):
    """For terminals: the accounts as they are now, below everything that was said."""

    def __init__(self, stream: TextIO, live: Live) -> None:
        super().__init__(stream)
        self._live = live

    def after_cycle(self, result: CycleResult) -> None:
        """Draw the accounts anew."""
        super().after_cycle(result)
        self._live.update(_table(result))

    def _show(self, text: str) -> None:
        from rich.text import Text

        self._live.console.print(Text(text), soft_wrap=True)


class _Lines:
    """A screen as a channel: headlines with the steps of plans and orders, and few edits, because lines cannot be edited."""

    channel = "console"

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._asked: dict[str, str] = {}

    async def post(self, message: Message, *, root: str, edit: str) -> str:  # noqa: ARG002 - the port's arguments
        """Show a message."""
        if (not edit or is_news(message)) and not self._is_newer_version(message):
            self._show(visible(message.headline))
            for detail in self._details(message):
                self._show(f"  {visible(detail)}")
        return message.key

    async def close(self) -> None:
        """Nothing is held."""

    def _is_newer_version(self, message: Message) -> bool:
        """Whether a plan only takes the place of one that still waits: what is released in the end is told then."""
        if message.kind not in (MessageKind.PLAN, MessageKind.EXECUTION):
            return False
        if message.edits_root:
            if is_news(message):
                self._asked = {alert: plan for alert, plan in self._asked.items() if plan != message.thread}
            return False
        is_newer = message.kind is MessageKind.PLAN and message.thread in self._asked
        if message.kind is MessageKind.PLAN:
            self._asked[message.thread] = message.key
        return is_newer

    def _details(self, message: Message) -> Iterator[str]:
        """What was released, the orders of a plan that ended, and the steps of one that waits."""
        if message.kind is MessageKind.SYSTEM:
            yield from (line for line in message.body[:1] if not line.startswith("0 "))
        if message.kind is MessageKind.EXECUTION and message.edits_root:
            yield from map(_row, message.table[1:])
        if message.kind is MessageKind.PLAN:
            yield from message.body[-1:] if message.edits_root else _steps(message)


def _steps(message: Message) -> Iterator[str]:
    steps = message.table[1:]
    yield from map(_row, steps[:_STEPS_SHOWN])
    if len(steps) > _STEPS_SHOWN:
        yield f"   and {len(steps) - _STEPS_SHOWN} more"


def _row(cells: Sequence[str]) -> str:
    number, what, size, *others = ("" if cell == "–" else cell for cell in cells)
    return f"{number:>2} {what:44}{size:>26}  {'  '.join(filter(None, others))}".rstrip()


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
    return "\n".join([*lines, "", *_deeds(demo)])


def _deeds(demo: Demo) -> Iterator[str]:
    """What riskd did, counted."""
    carried = sum(plan.state == PlanState.DONE for plan in demo.plans)
    stops = sum(order.execution == Execution.STOP for order in demo.orders)
    only = "all" if all(order.reduce_only for order in demo.orders) else "NOT all"
    yield (
        f"{count(carried, 'plan')} carried out: {count(len(demo.orders) - stops, 'order')} to close and "
        f"{count(stops, 'stop')}, {only} reduce-only; {count(len(demo.cancelled), 'resting order')} cancelled"
    )
    in_the_way = sum(order.why.startswith("take-profit") for order in demo.cancelled)
    if in_the_way:
        yield f"{in_the_way} of these stood in the way: the venue refused to close beside a take-profit until it was gone"
    if demo.restarts:
        yield f"killed and started again {_times(demo.restarts)}: {demo.repeated} orders repeated"
    yield f"{demo.cycles} cycles; journal of {demo.journal_entries} entries verified"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
