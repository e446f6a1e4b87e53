"""Asks the SQL of policies in a child process that can be killed. Whatever happens to it, the cycle goes on.

A query that hangs, or takes the process with it, makes its own rule unknown and is left alone for a while, so that it
cannot take the time of the others in every cycle. A process that keeps dying is started less and less often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskd.adapters.sandbox_message import arrays, failure_in, reads_in, refusal_in, rows_in
from riskd.adapters.sandbox_pipe import MODULE, Child, ChildLost, ChildSilent, Message
from riskd.adapters.system_clock import SystemClock
from riskd.measure.book.book import Book
from riskd.measure.relations.relation import filled
from riskd.measure.relations.relations import RELATIONS
from riskd.model.answer import Answer, Read, Refusal
from riskd.ports import Clock

_GRACE_SECONDS = 0.5  # the child's own alarm rings first
_PATIENCE_SECONDS = 30.0  # a child that is not ready by then never will be
_REST_SECONDS_MAX = 60.0
_BENCH_SECONDS = 10.0
_BENCH_SECONDS_MAX = 600.0
_TEXTS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What queries may cost.

    Attributes:
        query_seconds: One query.
        cycle_seconds: Everything that one cycle waits for, give or take half a second.
        check_seconds: One query that is checked; the process may have to be started first.
        rows: Rows of one answer.
    """

    query_seconds: float = 1.0
    cycle_seconds: float = 2.0
    check_seconds: float = 20.0
    rows: int = 20_000


PATIENT = Limits(query_seconds=5.0, cycle_seconds=20.0)
"""For commands that look once: nothing else waits, and the process has only just been started."""


@dataclass(frozen=True, slots=True)
class _Benched:
    """A query that is left alone for a while: how often it was, until when, and why."""

    times: int
    until: float
    reason: str


class _Down(Exception):
    """Nothing can be asked now; says why."""


class Sandbox:
    """A runner of queries; its process is started when there is something to ask.

    Args:
        limits: What queries may cost.
        clock: Real time: the process is real, whatever the daemon lives by.
        module: What the process runs; tests bring others.
    """

    def __init__(
        self, limits: Limits | None = None, *, clock: Clock | None = None, module: str = MODULE
    ) -> None:
        self._limits = limits or Limits()
        self._clock = clock or SystemClock()
        self._module = module
        self._child: Child | None = None
        self._deaths = 0
        self._rest_until = 0.0
        self._known: dict[str, frozenset[Read] | Refusal] = {}
        self._bench: dict[str, _Benched] = {}

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while there is none."""
        return None if self._child is None else self._child.pid

    def begin(self) -> None:
        """See :class:`riskd.ports.QueryRunner`."""
        self._start_ahead()

    def check(self, queries: Mapping[str, str]) -> dict[str, Refusal]:
        """See :class:`riskd.ports.QueryRunner`."""
        refused = {}
        for rule, sql in queries.items():
            self._rest_until = 0.0  # somebody waits for this answer, and asks once
            try:
                found = self._examined(sql, self._clock.monotonic() + self._limits.check_seconds)
            except _Down as error:
                found = Refusal(what=f"the query could not be checked: {error}")
            if isinstance(found, Refusal):
                refused[rule] = found
        return refused

    def ask(self, book: Book, queries: Mapping[str, str]) -> dict[str, Answer]:
        """See :class:`riskd.ports.QueryRunner`."""
        if not queries:
            return {}
        until = self._clock.monotonic() + self._limits.cycle_seconds
        answers: dict[str, Answer] = {}
        deaths = self._deaths
        try:
            reads = self._reads(queries, answers, until)
            self._load(book, frozenset().union(*reads.values()), until)
            for rule, read in reads.items():
                answers[rule] = self._asked(queries[rule], read, until)
        except _Down as error:
            for rule in queries.keys() - answers.keys():
                answers[rule] = Answer(failure=str(error))
        if self._child is not None and self._deaths == deaths:
            self._deaths = 0
        self._start_ahead()
        return answers

    def close(self) -> None:
        """See :class:`riskd.ports.QueryRunner`."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    # ---- one query -------------------------------------------------------------------------------------------------

    def _reads(
        self, queries: Mapping[str, str], answers: dict[str, Answer], until: float
    ) -> dict[str, frozenset[Read]]:
        """What each query reads; the answer of one that is not asked goes into ``answers``."""
        reads = {}
        for rule, sql in queries.items():
            benched = self._bench.get(sql)
            if benched is not None and benched.until > self._clock.monotonic():
                left = benched.until - self._clock.monotonic()
                answers[rule] = Answer(failure=f"{benched.reason}; it is asked again in {left:.0f} s")
                continue
            found = self._examined(sql, until)
            if isinstance(found, Refusal):
                answers[rule] = Answer(failure=f"its query is refused: {found.what}")
            else:
                reads[rule] = found
        return reads

    def _examined(self, sql: str, until: float) -> frozenset[Read] | Refusal:
        """What a query reads, or why it is refused; worked out once for each text."""
        if sql in self._known:
            return self._known[sql]
        child = self._ready(until)
        seconds = self._limits.query_seconds
        request = {"do": "check", "sql": sql, "seconds": seconds}
        try:
            message = child.ask(request, seconds + _GRACE_SECONDS)
            if "late" in message:
                return Refusal(what=self._benched(sql, f"it did not finish within {seconds:g} s"))
            found = refusal_in(message) or reads_in(message)
        except (ChildLost, ChildSilent) as error:
            return Refusal(what=self._took_down(sql, error))
        if len(self._known) >= _TEXTS_MAX:
            self._known.clear()
        self._known[sql] = found
        return found

    def _asked(self, sql: str, reads: frozenset[Read], until: float) -> Answer:
        child, left = self._child, until - self._clock.monotonic()
        if child is None:
            raise _Down("another query took the query process down; the next cycle asks again")
        if left <= 0:
            return Answer(failure="no time was left for its query in this cycle")
        seconds = min(self._limits.query_seconds, left)
        request = {"do": "run", "sql": sql, "seconds": seconds, "row_limit": self._limits.rows}
        try:
            message = child.ask(request, seconds + _GRACE_SECONDS)
            failure = failure_in(message)
            rows = () if failure else rows_in(message)
        except (ChildLost, ChildSilent) as error:
            return Answer(failure=self._took_down(sql, error))
        if "late" in message:
            return Answer(failure=self._benched(sql, f"its query did not finish within {seconds:g} s"))
        self._bench.pop(sql, None)
        return Answer(rows=rows, reads=reads, failure=failure)

    def _took_down(self, sql: str, error: Exception) -> str:
        self._bury()
        return self._benched(sql, f"its query took the query process down: {error}")

    def _benched(self, sql: str, reason: str) -> str:
        times = self._bench[sql].times if sql in self._bench else 0
        rest = min(_BENCH_SECONDS * 2.0**times, _BENCH_SECONDS_MAX)
        self._bench[sql] = _Benched(times + 1, self._clock.monotonic() + rest, reason)
        return reason

    # ---- the process -----------------------------------------------------------------------------------------------

    def _ready(self, until: float) -> Child:
        """The child, ready to be asked.

        Raises:
            _Down: There is none, and why.
        """
        child = self._child or self._started()
        try:
            child.wait_until_ready(max(until - self._clock.monotonic(), 0.0))
        except ChildSilent:
            if self._clock.monotonic() - child.started_at > _PATIENCE_SECONDS:
                self._bury()
            raise _Down("the query process is still starting") from None
        except ChildLost as error:
            self._bury()
            raise _Down(f"the query process did not start: {error}") from error
        return child

    def _started(self) -> Child:
        rest = self._rest_until - self._clock.monotonic()
        if rest > 0:
            raise _Down(
                f"the query process was lost {self._deaths} times in a row; it rests for {rest:.0f} s"
            )
        schema = {
            relation.name: [(column.name, column.type.value) for column in relation.columns]
            for relation in RELATIONS.values()
        }
        try:
            self._child = Child(self._clock, schema, module=self._module)
        except OSError as error:
            self._bury()
            raise _Down(f"the query process cannot be started: {error.strerror}") from error
        return self._child

    def _start_ahead(self) -> None:
        """Start a new child now, so that it is ready in the next cycle."""
        if self._child is None and self._clock.monotonic() >= self._rest_until:
            try:
                self._started()
            except _Down:
                return  # the next cycle tries again, and says what it finds

    def _bury(self) -> None:
        """Let go of the child. The first one is replaced at once, later ones after longer and longer rests."""
        self.close()
        self._deaths += 1
        rest = 0.0 if self._deaths == 1 else min(2.0 ** min(self._deaths - 2, 10), _REST_SECONDS_MAX)
        self._rest_until = self._clock.monotonic() + rest

    def _load(self, book: Book, reads: frozenset[Read], until: float) -> None:
        """Hand over what is read of the snapshot.

        Raises:
            _Down: It could not be.
        """
        if not reads:
            return
        child = self._ready(until)
        tables = {}
        for table in sorted({table for table, _ in reads}):
            names = [column for owner, column in reads if owner == table]
            columns = filled(book, RELATIONS[table], names).columns
            tables[table] = arrays([(column.name, cells) for column, cells in columns])
        try:
            message: Message = child.ask(
                {"do": "load", "tables": tables}, max(until - self._clock.monotonic(), 0.0)
            )
        except (ChildLost, ChildSilent) as error:
            self._bury()
            raise _Down(f"the snapshot could not be handed to the query process: {error}") from error
        if failure := failure_in(message):
            raise _Down(f"the snapshot could not be handed to the query process: {failure}")
