"""Carries out a plan of an armed account with the order protocol, under the guard, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

import structlog

from riskd.act.clamp import Fresh, OrderStyle, Pricing, Stamp, intent_for
from riskd.act.guard import check_order
from riskd.act.identity import Identity
from riskd.act.message_plan import execution_message
from riskd.act.proposal import Proposal
from riskd.act.refusal import Refusal, RefusalReason
from riskd.daemon.gate import Gatekeeper
from riskd.daemon.memory import Memory
from riskd.daemon.settings import OrderSettings
from riskd.errors import JournalError
from riskd.execution import Executor, FreshRead, PlanResult, Unblock
from riskd.model.instrument import Instrument
from riskd.model.message import Message
from riskd.model.order import Intent, Plan, PlanState, Reduction
from riskd.ports import Clock, OrderSender

# Each slice that the collar keeps from filling widens it: 1, 2 and 4 times what the house states, then the market. In a
# crash the book is far below the mark, and an order that never fills protects nobody.
_COLLARS = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """What an armed account can do.

    Attributes:
        read: One position, read afresh and completely.
        unblock: Cancels resting take-profits that stand in the way.
    """

    sender: OrderSender
    read: FreshRead
    unblock: Unblock


class PlanListener(Protocol):
    """Somebody who wants to know how plans end."""

    def after_plan(self, result: PlanResult) -> None:
        """A plan ended."""


class Carrier:
    """What carries out plans.

    Args:
        armed: By account; an account without an entry only observes, because no object exists that could send.
        say: Makes a message durable and queues it.
        listeners: Told of every plan that ended.
        executor: Carries out plans.
    """

    def __init__(
        self,
        *,
        armed: Mapping[str, Armed],
        memory: Memory,
        gatekeeper: Gatekeeper,
        clock: Clock,
        identity: Identity,
        settings: OrderSettings,
        say: Callable[[Message], None],
        listeners: Sequence[PlanListener] = (),
        executor: type[Executor] = Executor,
    ) -> None:
        self._armed = armed
        self._memory = memory
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._identity = identity
        self._settings = settings
        self._say = say
        self._listeners = listeners
        self._make_executor = executor
        self._instruments: Mapping[str, Instrument] = {}
        self._log = structlog.get_logger("riskd")

    def is_armed(self, account: str) -> bool:
        """Whether an order of an account could be sent at all."""
        return account in self._armed

    @property
    def accounts(self) -> frozenset[str]:
        """Accounts of which an order could be sent."""
        return frozenset(self._armed)

    def look(self, instruments: Sequence[Instrument]) -> None:
        """Take in the contract terms of the newest picture."""
        self._instruments = {instrument.symbol: instrument for instrument in instruments}

    async def close(self) -> None:
        """Release connections."""
        for armed in self._armed.values():
            await armed.sender.close()

    async def carry_out(self, proposal: Proposal) -> None:
        """Execute a plan that the guard has let through, and tell everybody how it ended."""
        plan = proposal.plan
        result = await self._guarded(plan, self._executor(plan.account, proposal))
        self._log.info(
            "plan_ended",
            plan=plan.id,
            account=plan.account,
            rule=plan.rule,
            state=result.state.value,
            orders=len(result.receipts),
            reason=result.reason,
        )
        self._say(execution_message(plan, result.receipts, at=self._clock.now()))
        for listener in self._listeners:
            listener.after_plan(result)

    async def _guarded(self, plan: Plan, executor: Executor) -> PlanResult:
        """Carry out a plan; a failure of ours ends it in the open. Its intents, if any, are resolved with the venue."""
        try:
            return await executor.carry_out(plan)
        except Exception as error:  # noqa: BLE001 - said, logged and recorded; the plan must not stay open for ever
            self._log.exception("plan_broke", plan=plan.id)
            reason = f"internal error, {type(error).__name__}: {error}"
            with suppress(JournalError):  # the journal's own state is said by the recording
                self._memory.plan_ended(plan, PlanState.FAILED, reason, self._clock.now())
            return PlanResult(plan=plan, state=PlanState.FAILED, reason=reason, receipts=())

    def _executor(self, account: str, proposal: Proposal) -> Executor:
        armed = self._armed[account]

        def gate(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            facts = self._gatekeeper.facts(proposal, own_plan=plan.id, leaving=leaving)
            if leaving is not None:
                return check_order(Decimal(0), facts)  # its notional is already among what was intended
            # Slices are cut to the largest order, so the order that is checked is never larger than that.
            notional = min(reduction.quantity * reduction.mark_price, facts.house.order_notional_max)
            return check_order(notional, facts)

        return self._make_executor(
            sender=armed.sender,
            log=self._memory,
            clock=self._clock,
            read=armed.read,
            gate=gate,
            build=self._build,
            unblock=armed.unblock,
        )

    def _build(
        self, plan: Plan, reduction: Reduction, fresh: Fresh, attempt: int, sequence: int
    ) -> Intent | Refusal:
        """The next slice: inside a collar that widens with each attempt, then at market."""
        instrument = self._instruments.get(reduction.symbol)
        if instrument is None:
            return Refusal(
                RefusalReason.NOT_TRADABLE, f"{reduction.symbol}: its contract terms are not known"
            )
        largest = Decimal(str(self._settings.notional_per_order_max)) / fresh.mark_price
        cut = replace(
            instrument,
            quantity_max=min(instrument.quantity_max, largest),
            market_quantity_max=min(instrument.market_quantity_max, largest),
        )
        collared = attempt < len(_COLLARS)
        width = _COLLARS[attempt] if collared else 1
        style = OrderStyle(
            pricing=Pricing.COLLAR if collared else Pricing.MARKET,
            collar_rate=Decimal(str(self._settings.collar)) * width,
        )
        stamp = Stamp(identity=self._identity, plan_id=plan.id, sequence=sequence, now=self._clock.now())
        return intent_for(reduction, fresh, cut, style=style, stamp=stamp)

    async def resolve(self, intent: Intent) -> None:
        """Ask the venue what became of an order of unknown outcome."""
        executor = self._make_executor(
            sender=self._armed[intent.account].sender,
            log=self._memory,
            clock=self._clock,
            read=self._armed[intent.account].read,
            gate=_never,
            build=self._build,
            unblock=self._armed[intent.account].unblock,
        )
        try:
            receipt = await executor.resolve(intent)
        except JournalError as error:
            self._log.error("not_resolved", order=intent.client_order_id, fault=str(error))
        else:
            self._log.info("resolved", order=intent.client_order_id, status=receipt.status.value)


def _never(_plan: Plan, _reduction: Reduction, _leaving: Intent | None) -> Refusal | None:
    return Refusal(RefusalReason.NOT_ARMED, "this executor only asks")
