"""Plans, decisions, refusals and executions as messages: replies under the alert that asked for them.

Proposed, approved, sent and filled are four different things, and each message says which of them is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from riskd.act.message import clock_words, root_key
from riskd.act.refusal import Refusal
from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.message import Message, MessageKind
from riskd.model.order import SETTLED, OrderStatus, Plan, Receipt, Reduction
from riskd.model.verdict import Level
from riskd.policy.text.units import show


def plan_message(plan: Plan, unit: Unit, *, mode: Mode, expires_at: datetime) -> Message:
    """A plan that has been made, and what becomes of it.

    Args:
        plan: No order of it exists yet.
        unit: Of the rule's measure.
        mode: Whether riskd sends it: the weakest permission, and ``propose`` where the action is left to a person.
        expires_at: Until when a person may trade on a plan that riskd does not send.
    """
    return Message(
        key=f"plan|{plan.id}",
        kind=MessageKind.PLAN,
        level=Level.CRITICAL,
        thread=_thread(plan),
        edits_root=False,
        headline=f"PLAN {plan.id} for {plan.account}: {_summary(plan, unit)}",
        fields=(
            ("Rule", plan.rule),
            ("Target", show(plan.target, unit)),
            ("Snapshot", str(plan.snapshot_id)),
        ),
        body=(*_orders(plan), *_untouched(plan), _prospect(mode, expires_at)),
    )


def decision_message(plan: Plan, *, word: str, person: str, at: datetime) -> Message:
    """A person approved or rejected a plan. Neither has sent anything.

    Args:
        plan: The plan.
        word: ``approved``, ``rejected`` or ``withdrawn``.
        person: Who decided.
        at: When.
    """
    return Message(
        key=f"plan|{plan.id}|{word}",
        kind=MessageKind.PLAN,
        level=Level.CRITICAL,
        thread=_thread(plan),
        edits_root=False,
        headline=f"PLAN {plan.id} for {plan.account}: {word} by {person}; nothing has been sent yet",
        fields=(("At", clock_words(at)),),
    )


def refusal_message(plan: Plan, refusal: Refusal, *, at: datetime) -> Message:
    """A plan or its next order was refused by the guard. Nothing was sent."""
    return Message(
        key=f"plan|{plan.id}|refused|{refusal.reason.value}",
        kind=MessageKind.EXECUTION,
        level=Level.CRITICAL,
        thread=_thread(plan),
        edits_root=False,
        headline=f"NOT SENT, plan {plan.id} for {plan.account}: {refusal.text}",
        fields=(("Reason", refusal.reason.value), ("At", clock_words(at))),
    )


def execution_message(plan: Plan, receipts: Sequence[Receipt], *, at: datetime) -> Message:
    """What the venue has said so far about a plan's orders.

    Args:
        plan: The plan that is being executed.
        receipts: The last receipt of each order sent, in order.
        at: When this was true.
    """
    return Message(
        key=f"execution|{plan.id}|{len(receipts)}|{'-'.join(receipt.status.value for receipt in receipts)}",
        kind=MessageKind.EXECUTION,
        level=Level.CRITICAL,
        thread=_thread(plan),
        edits_root=False,
        headline=f"EXECUTION of plan {plan.id} on {plan.account}: {_progress(receipts)}",
        fields=(("At", clock_words(at)),),
        body=tuple(_receipt_line(number, receipt) for number, receipt in enumerate(receipts, 1)),
    )


def _thread(plan: Plan) -> str:
    return root_key(plan.rule, plan.subject, plan.alert_episode)


def _summary(plan: Plan, unit: Unit) -> str:
    count = f"{len(plan.reductions)} position{'s' if len(plan.reductions) != 1 else ''}"
    notional = sum((step.quantity * step.mark_price for step in plan.reductions), Decimal(0))
    cost = sum(step.cost_estimate for step in plan.reductions)
    value = f"{show(plan.value_before, unit)} to {show(plan.value_after, unit)}"
    return (
        f"{plan.action} {count} by {_usd(float(notional))}, which takes the measure from {value}, "
        f"at a cost of about {_usd(cost)}"
    )


def _orders(plan: Plan) -> list[str]:
    return [f"{number}. {_order_line(step)}" for number, step in enumerate(plan.reductions, 1)]


def _order_line(step: Reduction) -> str:
    verb = "sell" if step.held > 0 else "buy"
    notional = _usd(float(step.quantity * step.mark_price))
    return f"{verb} {step.quantity} {step.symbol} of {abs(step.held)} held, reduce-only, about {notional}"


def _untouched(plan: Plan) -> list[str]:
    return [f"Untouched: {name}: {why}" for name, why in plan.untouched]


def _prospect(mode: Mode, expires_at: datetime) -> str:
    if mode is Mode.OBSERVE:
        return "riskd only observes here: nothing will be sent."
    if mode is Mode.PROPOSE:
        return (
            "riskd sends nothing of it: a person who agrees places these orders at the venue. The plan is made for the "
            f"book of this moment; after {clock_words(expires_at)} look again before trading on it."
        )
    return "The policy executes this plan. Positions are read again before each order; nothing has been sent yet."


def _progress(receipts: Sequence[Receipt]) -> str:
    if not receipts:
        return "nothing sent yet"
    unknown = sum(receipt.status in _UNRESOLVED for receipt in receipts)
    filled = sum(receipt.status is OrderStatus.FILLED for receipt in receipts)
    ended = sum(receipt.status in SETTLED for receipt in receipts)
    words = f"{filled} of {len(receipts)} orders filled"
    if unknown:
        return (
            f"{words}, {unknown} with UNKNOWN outcome; the account is blocked until the venue has said more"
        )
    return words if ended == len(receipts) else f"{words}, {len(receipts) - ended} under way"


_UNRESOLVED = frozenset({OrderStatus.UNKNOWN, OrderStatus.ESCALATED})


def _receipt_line(number: int, receipt: Receipt) -> str:
    price = "" if receipt.average_price is None else f" at {receipt.average_price}"
    detail = f": {receipt.detail}" if receipt.detail else ""
    code = f" ({receipt.code})" if receipt.code else ""
    return f"{number}. {receipt.status.value}, filled {receipt.filled}{price}{code}{detail}"


def _usd(amount: float) -> str:
    return show(amount, Unit.MONEY)
