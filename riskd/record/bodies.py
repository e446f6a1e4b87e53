"""What a journal entry of each kind holds: values as JSON bodies. ``nouns.py`` reads them back.

Exact numbers are text, unknown is null, times are text in UTC. docs/ledger.md describes each kind for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from riskd.model.alert import AlertEvent, AlertKey
from riskd.model.desk import Desk
from riskd.model.message import Message, Question
from riskd.model.order import Intent, PlanState, Receipt
from riskd.record.canonical import instant_text
from riskd.record.desk_text import desk_json
from riskd.record.fields import JsonObject, number_json
from riskd.record.rows import CycleRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided; or riskd, of what people may decide: on what terms a plan waits, that it disarmed itself.

    Attributes:
        what: ``ack``, ``silence``, ``approve``, ``reject`` and so on.
        actor: Who, as the control socket or the channel authenticated them; empty: riskd.
        target: The alert, plan or account it is about.
        until: When it ends by itself; None when it does not.
        note: Why, in their words; hostile text.
        via: How they came: ``socket uid 1000``, ``slack U012AB3CD``.
        facts: What else was decided, by name.
    """

    what: str
    actor: str
    target: str
    until: datetime | None
    note: str
    via: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        """One of the facts; empty when it is not told."""
        return dict(self.facts).get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """One policy file as it was read."""

    file: str
    text: str


def daemon_body(detail: str, *, actor: str = "", facts: Sequence[tuple[str, str]] = ()) -> JsonObject:
    """START, STOP, GAP, HALT, RESUME and FAULT: what happened, who caused it (empty: riskd), further facts."""
    return {"detail": detail, "actor": actor, "facts": dict(facts)}


def accounts_body(desk: Desk) -> JsonObject:
    """ACCOUNTS: the desk as configured."""
    return desk_json(desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord:
    """Policies that came into force, as the journal keeps them.

    Attributes:
        at: When.
    """

    policy_hash: str
    files: tuple[PolicyText, ...]
    at: datetime


def policy_body(
    policy_hash: str,
    files: Sequence[PolicyText],
    *,
    canonical: Sequence[tuple[str, str]] = (),
    changes: Sequence[str] = (),
    actor: str = "",
) -> JsonObject:
    """POLICY: the whole text of every file of a bundle, so that a verdict can be explained years later.

    Args:
        canonical: Name and canonical form of each policy, which is what the hash is of; left out when the entry before
            is of the same hash.
        changes: What differs from the policies before, a line each.
    """
    return {
        "policy_hash": policy_hash,
        "files": [{"file": file.file, "text": file.text} for file in files],
        "canonical": [{"policy": name, "text": text} for name, text in canonical],
        "changes": list(changes),
        "actor": actor,
    }


def cycle_body(rows: CycleRows) -> JsonObject:
    """CYCLE: the digest under which the ledger keeps the cycle's rows."""
    return {
        "snapshot_id": rows.snapshot_id,
        "taken_at": instant_text(rows.taken_at),
        "policy_hash": rows.policy_hash,
        "digest": rows.digest,
        "quality_worst": rows.quality_worst.value,
        "positions": rows.positions,
    }


def event_body(event: AlertEvent, state: JsonObject) -> JsonObject:
    """EVENT: one change of an alert, and the whole state that it changed to, as the judge writes states."""
    return {
        **_key(event.key),
        "kind": event.kind.value,
        "reason": event.reason,
        "level_before": event.level_before.name.lower(),
        "level_after": event.level_after.name.lower(),
        "condition_after": event.condition_after.value,
        "value": number_json(event.value),
        "limit": number_json(event.limit),
        "episode": event.episode,
        "version": event.version,
        "state": state,
    }


def state_body(key: AlertKey, state: JsonObject) -> JsonObject:
    """STATE: an alert's state moved without an event."""
    return {**_key(key), "state": state}


def plan_state_body(plan_id: str, state: PlanState, reason: str) -> JsonObject:
    """PLAN_STATE: what became of a plan."""
    return {"id": plan_id, "state": state.value, "reason": reason}


def intent_body(intent: Intent) -> JsonObject:
    """INTENT: an order, before it is sent."""
    return {
        "client_order_id": intent.client_order_id,
        "plan_id": intent.plan_id,
        "account": intent.account,
        "venue": intent.venue,
        "symbol": intent.symbol,
        "venue_symbol": intent.venue_symbol,
        "position_side": intent.position_side,
        "direction": intent.direction.value,
        "held": str(intent.held),
        "quantity": str(intent.quantity),
        "limit_price": _exact(intent.limit_price),
        "execution": intent.execution.value,
        "trigger_price": _exact(intent.trigger_price),
        "created_at": instant_text(intent.created_at),
        "expires_at": instant_text(intent.expires_at),
    }


def receipt_body(receipt: Receipt) -> JsonObject:
    """RECEIPT: what became known of an order."""
    return {
        "client_order_id": receipt.client_order_id,
        "status": receipt.status.value,
        "filled": str(receipt.filled),
        "average_price": _exact(receipt.average_price),
        "venue_order_id": receipt.venue_order_id,
        "code": receipt.code,
        "detail": receipt.detail,
        "at": instant_text(receipt.at),
    }


def message_body(message: Message) -> JsonObject:
    """MESSAGE: something to be said to people."""
    return {
        "key": message.key,
        "kind": message.kind.value,
        "level": message.level.name.lower(),
        "thread": message.thread,
        "edits_root": message.edits_root,
        "headline": message.headline,
        "fields": [[name, value] for name, value in message.fields],
        "body": list(message.body),
        "question": None if message.question is None else _question(message.question),
        "table": [list(row) for row in message.table],
    }


def delivery_body(*, channel: str, key: str, thread: str, reference: str) -> JsonObject:
    """DELIVERY: a channel took a message and calls the post ``reference``."""
    return {"channel": channel, "key": key, "thread": thread, "reference": reference}


def decision_body(decision: Decision) -> JsonObject:
    """DECISION: what was decided."""
    return {
        "what": decision.what,
        "actor": decision.actor,
        "target": decision.target,
        "until": None if decision.until is None else instant_text(decision.until),
        "note": decision.note,
        "via": decision.via,
        "facts": [[name, value] for name, value in decision.facts],
    }


def _question(question: Question) -> JsonObject:
    return {"plan_id": question.plan_id, "digest": question.digest, "confirm": question.confirm}


def _key(key: AlertKey) -> JsonObject:
    return {
        "rule": key.rule,
        "grain": key.subject.grain.value,
        "subject": [[name, value] for name, value in key.subject.parts],
    }


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
