"""I6: what riskd says of an account was so a moment ago, or it says that it does not know. Also I14 and I18."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from riskd.cycle import CycleResult
from riskd.execution import PlanResult
from riskd.judge.reading import UNKNOWN, Reading
from riskd.model.alert import AlertEvent, AlertKey, AlertState, Condition, EventKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, SurfaceState
from riskd.model.subject import account_subject
from riskd.model.verdict import Level
from tests.simulation.installation import DATA_AGE_SECONDS, EVERY_SECONDS
from tests.simulation.truth import Slot, Truth
from tests.simulation.violations import Violations

# What riskd judges by may be this old, and the venue states it as of its last step.
_NEVER_MS = 2**62
_WINDOW_MS = DATA_AGE_SECONDS * 1000 + 3_000
_TOLERANCE = 0.005
# Balances carry no time. An old answer to them is found out by the positions, which it may contradict by so much of
# the gross notional (riskd.observe.checks.Checks.pnl_tolerance).
_EQUITY_SLACK = 0.011
# Cycles begin every ten seconds, and each ends with its slowest reader, after eight seconds at the latest.
_GAP_SECONDS_MAX = 1.8 * EVERY_SECONDS + 0.5
_TASKS_MAX = 60
_SEEN = (Surface.POSITIONS, Surface.BALANCES)


@dataclass(slots=True, kw_only=True)
class SightInvariants:
    """A ``Listener`` of the daemon that knows the truth.

    Attributes:
        leverage_max: Where the leverage rule is critical.
        last_cycle_at: Of this life; None before its first cycle.
        sights: How often each account could be judged in this life. No order may rest on the first time (I20).
        readable_ms: When riskd first knew the contracts in this life, without which no answer can be read. Until an
            account has been told truly after it there is nothing to hold an answer against: an old one that nothing
            contradicts looks new.
    """

    truth: Truth
    violations: Violations
    monotonic: Callable[[], float]
    leverage_max: float
    last_cycle_at: float | None = None
    last: CycleResult | None = None
    cycles: int = 0
    known: int = 0
    sights: Counter[str] = field(default_factory=Counter)
    readable_ms: int = _NEVER_MS
    states_before: dict[AlertKey, AlertState] = field(default_factory=dict)

    def new_life(self) -> None:
        """The daemon starts again."""
        self.last_cycle_at = None
        self.readable_ms = _NEVER_MS
        self.sights.clear()

    def after_cycle(self, result: CycleResult) -> None:
        """A cycle was completed and recorded."""
        self.cycles += 1
        self._is_on_time()
        self.last = result
        now_ms = round(result.snapshot.taken_at.timestamp() * 1000)
        readings = {reading.rule.id: reading for reading in result.readings}
        for code, profile in enumerate(result.snapshot.desk.accounts):
            self._leverage_is_true(result, readings["sim/leverage"], profile.id, now_ms)
            self._silence_is_said(result, readings["sim/data"], profile.id)
            self._positions_are_true(result, code, profile.id, now_ms)
        for event in result.advance.events:
            self._end_was_seen(result, event, now_ms)
        if result.snapshot.instruments:
            self.readable_ms = min(self.readable_ms, now_ms)
        self.states_before = dict(result.advance.states)

    def after_plan(self, result: PlanResult) -> None:
        """Plans are watched by their orders."""

    def fires(self, rule: str, account: str) -> bool:
        """Whether an alert of an account fires, as far as the last cycle knows."""
        state = self._state(rule, account)
        return state is not None and state.condition in (Condition.FIRING, Condition.CLEARING)

    def is_missed(self, rule: str, account: str) -> bool:
        """Whether riskd says that it cannot judge a rule of an account."""
        state = self._state(rule, account)
        return state is not None and state.unknown

    def _state(self, rule: str, account: str) -> AlertState | None:
        if self.last is None:
            return None
        return self.last.advance.states.get(AlertKey(rule=rule, subject=account_subject(account)))

    def _is_on_time(self) -> None:
        now = self.monotonic()
        if self.last_cycle_at is not None:
            gap = now - self.last_cycle_at
            self.violations.check(gap <= _GAP_SECONDS_MAX, "I14", f"no cycle for {gap:.1f} s")
        self.last_cycle_at = now
        tasks = len(asyncio.all_tasks())
        self.violations.check(tasks <= _TASKS_MAX, "I18", f"{tasks} tasks at once")

    def _leverage_is_true(self, result: CycleResult, reading: Reading, account: str, now_ms: int) -> None:
        row = reading.row_of(account_subject(account))
        self.violations.check(row is not None, "I6", f"{account} is not judged at all")
        if row is None or reading.levels[row] == UNKNOWN:
            return
        self.known += 1
        self.sights[account] += 1
        for surface in _SEEN:
            state = result.snapshot.state(account, surface)
            good = state is not None and state.quality is Quality.OK and state.observed_at is not None
            self.violations.check(good, "I6", f"leverage of {account} is judged, {surface} is {state}")
            self._is_young(result, state, f"leverage of {account}")
        if self.truth.told_ms(account) < self.readable_ms:
            return
        value = float(reading.values[row])
        true = self.truth.leverage(account, self._since_ms(account, now_ms), now_ms, slack=_EQUITY_SLACK)
        self.violations.check(
            true.allows(value, tolerance=_TOLERANCE),
            "I6",
            f"leverage of {account} judged {value:.4f}, truly {true.low:.4f} to {true.high:.4f}",
        )
        if true.low > self.leverage_max * (1 + _TOLERANCE):
            level, fires = reading.levels[row], self._fires_now(result, account)
            self.violations.check(
                level == Level.CRITICAL and fires,
                "I6",
                f"leverage of {account} is {true.low:.2f} and nothing fires",
            )

    def _is_young(self, result: CycleResult, state: SurfaceState | None, what: str) -> None:
        """However little the venue has told since, an answer counts for so long and no longer."""
        asked_at = None if state is None else state.observed_at
        if asked_at is not None:
            age = (result.snapshot.taken_at - asked_at).total_seconds()
            self.violations.check(
                age <= DATA_AGE_SECONDS, "I6", f"{what} is judged by {state}, {age:.0f} s old"
            )

    def _since_ms(self, account: str, now_ms: int) -> int:
        """From when on what riskd sees must have been so.

        An old answer that is given again and that repeats what riskd knows already cannot be told from a new one.
        """
        return min(now_ms - _WINDOW_MS, self.truth.told_ms(account) - 2_000)

    def _fires_now(self, result: CycleResult, account: str) -> bool:
        state = result.advance.states.get(AlertKey(rule="sim/leverage", subject=account_subject(account)))
        return state is not None and state.condition is Condition.FIRING and state.level is Level.CRITICAL

    def _silence_is_said(self, result: CycleResult, reading: Reading, account: str) -> None:
        """Data that is missing is an alert of its own, at once."""
        row = reading.row_of(account_subject(account))
        if row is None or reading.levels[row] != UNKNOWN:
            return
        state = result.advance.states.get(AlertKey(rule="sim/data", subject=account_subject(account)))
        fires = state is not None and state.level >= Level.BREACH
        self.violations.check(fires, "I6", f"data of {account} is missing and nothing fires: {state}")

    def _positions_are_true(self, result: CycleResult, code: int, account: str, now_ms: int) -> None:
        """A list that riskd believes is one that was so: nothing missing, nothing that was not held."""
        state = result.snapshot.state(account, Surface.POSITIONS)
        if state is None or state.quality is not Quality.OK or self.truth.told_ms(account) < self.readable_ms:
            return
        since_ms = self._since_ms(account, now_ms)
        positions = result.snapshot.positions
        seen: dict[Slot, int] = {}
        for row in range(len(positions)):
            if positions.account[row] == code:
                instrument = result.snapshot.instruments[positions.instrument[row]]
                seen[instrument.venue_symbol, positions.position_side[row]] = row
        for slot, row in seen.items():
            held = self.truth.held(account, slot, since_ms, now_ms)
            quantity = positions.quantity_exact[row]
            self.violations.check(
                quantity in held,
                "I6",
                f"{account} {slot}: riskd sees {quantity}, truly {[str(q) for q in held]}",
            )
        for slot in self.truth.slots[account].keys() - seen.keys():
            held = self.truth.held(account, slot, since_ms, now_ms)
            self.violations.check(
                not all(held), "I6", f"{account} {slot}: riskd sees nothing, truly {[str(q) for q in held]}"
            )

    def _end_was_seen(self, result: CycleResult, event: AlertEvent, now_ms: int) -> None:
        """I6b: an alert ends only because of what was seen."""
        if event.kind is not EventKind.RESOLVED:
            return
        text = f"{event.key} resolved ({event.reason}) with {event.value}"
        if event.reason == "cleared":
            known = event.value is not None and not math.isnan(event.value)
            self.violations.check(known, "I6b", f"{text}: not a value")
        elif event.reason == "subject_closed" and event.key.subject.part("symbol"):
            self.violations.check(self._was_flat(event, now_ms), "I6b", f"{text}: it never was")

    def _was_flat(self, event: AlertEvent, now_ms: int) -> bool:
        """Whether the position was gone at some moment since it was last seen."""
        subject = event.key.subject
        symbol = subject.part("symbol").partition(":")[0].replace("/", "")
        sign = 1 if subject.part("side") == "long" else -1
        sides = ("BOTH", subject.part("side").upper())
        held = [
            quantity
            for side in sides
            for quantity in self.truth.held(
                subject.part("account"), (symbol, side), now_ms - 5 * _WINDOW_MS, now_ms
            )
            if (symbol, side) in self.truth.slots[subject.part("account")]
        ]
        return not held or any(quantity * sign <= 0 for quantity in held)
