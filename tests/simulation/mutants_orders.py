"""Faults of the hands: orders sent twice, too early, too large, or believed before they are certain."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from riskd.act.clamp import Fresh
from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import JournalError, VenueUnavailable
from riskd.execution import Bounds, Executor, IntentLog, PlanResult
from riskd.model.order import Intent, OrderStatus, Plan, PlanState, Receipt, Reduction
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, OrderRequest
from tests.simulation.mutant import Wrapped


class Resending(Wrapped):
    """An order without an answer is sent once more: "it failed, try again"."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        try:
            answer = await self.inner.call(call)
        except VenueUnavailable:
            if call.method != "POST":
                raise
            return await self.inner.call(call)
        return await self.inner.call(call) if call.method == "POST" and answer.status >= 500 else answer


class TimeoutIsRefusal(Wrapped):
    """No answer is taken for a no."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        try:
            return await self.inner.call(call)
        except VenueUnavailable as error:
            raise VenueUnavailable(str(error), reason=f"unsent:{error.reason}") from error


class NotReducing(Wrapped):
    """``reduceOnly`` is left out."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        kept = tuple((name, value) for name, value in call.params if name != "reduceOnly")
        return await self.inner.call(replace(call, params=kept))


class Doubling(Wrapped):
    """Twice the quantity leaves: units mixed up."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        params = tuple(
            (name, str(Decimal(value) * 2) if name == "quantity" else value) for name, value in call.params
        )
        return await self.inner.call(replace(call, params=params))


class Hasty(Executor):
    """ "No such order" is believed at once, though the order may still be on its way."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts, bounds=Bounds(proof_margin_seconds=-3600.0))


class Blind(Executor):
    """The position is taken to be what it was when the plan was made."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**{**parts, "read": _as_planned})


async def _as_planned(reduction: Reduction) -> Fresh:
    return Fresh(held=reduction.held, mark_price=reduction.mark_price)


class SendsFirst(Executor):
    """An order is written down together with what became of it, and the gate does not look for it in the journal."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def trusting(plan: Plan, reduction: Reduction, _leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, None)
            return refusal

        super().__init__(**{**parts, "log": _LateLog(parts["log"]), "gate": trusting})


class BelievesFirst(Executor):
    """What became of an order is believed though it could not be written down, and the gate does not look there."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def careless(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, leaving)
            overlooked = {RefusalReason.UNRESOLVED_INTENT, RefusalReason.JOURNAL_DOWN}
            return None if refusal is not None and refusal.reason in overlooked else refusal

        super().__init__(**{**parts, "log": _ForgivingLog(parts["log"]), "gate": careless})


class Unstoppable(Executor):
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


class Impatient(Executor):
    """What cannot be found out quickly is forgotten: the next slice follows, and the gate does not mind."""

    def __init__(self, **parts: Any) -> None:
        gate = parts["gate"]

        def forgetful(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            refusal: Refusal | None = gate(plan, reduction, leaving)
            overlooked = refusal is not None and refusal.reason is RefusalReason.UNRESOLVED_INTENT
            return None if overlooked else refusal

        super().__init__(**{**parts, "gate": forgetful})

    async def resolve(self, intent: Intent) -> Receipt:
        return self._known(intent, OrderStatus.NOT_BOOKED, "it will not have arrived")


class Incurious(Executor):
    """The venue is never asked what became of an order."""

    async def resolve(self, intent: Intent) -> Receipt:
        return self._known(intent, OrderStatus.ESCALATED, "somebody should ask")


class Idle(Executor):
    """Nothing is ever sent."""

    async def carry_out(self, plan: Plan) -> PlanResult:
        return PlanResult(plan=plan, state=PlanState.REFUSED, reason="not today", receipts=())


class ClosesEverything(Executor):
    """A plan that closes all it touches, whatever was asked for."""

    async def carry_out(self, plan: Plan) -> PlanResult:
        whole = tuple(replace(step, quantity=abs(step.held)) for step in plan.reductions)
        return await super().carry_out(replace(plan, reductions=whole))


class ClearsTheWay(Wrapped):
    """Before an order leaves, whatever rests at the venue is cancelled, protective stops among it."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        if call.method == "POST":
            symbol = dict(call.params)["symbol"]
            cancel = replace(
                call, method="DELETE", path="/fapi/v1/algoOpenOrders", params=(("symbol", symbol),)
            )
            await self.inner.call(cancel)
        return await self.inner.call(call)


class DropsTheStop(Wrapped):
    """Before an order leaves, the stops of its contract are cancelled, one by one and by their ids."""

    async def call(self, call: VenueCall) -> VenueAnswer:
        if call.method == "POST":
            symbol = dict(call.params)["symbol"]
            listed = await self.inner.call(
                VenueCall(
                    method="GET", path="/fapi/v1/openAlgoOrders", params=(("symbol", symbol),), signed=True
                )
            )
            for row in json.loads(listed.text):
                params = (("symbol", symbol), ("algoId", str(row["algoId"])))
                await self.inner.call(
                    replace(call, method="DELETE", path="/fapi/v1/algoOrder", params=params)
                )
        return await self.inner.call(call)


class LaxExchange(Exchange):
    """A venue that takes ``reduceOnly`` and does not enforce it."""

    def place(self, account: str, request: OrderRequest) -> Order:
        return super().place(account, replace(request, reduce_only=False))
