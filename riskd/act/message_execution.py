"""What became of a plan's orders, as an edit of the plan's own post; and a call to people where it did not go as meant.

What the venue has filled is told, and nothing else: an order that was sent, or acknowledged, has filled nothing yet, and one
of unknown outcome is neither failed nor done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from riskd.act.message import clock_words
from riskd.act.message_plan import alert_of, plan_key
from riskd.act.plan_words import cost_estimate, count, plain, usd
from riskd.measure.spec import Unit
from riskd.model.message import Message, MessageKind
from riskd.model.order import SETTLED, Direction, Execution, Intent, OrderStatus, Plan, PlanState, Receipt
from riskd.model.verdict import Level
from riskd.policy.text.units import show

HEAD = ("#", "Order", "Filled", "Average", "Slippage")

_UNRESOLVED = frozenset({OrderStatus.UNKNOWN, OrderStatus.ESCALATED})
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a plan ended.

    Attributes:
        state: DONE, REFUSED or FAILED.
        reason: What was not done and why; empty when all was.
        intents: Orders that were meant, in any order; without them receipts have no symbol.
        cancelled: How many orders rest no more because of it.
        verified: What the account measures afterwards, in words; empty: nobody looked.
    """

    state: PlanState
    reason: str = ""
    intents: Sequence[Intent] = ()
    cancelled: int = 0
    verified: str = ""


def execution_message(
    plan: Plan, receipts: Sequence[Receipt], *, at: datetime, ended: Ended | None = None
) -> Message:
    """What the venue has said so far about a plan's orders; it edits the plan's own post.

    Args:
        plan: The plan that is being executed.
        receipts: The last receipt of each order sent, in order.
        at: When this was true.
        ended: How it ended; None: it has not.
    """
    intents = {intent.client_order_id: intent for intent in ended.intents} if ended else {}
    version = f"{ended.state.value if ended else 'running'}|{'-'.join(receipt.status.value for receipt in receipts)}"
    rows = tuple(_row(number, receipt, intents, plan) for number, receipt in enumerate(receipts, 1))
    return Message(
        key=f"execution|{plan.id}|{len(receipts)}|{version}",
        kind=MessageKind.EXECUTION,
        level=Level.CRITICAL,
        thread=plan_key(plan.id),
        edits_root=True,
        headline=f"{_word(ended)} plan {plan.id} on {plan.account}: {_progress(plan, receipts, ended, intents)}",
        fields=(("Rule", plan.rule), ("At", clock_words(at))),
        body=(*_ending_lines(ended), *_refusal_lines(receipts)),
        table=(HEAD, *rows) if rows else (),
    )


def ended_messages(
    plan: Plan, receipts: Sequence[Receipt], *, at: datetime, ended: Ended
) -> tuple[Message, ...]:
    """Everything that is said when a plan ends: the edit, and where it did not end well a post that is heard.

    An edit makes no sound. Orders of unknown outcome and plans that failed need somebody, so they are posted as well.
    """
    shown = execution_message(plan, receipts, at=at, ended=ended)
    if ended.state is PlanState.DONE and not any(receipt.status in _UNRESOLVED for receipt in receipts):
        return (shown,)
    call = replace(
        shown, key=f"{shown.key}|call", kind=MessageKind.ESCALATION, thread=alert_of(plan), edits_root=False
    )
    return (shown, call)


def _word(ended: Ended | None) -> str:
    if ended is None:
        return "EXECUTION of"
    return {PlanState.DONE: "EXECUTED", PlanState.REFUSED: "NOT SENT,"}.get(ended.state, "FAILED,")


def _progress(
    plan: Plan, receipts: Sequence[Receipt], ended: Ended | None, intents: Mapping[str, Intent]
) -> str:
    parts = [_orders(receipts, intents)] if receipts else []
    if ended is not None and ended.cancelled:
        parts.append(f"{count(ended.cancelled, 'order')} cancelled")
    costs = [_cost(receipt, intents.get(receipt.client_order_id), plan) for receipt in receipts]
    known = [cost for cost in costs if cost is not None]
    if known and len(known) == sum(_has_filled(receipt, intents) for receipt in receipts):
        parts.append(
            f"slippage {usd(float(sum(known)))} against {usd(cost_estimate(plan))} estimated with fees"
        )
    if ended is not None and ended.reason and ended.state is not PlanState.DONE:
        parts.append(ended.reason)
    return "; ".join(parts) or ("nothing was sent" if ended else "nothing sent yet")


def _orders(receipts: Sequence[Receipt], intents: Mapping[str, Intent]) -> str:
    """Orders that close, counted apart from stops, which fill nothing by being placed."""
    statuses = Counter(receipt.status for receipt in receipts)
    unknown = sum(statuses[status] for status in _UNRESOLVED)
    settled = sum(statuses[status] for status in SETTLED)
    closing = sum(not _is_stop(receipt, intents) for receipt in receipts)
    parts = [f"{statuses[OrderStatus.FILLED]} of {count(closing, 'order')} filled"] if closing else []
    if statuses[OrderStatus.PARTIALLY_FILLED]:
        parts.append(f"{statuses[OrderStatus.PARTIALLY_FILLED]} in part")
    if statuses[OrderStatus.RESTING] or not parts:
        parts.append(f"{count(statuses[OrderStatus.RESTING], 'stop')} resting")
    words = ", ".join(parts)
    if unknown:
        return (
            f"{words}, {unknown} with UNKNOWN outcome; the account is blocked until the venue has said more"
        )
    return words if settled == len(receipts) else f"{words}, {len(receipts) - settled} under way"


def _ending_lines(ended: Ended | None) -> Iterator[str]:
    if ended is not None and ended.reason:
        yield f"Why: {ended.reason}"
    if ended is not None and ended.verified:
        yield f"Re-read: {ended.verified}"


def _refusal_lines(receipts: Sequence[Receipt]) -> Iterator[str]:
    """The venue's own code and words, where it gave any."""
    for number, receipt in enumerate(receipts, 1):
        if receipt.code or receipt.detail:
            code = f" ({receipt.code})" if receipt.code else ""
            detail = f": {receipt.detail}" if receipt.detail else ""
            yield f"{number}. {receipt.status.value}{code}{detail}"


def _row(number: int, receipt: Receipt, intents: Mapping[str, Intent], plan: Plan) -> tuple[str, ...]:
    intent = intents.get(receipt.client_order_id)
    average = _UNKNOWN if receipt.average_price is None else plain(receipt.average_price)
    return (
        str(number),
        f"{_order(intent)}{receipt.status.value.replace('_', ' ')}",
        _filled(receipt, intent),
        "–" if receipt.average_price is None and not receipt.filled else average,
        _slippage(receipt, intent, plan),
    )


def _order(intent: Intent | None) -> str:
    if intent is None:
        return ""
    what = "stop " if intent.execution is Execution.STOP else ""
    return f"{what}{intent.direction.value.lower()} {intent.symbol}: "


def _filled(receipt: Receipt, intent: Intent | None) -> str:
    filled = plain(receipt.filled)
    return filled if intent is None else f"{filled} of {plain(intent.quantity)}"


def _slippage(receipt: Receipt, intent: Intent | None, plan: Plan) -> str:
    cost = _cost(receipt, intent, plan)
    if cost is None or intent is None:
        return "–" if not receipt.filled else _UNKNOWN
    mark = _mark(intent, plan)
    share = float(cost / (mark * receipt.filled)) if mark and receipt.filled else 0.0
    return f"{show(share, Unit.RATIO)}, {usd(float(cost))}"


def _is_stop(receipt: Receipt, intents: Mapping[str, Intent]) -> bool:
    intent = intents.get(receipt.client_order_id)
    return receipt.status is OrderStatus.RESTING or (
        intent is not None and intent.execution is Execution.STOP
    )


def _has_filled(receipt: Receipt, intents: Mapping[str, Intent]) -> bool:
    intent = intents.get(receipt.client_order_id)
    return bool(receipt.filled) and (intent is None or intent.execution is not Execution.STOP)


def _cost(receipt: Receipt, intent: Intent | None, plan: Plan) -> Decimal | None:
    """What was filled worse than at the mark that the plan was made on, quote currency; negative: better. None unknown."""
    if intent is None or receipt.average_price is None or not receipt.filled:
        return None
    mark = _mark(intent, plan)
    if mark is None:
        return None
    worse = (
        mark - receipt.average_price if intent.direction is Direction.SELL else receipt.average_price - mark
    )
    return worse * receipt.filled


def _mark(intent: Intent, plan: Plan) -> Decimal | None:
    steps = (
        step.mark_price
        for step in plan.reductions
        if (step.symbol, step.position_side) == (intent.symbol, intent.position_side)
    )
    return next(steps, None)
