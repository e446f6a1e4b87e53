"""Reads back what the watched pass left: orders from the journal, and what the venue made of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from riskd.daemon.demo.result import SentOrder
from riskd.model.journal import EntryKind, JournalEntry
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, Rejection
from riskd.record.fold import OrderRecord, remember

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


def _sent(
    record: OrderRecord, rules: dict[str, str], sequences: dict[str, int], exchange: Exchange
) -> SentOrder:
    intent, receipt = record.intent, record.receipt
    booked = _booked(exchange, intent.account, intent.venue_symbol, intent.client_order_id)
    return SentOrder(
        intended_at=record.intended_at,
        intent_sequence=sequences[intent.client_order_id],
        booked_at=None if booked is None else datetime.fromtimestamp(booked.created_ms / 1000, UTC),
        account=intent.account,
        symbol=intent.symbol,
        side=intent.direction.value,
        quantity=intent.quantity,
        filled=intent.quantity * 0 if receipt is None else receipt.filled,
        average_price=None if receipt is None else receipt.average_price,
        status="unknown" if receipt is None else receipt.status.value,
        rule=rules.get(intent.plan_id, ""),
        client_order_id=intent.client_order_id,
        reduce_only=booked is None or booked.reduce_only,
    )


def _booked(exchange: Exchange, account: str, symbol: str, client_order_id: str) -> Order | None:
    try:
        return exchange.order(account, symbol, client_order_id=client_order_id)
    except Rejection:
        return None
