"""Faults planted in the daemon, each in a part that is wrapped or subclassed here: tests of the tests.

No invariant without a mutant that breaks it: a simulation that finds nothing has not proved that it could.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from riskd.act.clamp import Fresh
from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import JournalError, NotifierError, VenueUnavailable
from riskd.execution import Bounds, Executor, IntentLog
from riskd.model.message import Message
from riskd.model.order import Intent, Plan, PlanState, Receipt, Reduction
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.ports import Clock, Notifier, VenueTransport
from tests.simulation.parts import Wrap, as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A daemon with one fault.

    Attributes:
        name: What it does wrong.
        caught_by: Invariants of which the first that is found broken must be one.
    """

    name: str
    caught_by: frozenset[str] = frozenset()
    executor: type[Executor] = Executor
    wrap_reading: Wrap = as_it_is
    wrap_trading: Wrap = as_it_is
    wrap_notifier: Callable[[Notifier], Notifier] = lambda notifier: notifier


@dataclass(slots=True)
class _Wrapped:
    """A transport that hands everything on."""

    inner: VenueTransport
    clock: Clock

    async def call(self, call: VenueCall) -> VenueAnswer:
        return await self.inner.call(call)

    async def close(self) -> None:
        await self.inner.close()


class _Resending(_Wrapped):
    """An order without an answer is sent once more: "it failed, try again"."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        try:
            answer = await self.inner.call(call)
        except VenueUnavailable:
            if call.method != "POST":
                raise
            return await self.inner.call(call)
        return await self.inner.call(call) if call.method == "POST" and answer.status >= 500 else answer


class _TimeoutIsRefusal(_Wrapped):
    """No answer is taken for a no."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        try:
            return await self.inner.call(call)
        except VenueUnavailable as error:
            raise VenueUnavailable(str(error), reason=f"unsent:{error.reason}") from error


class _NotReducing(_Wrapped):
    """``reduceOnly`` is left out."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        kept = tuple((name, value) for name, value in call.params if name != "reduceOnly")
        return await self.inner.call(replace(call, params=kept))


class _Doubling(_Wrapped):
    """Twice the quantity leaves: units mixed up."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        params = tuple(
            (name, str(Decimal(value) * 2) if name == "quantity" else value) for name, value in call.params
        )
        return await self.inner.call(replace(call, params=params))


class _Hasty(Executor):
    """ "No such order" is believed at once, though the order may still be on its way."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts, bounds=Bounds(proof_margin_seconds=-3600.0))


class _Blind(Executor):
    """The position is taken to be what it was when the plan was made."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**{**parts, "read": _as_planned})


async def _as_planned(reduction: Reduction) -> Fresh:
    return Fresh(held=reduction.held, mark_price=reduction.mark_price)


class _SendsFirst(Executor):
    """An order is written down together with what became of it, and the gate does not look for it in the journal."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def trusting(plan: Plan, reduction: Reduction, _leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, None)
            return refusal

        super().__init__(**{**parts, "log": _LateLog(parts["log"]), "gate": trusting})


class _BelievesFirst(Executor):
    """What became of an order is believed though it could not be written down, and the gate does not look there."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def careless(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, leaving)
            overlooked = {RefusalReason.UNRESOLVED_INTENT, RefusalReason.JOURNAL_DOWN}
            return None if refusal is not None and refusal.reason in overlooked else refusal

        super().__init__(**{**parts, "log": _ForgivingLog(parts["log"]), "gate": careless})


class _Unstoppable(Executor):
    """Once a plan is under way the kill switch is not looked at again."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def deaf(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, leaving)
            return None if refusal is not None and refusal.reason is RefusalReason.HALTED else refusal

        super().__init__(**{**parts, "gate": deaf})


@dataclass(slots=True)
class _Log:
    """An intent log that hands everything on."""

    inner: IntentLog

    def plan_began(self, plan: Plan, at: datetime) -> None:
        self.inner.plan_began(plan, at)

    def intent(self, intent: Intent) -> None:
        self.inner.intent(intent)

    def receipt(self, receipt: Receipt) -> None:
        self.inner.receipt(receipt)

    def plan_ended(self, plan: Plan, state: PlanState, reason: str, at: datetime) -> None:
        self.inner.plan_ended(plan, state, reason, at)

    def next_sequence(self) -> int:
        return self.inner.next_sequence()


@dataclass(slots=True)
class _LateLog(_Log):
    meant: dict[str, Intent] = field(default_factory=dict)

    def intent(self, intent: Intent) -> None:
        self.meant[intent.client_order_id] = intent

    def receipt(self, receipt: Receipt) -> None:
        meant = self.meant.pop(receipt.client_order_id, None)
        if meant is not None:
            self.inner.intent(meant)
        self.inner.receipt(receipt)


class _ForgivingLog(_Log):
    def receipt(self, receipt: Receipt) -> None:
        try:
            self.inner.receipt(receipt)
        except JournalError:
            return  # "the next one will do"


@dataclass(slots=True)
class _SaysItIsDone:
    """A message counts as delivered before it is posted."""

    inner: Notifier
    posting: set[asyncio.Task[str]] = field(default_factory=set)

    @property
    def channel(self) -> str:
        return self.inner.channel

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        task = asyncio.get_running_loop().create_task(self._try(message, root, edit))
        self.posting.add(task)
        return edit or "somewhere"

    async def _try(self, message: Message, root: str, edit: str) -> str:
        try:
            return await self.inner.post(message, root=root, edit=edit)
        except NotifierError:
            return ""

    async def close(self) -> None:
        await self.inner.close()


@dataclass(slots=True)
class _GivesUp:
    """A message that was not taken is let go of."""

    inner: Notifier

    @property
    def channel(self) -> str:
        return self.inner.channel

    async def post(self, message: Message, *, root: str, edit: str) -> str:
        try:
            return await self.inner.post(message, root=root, edit=edit)
        except NotifierError:
            return edit or "nowhere"

    async def close(self) -> None:
        await self.inner.close()


NONE = Mutant(name="none")

MUTANTS = (
    Mutant(name="resends", caught_by=frozenset({"I3"}), wrap_trading=_Resending),
    Mutant(name="timeout-is-refusal", caught_by=frozenset({"I5y", "I5x"}), wrap_trading=_TimeoutIsRefusal),
    Mutant(name="not-reduce-only", caught_by=frozenset({"I1a"}), wrap_trading=_NotReducing),
    Mutant(name="twice-the-quantity", caught_by=frozenset({"I2"}), wrap_trading=_Doubling),
    Mutant(name="not-found-at-once", caught_by=frozenset({"I5y", "I5x"}), executor=_Hasty),
    Mutant(name="no-fresh-read", caught_by=frozenset({"I12"}), executor=_Blind),
    Mutant(name="sends-before-it-writes", caught_by=frozenset({"I2"}), executor=_SendsFirst),
    Mutant(name="believes-before-it-writes", caught_by=frozenset({"I4", "I10"}), executor=_BelievesFirst),
    Mutant(name="deaf-to-the-kill-switch", caught_by=frozenset({"I10"}), executor=_Unstoppable),
    Mutant(name="delivered-before-posted", caught_by=frozenset({"I5"}), wrap_notifier=_SaysItIsDone),
    Mutant(name="gives-up", caught_by=frozenset({"I5"}), wrap_notifier=_GivesUp),
)
