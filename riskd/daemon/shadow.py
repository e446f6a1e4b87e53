"""New policies judge the same snapshots as those in force for a few cycles, without saying or doing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed_copy

from riskd.cycle import CycleResult, judge, wanted
from riskd.daemon.orders_due import Order, orders_beyond, orders_due
from riskd.daemon.policies import LoadedPolicies
from riskd.judge.answered import Ask, nobody_asked
from riskd.judge.reading import Reading
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.policy.change.change import Change
from riskd.policy.change.difference import changed_rules, differences


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMove:
    """An alert that stands otherwise under the new policies.

    Attributes:
        old: Level under those in force; OK: does not fire.
        new: Level under the new ones.
        waits: Beyond a limit of the new ones, not yet for as long as the rule asks.
    """

    key: AlertKey
    old: Level
    new: Level
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    """What new policies change.

    Attributes:
        changes: Between the files.
        cycles: How many cycles were judged by both.
        moves: Alerts that stand otherwise, in the order of their keys.
        orders_more: Reductions, cancellations and stops that firing alerts ask for under the new policies only.
        orders_fewer: Under those in force only.
        orders_alone: Orders that would go out without a person once the new policies are in force, at once or when a
            `for` has passed, and that are not due so under those in force.
    """

    changes: tuple[Change, ...]
    cycles: int
    moves: tuple[AlertMove, ...] = ()
    orders_more: tuple[Order, ...] = ()
    orders_fewer: tuple[Order, ...] = ()
    orders_alone: tuple[Order, ...] = ()


class Shadow:
    """Policies that wait to come into force.

    Args:
        loaded: The new ones.
        in_force: The ones that judge meanwhile.
        cycles: How many cycles to watch; at least 1.
        ask: Asks the queries of rules that have one.
    """

    def __init__(
        self, loaded: LoadedPolicies, in_force: Bundle, *, cycles: int, ask: Ask = nobody_asked
    ) -> None:
        self.loaded = loaded
        self._ask = ask
        self._in_force = in_force
        self._wanted_cycles = cycles
        self._cycles = 0
        self._states: Mapping[AlertKey, AlertState] = {}
        self._last: tuple[CycleResult, Sequence[Reading]] | None = None

    @property
    def is_over(self) -> bool:
        """Whether enough was seen."""
        return self._cycles >= self._wanted_cycles

    def watch(self, result: CycleResult, before: Mapping[AlertKey, AlertState]) -> None:
        """Judge what a cycle judged.

        Args:
            result: Of the cycle.
            before: Alerts as they were before it.
        """
        begins = self._cycles == 0
        judged = judge(
            self.loaded.bundle,
            result.snapshot,
            result.book,
            before if begins else self._states,
            now=result.snapshot.taken_at,
            changed=changed_rules(self._in_force, self.loaded.bundle) if begins else frozenset(),
            ask=self._ask,
        )
        self._states = judged.advance.states
        self._last = (result, judged.readings)
        self._cycles += 1

    def report(self) -> ShadowReport:
        """What was seen so far."""
        changes = differences(self._in_force, self.loaded.bundle)
        if self._last is None:
            return ShadowReport(changes=changes, cycles=0)
        result, readings = self._last
        live = result.advance.states
        old, new = _orders(result.readings, live), _orders(readings, self._states)
        return ShadowReport(
            changes=changes,
            cycles=self._cycles,
            moves=tuple(_moves(live, self._states)),
            orders_more=tuple(order for order in new if order not in old),
            orders_fewer=tuple(order for order in old if order not in new),
            orders_alone=orders_beyond(orders_due(readings, self._states), orders_due(result.readings, live)),
        )

    def carried(self, live: Mapping[AlertKey, AlertState]) -> dict[AlertKey, AlertState]:
        """The alerts with which the new policies begin: those in force, with the timers of the shadow.

        What has been beyond a limit since the shadow began need not wait anew. Nothing fires or ends by this itself: the
        next cycle finds it due, says it and records it.
        """
        return dict(live) | {
            key: changed_copy(
                live.get(key, AlertState()),
                crossed_at=seen.crossed_at,
                missing_since=seen.missing_since,
                last_good_at=seen.last_good_at,
            )
            for key, seen in self._states.items()
            if seen.crossed_at != live.get(key, AlertState()).crossed_at
            or seen.missing_since != live.get(key, AlertState()).missing_since
        }


def _moves(live: Mapping[AlertKey, AlertState], seen: Mapping[AlertKey, AlertState]) -> Iterable[AlertMove]:
    nothing = AlertState()
    for key in sorted({*live, *seen}, key=lambda key: (key.rule, str(key.subject))):
        old, new = live.get(key, nothing), seen.get(key, nothing)
        waits = new.condition is Condition.PENDING and old.condition is Condition.OK
        if old.level is not new.level or waits:
            yield AlertMove(key=key, old=old.level, new=new.level, waits=waits)


def _orders(readings: Sequence[Reading], states: Mapping[AlertKey, AlertState]) -> tuple[Order, ...]:
    return tuple(
        (asked.rule.id, asked.subject, asked.action.kind.value) for asked in wanted(readings, states)
    )
