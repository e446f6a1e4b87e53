"""Reads back what the watched pass left: the story from the journal, and what the venue made of the orders in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from riskd.act.plan_words import summary
from riskd.act.waiting import SUPERSEDED_BY
from riskd.daemon.demo.news import is_news
from riskd.daemon.demo.result import CancelledOrder, MadePlan, Said, SentOrder
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.order import Execution, Intent, Receipt
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, Rejection
from riskd.record.fold import OrderRecord, PlanRecord, remember
from riskd.record.nouns import fields_of, message

# How the journal begins what it says of a cancellation; below that very headline it needs not be said in each row.
_AS_PLANNED, _CANCELS = "cancels a resting order, as the plan says: ", "cancels a resting "

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def orders_of(entries: Iterable[JournalEntry], exchange: Exchange) -> tuple[SentOrder, ...]:
    """Every order that riskd meant to send, with what became of it, in the order of their intents.

    Whether an order was reduce-only, and when it was booked, is taken from the venue and not from riskd.
    """
    listed = list(entries)
    known = remember(listed, since=_EPOCH, channels=())
    rules = {record.plan.id: record.plan.rule for record in known.plans}
    sequences = {
        str(entry.body["client_order_id"]): entry.sequence
        for entry in listed
        if entry.kind == EntryKind.INTENT
    }
    return tuple(_sent(record, rules, sequences, exchange) for record in known.orders)


def plans_of(entries: Iterable[JournalEntry]) -> tuple[MadePlan, ...]:
    """Every plan, with what became of it, in the order in which they were made; of several versions the last."""
    records = remember(entries, since=_EPOCH, channels=()).plans
    return tuple(_made(record) for record in records if not record.reason.startswith(SUPERSEDED_BY))


def cancelled_of(entries: Iterable[JournalEntry]) -> tuple[CancelledOrder, ...]:
    """Every resting order that riskd cancelled."""
    return tuple(_cancelled(entry) for entry in entries if entry.kind == EntryKind.CANCEL)


def said_of(entries: Iterable[JournalEntry]) -> tuple[Said, ...]:
    """What riskd said, in the order in which it did: the first of each message."""
    said: dict[str, Said] = {}
    for entry in entries:
        if entry.kind != EntryKind.MESSAGE:
            continue
        told = message(fields_of(entry))
        account = next((value for name, value in told.fields if name == "Account"), "")
        if is_news(told):
            said.setdefault(
                told.key, Said(at=entry.at, level=told.level, account=account, text=told.headline)
            )
    return tuple(said.values())


def repeated(entries: Iterable[JournalEntry], exchange: Exchange) -> int:
    """How many orders of riskd the venue booked again after it had booked them, by its own lists."""
    intents = [record.intent for record in remember(entries, since=_EPOCH, channels=()).orders]
    places = {(intent.account, intent.venue_symbol) for intent in intents}
    booked = Counter(name for account, symbol in places for name in _names(exchange, account, symbol))
    return sum(max(0, booked[intent.client_order_id] - 1) for intent in intents)


def _names(exchange: Exchange, account: str, symbol: str) -> Iterator[str]:
    for order in (*exchange.orders(account, symbol), *exchange.algo_orders(account, symbol)):
        yield order.client_order_id


def _made(record: PlanRecord) -> MadePlan:
    plan = record.plan
    return MadePlan(
        id=plan.id,
        made_at=record.recorded_at,
        account=plan.account,
        rule=plan.rule,
        what=summary(plan),
        advice=(*plan.remains, *plan.advice),
        state=record.state.value,
        reason=record.reason,
        ended_at=record.changed_at,
    )


def _cancelled(entry: JournalEntry) -> CancelledOrder:
    fields = fields_of(entry)
    facts = fields.object("facts")
    return CancelledOrder(
        at=entry.at,
        account=str(facts["account"]),
        symbol=str(facts["symbol"]),
        plan=str(facts["plan"]),
        why=fields.text("detail").removeprefix(_AS_PLANNED).removeprefix(_CANCELS),
    )


def _sent(
    record: OrderRecord, rules: dict[str, str], sequences: dict[str, int], exchange: Exchange
) -> SentOrder:
    intent, receipt = record.intent, record.receipt
    booked = _booked(exchange, intent)
    return SentOrder(
        intended_at=record.intended_at,
        intent_sequence=sequences[intent.client_order_id],
        booked_at=None if booked is None else datetime.fromtimestamp(booked.created_ms / 1000, UTC),
        account=intent.account,
        symbol=intent.symbol,
        side=intent.direction.value,
        execution=intent.execution.value,
        trigger_price=intent.trigger_price,
        quantity=intent.quantity,
        filled=intent.quantity * 0 if receipt is None else receipt.filled,
        average_price=None if receipt is None else receipt.average_price,
        status="unknown" if receipt is None else _status(receipt),
        rule=rules.get(intent.plan_id, ""),
        client_order_id=intent.client_order_id,
        reduce_only=booked is None or booked.reduce_only,
    )


def _status(receipt: Receipt) -> str:
    word = receipt.status.value.replace("_", " ")
    return f"{word} ({receipt.code})" if receipt.code else word


def _booked(exchange: Exchange, intent: Intent) -> Order | None:
    try:
        if intent.execution is Execution.STOP:
            return exchange.algo_order(intent.account, client_order_id=intent.client_order_id)
        return exchange.order(intent.account, intent.venue_symbol, client_order_id=intent.client_order_id)
    except Rejection:
        return None
