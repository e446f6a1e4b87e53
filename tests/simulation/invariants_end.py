"""What must become true once everything works again: I5 (messages), I8 (the book is back inside its limits, or somebody is
told), I8b (what is over is said to be over), I8c (no order stays unresolved)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.books import Books
from tests.simulation.installation import EVERY_SECONDS, Strictness
from tests.simulation.invariants_sight import SightInvariants
from tests.simulation.truth import Truth
from tests.simulation.violations import Violations

HEALING_SECONDS = 600.0
# Nothing is looked for before every timer that was running when the faults ended has had its turn.
_SETTLING_SECONDS = 80.0
# A channel is asked again after a minute at most, and the queue is looked at once in a cycle.
_DELIVERY_SECONDS = 60.0 + 1.5 * EVERY_SECONDS
_TOLERANCE = 1.01


@dataclass(slots=True, kw_only=True)
class EndInvariants:
    """Looks for the end, and says what keeps it from coming.

    Attributes:
        healed_at: Seconds of the simulation from which on nothing fails.
        owed: Messages that were waiting at that moment, and have not been delivered since.
    """

    books: Books
    truth: Truth
    sight: SightInvariants
    violations: Violations
    strictness: Strictness
    healed_at: float
    owed: frozenset[str] | None = None
    cycles_when_healed: int = 0
    open_reasons: list[str] = field(default_factory=list)

    def is_reached(self, now: float) -> bool:
        """Whether the story is over: all is well, or the time for it has passed."""
        if self.owed is None:
            self.owed = frozenset(message.key for message in self.books.waiting())
            self.cycles_when_healed = self.sight.cycles
        # What was delivered and is said once more, by a life that does not know it, is not owed any longer.
        self.owed &= {message.key for message in self.books.waiting()}
        if now < self.healed_at + _SETTLING_SECONDS:
            return False
        still = sorted(self.owed)
        self.violations.check(
            not still,
            "I5",
            f"{len(still)} messages are not delivered {_SETTLING_SECONDS:.0f} s after the healing: {still[:3]}",
        )
        self.open_reasons = list(self._reasons(now))
        if not self.open_reasons:
            return True
        if now < self.healed_at + HEALING_SECONDS:
            return False
        for reason in self.open_reasons:
            self.violations.check(False, reason.partition(":")[0], reason)
        return True

    def look_back(self) -> None:
        """What people see at the end is the last word on each alert, and nothing older over it.

        While the disk was full, words were said that the journal does not know; they are newer than what it knows.
        """
        last = {message.thread: message.key for message in self.books.messages.values() if message.edits_root}
        for thread, key in last.items():
            seen = self.books.shown.get(thread, "")
            newest = seen == key or (seen != "" and seen not in self.books.messages)
            self.violations.check(newest, "I5", f"people see {seen} for {thread}, the last word is {key}")

    def _reasons(self, now: float) -> Iterator[str]:
        if self.sight.cycles < self.cycles_when_healed + 6:
            yield f"I14: only {self.sight.cycles - self.cycles_when_healed} cycles since the healing"
        waiting = self.books.waiting()
        if waiting:
            yield f"I5: {len(waiting)} messages wait, such as {waiting[0].key}"
        for account in self.truth.slots:
            yield from self._reasons_of(account, now)

    def _reasons_of(self, account: str, now: float) -> Iterator[str]:
        unresolved = self.books.unresolved(account)
        if unresolved:
            yield f"I8c: orders {unresolved} of {account} are not resolved"
        now_ms = self.truth.last_ms
        leverage = self.truth.leverage(account, now_ms, now_ms).low
        allowed = self.strictness.leverage_max * _TOLERANCE
        fires = self.sight.fires("sim/leverage", account)
        if leverage > allowed and not fires:
            yield f"I8: leverage of {account} is {leverage:.2f} and no alert fires"
        if leverage > allowed and not self.strictness.may_stay:
            yield f"I8: leverage of {account} is still {leverage:.2f}, {self.strictness.leverage_max} are allowed"
        quiet = self.truth.leverage(account, now_ms, now_ms).high < self.strictness.leverage_clear
        if fires and quiet and not self.sight.is_missed("sim/leverage", account):
            yield f"I8b: leverage of {account} is {leverage:.2f} and its alert still fires"
        # An account that was liquidated looks like one whose wallet is not the one that trades: riskd asks to be told.
        is_empty = self.truth.equity(account, now_ms, now_ms).high == 0
        if self.sight.is_missed("sim/leverage", account) and not is_empty:
            yield f"I8: leverage of {account} is still unknown"
