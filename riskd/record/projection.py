"""The journal as ledger rows: what the ledger holds of it can always be made again from here.

The same functions serve the running daemon and a rebuild, so that both give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from riskd.model.journal import EntryKind, JournalEntry
from riskd.record.block import Block
from riskd.record.canonical import canonical_json
from riskd.record.fields import Fields
from riskd.record.nouns import alert_key, decision, fields_of, intent, level, message, receipt
from riskd.record.plan_rows import PLAN_COLUMNS, plan_rows
from riskd.record.plan_text import plan
from riskd.record.table import Cell, Table, Type

_TEXT, _REAL, _WHOLE, _FLAG, _STAMP = Type.TEXT, Type.REAL, Type.WHOLE, Type.FLAG, Type.STAMP
_ENTRY = {"journal_sequence": _WHOLE, "happened_at": _STAMP}
_ALERT = {"rule": _TEXT, "grain": _TEXT, "subject": _TEXT, "account": _TEXT}

_COLUMNS: Mapping[str, Mapping[str, Type]] = {
    "journal_projection": {**_ENTRY, "kind": _TEXT, "hash": _TEXT, "body": _TEXT},
    "daemon_events": {**_ENTRY, "kind": _TEXT, "detail": _TEXT, "actor": _TEXT, "facts": _TEXT},
    "accounts": {
        **_ENTRY, "account": _TEXT, "venue": _TEXT, "desk": _TEXT, "book": _TEXT, "mode": _TEXT, "labels": _TEXT,
    },
    "policies": {
        "journal_sequence": _WHOLE, "activated_at": _STAMP, "policy_hash": _TEXT, "file": _TEXT,
        "policy_text": _TEXT, "actor": _TEXT,
    },
    "policy_forms": {
        "journal_sequence": _WHOLE, "activated_at": _STAMP, "policy_hash": _TEXT, "policy": _TEXT, "form": _TEXT,
    },
    "policy_changes": {
        "journal_sequence": _WHOLE, "activated_at": _STAMP, "policy_hash": _TEXT, "change": _TEXT,
    },
    "alert_events": {
        **_ENTRY, **_ALERT, "episode": _WHOLE, "version": _WHOLE, "kind": _TEXT, "reason": _TEXT,
        "level_before": _TEXT, "level_after": _TEXT, "condition_after": _TEXT, "value": _REAL, "limit_value": _REAL,
    },
    "alert_states": {
        **_ENTRY, **_ALERT, "condition": _TEXT, "level": _TEXT, "is_unknown": _FLAG, "episode": _WHOLE,
        "version": _WHOLE, "opened_at": _STAMP, "state": _TEXT,
    },
    **{name: {**_ENTRY, **columns} for name, columns in PLAN_COLUMNS.items()},
    "plan_states": {**_ENTRY, "plan_id": _TEXT, "state": _TEXT, "reason": _TEXT},
    "intents": {
        **_ENTRY, "client_order_id": _TEXT, "plan_id": _TEXT, "account": _TEXT, "venue": _TEXT, "symbol": _TEXT,
        "venue_symbol": _TEXT, "position_side": _TEXT, "direction": _TEXT, "held": _REAL, "held_exact": _TEXT,
        "quantity": _REAL, "quantity_exact": _TEXT, "limit_price": _REAL, "limit_price_exact": _TEXT,
        "created_at": _STAMP, "expires_at": _STAMP, "execution": _TEXT, "trigger_price": _REAL,
        "trigger_price_exact": _TEXT,
    },
    "receipts": {
        **_ENTRY, "client_order_id": _TEXT, "status": _TEXT, "filled": _REAL, "filled_exact": _TEXT,
        "average_price": _REAL, "average_price_exact": _TEXT, "venue_order_id": _TEXT, "code": _TEXT,
        "detail": _TEXT,
    },
    "messages": {
        **_ENTRY, "message_key": _TEXT, "state": _TEXT, "channel": _TEXT, "reference": _TEXT, "thread": _TEXT,
        "kind": _TEXT, "level": _TEXT, "headline": _TEXT, "message": _TEXT,
    },
    "decisions": {
        **_ENTRY, "what": _TEXT, "actor": _TEXT, "target": _TEXT, "until_at": _STAMP, "note": _TEXT,
    },
}  # fmt: skip  # one column a line would hide the tables


def journal_blocks(entries: Iterable[JournalEntry]) -> tuple[Block, ...]:
    """The rows of all entries, a block for each table that gets any.

    An entry of a kind that this version does not know is kept in ``journal_projection`` only.

    Raises:
        JournalError: A body is not what its kind promises; names the entry and the field.
    """
    tables = _Tables()
    for entry in entries:
        tables.of("journal_projection").add(
            **_entry(entry), kind=entry.kind, hash=entry.hash, body=canonical_json(entry.body)
        )
        _PROJECTIONS.get(entry.kind, _nowhere)(entry, fields_of(entry), tables)
    return tables.blocks()


class _Tables:
    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def of(self, name: str) -> Table:
        return self._tables.setdefault(name, Table(name, _COLUMNS[name]))

    def blocks(self) -> tuple[Block, ...]:
        return tuple(table.block() for table in self._tables.values())


def _entry(entry: JournalEntry) -> dict[str, Cell]:
    return {"journal_sequence": entry.sequence, "happened_at": entry.at}


def _alert(fields: Fields) -> dict[str, Cell]:
    key = alert_key(fields)
    return {
        "rule": key.rule,
        "grain": key.subject.grain,
        "subject": str(key.subject),
        "account": key.subject.part("account"),
    }


def _nowhere(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    """A kind without a table of its own."""


def _daemon_event(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    tables.of("daemon_events").add(
        **_entry(entry),
        kind=entry.kind,
        detail=fields.text("detail"),
        actor=fields.text("actor"),
        facts=canonical_json(fields.object("facts")),
    )


def _accounts(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    for account in fields.objects("accounts"):
        tables.of("accounts").add(
            **_entry(entry),
            **{name: account.text(name) for name in ("account", "venue", "desk", "book", "mode")},
            labels=canonical_json(account.object("labels")),
        )


def _policy(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    for file in fields.objects("files"):
        tables.of("policies").add(
            journal_sequence=entry.sequence,
            activated_at=entry.at,
            policy_hash=fields.text("policy_hash"),
            file=file.text("file"),
            policy_text=file.text("text"),
            actor=fields.text("actor"),
        )

    _policy_meaning(entry, fields, tables)


def _policy_meaning(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    """Entries of older versions have neither form nor changes."""
    stamp: dict[str, Cell] = {
        "journal_sequence": entry.sequence,
        "activated_at": entry.at,
        "policy_hash": fields.text("policy_hash"),
    }
    for form in fields.objects("canonical") if fields.has("canonical") else ():
        tables.of("policy_forms").add(**stamp, policy=form.text("policy"), form=form.text("text"))
    for change in fields.texts("changes") if fields.has("changes") else ():
        tables.of("policy_changes").add(**stamp, change=change)


def _event(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    tables.of("alert_events").add(
        **_entry(entry),
        **_alert(fields),
        episode=fields.whole("episode"),
        version=fields.whole("version"),
        **{name: fields.text(name) for name in ("kind", "reason", "condition_after")},
        level_before=level(fields, "level_before").name.lower(),
        level_after=level(fields, "level_after").name.lower(),
        value=fields.number("value"),
        limit_value=fields.number("limit"),
    )
    _state(entry, fields, tables)


def _state(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    state = fields.fields("state")
    tables.of("alert_states").add(
        **_entry(entry),
        **_alert(fields),
        condition=state.text("condition"),
        level=level(state, "level").name.lower(),
        is_unknown=state.flag("unknown"),
        episode=state.whole("episode"),
        version=state.whole("version"),
        opened_at=state.instant_or_none("opened_at"),
        state=canonical_json(fields.object("state")),
    )


def _plan(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    for table, rows in plan_rows(plan(fields)).items():
        for row in rows:
            tables.of(table).add(**_entry(entry), **row)


def _plan_state(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    tables.of("plan_states").add(
        **_entry(entry),
        plan_id=fields.text("id"),
        state=fields.text("state"),
        reason=fields.text("reason"),
    )


def _intent(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    meant = intent(fields)
    tables.of("intents").add(
        **_entry(entry),
        client_order_id=meant.client_order_id,
        plan_id=meant.plan_id,
        account=meant.account,
        venue=meant.venue,
        symbol=meant.symbol,
        venue_symbol=meant.venue_symbol,
        position_side=meant.position_side,
        direction=meant.direction,
        held=float(meant.held),
        held_exact=str(meant.held),
        quantity=float(meant.quantity),
        quantity_exact=str(meant.quantity),
        limit_price=None if meant.limit_price is None else float(meant.limit_price),
        limit_price_exact="" if meant.limit_price is None else str(meant.limit_price),
        created_at=meant.created_at,
        expires_at=meant.expires_at,
        execution=meant.execution.value,
        trigger_price=None if meant.trigger_price is None else float(meant.trigger_price),
        trigger_price_exact="" if meant.trigger_price is None else str(meant.trigger_price),
    )


def _receipt(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    got = receipt(fields)
    tables.of("receipts").add(
        **_entry(entry),
        client_order_id=got.client_order_id,
        status=got.status,
        filled=float(got.filled),
        filled_exact=str(got.filled),
        average_price=None if got.average_price is None else float(got.average_price),
        average_price_exact="" if got.average_price is None else str(got.average_price),
        venue_order_id=got.venue_order_id,
        code=got.code,
        detail=got.detail,
    )


def _message(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    queued = message(fields)
    tables.of("messages").add(
        **_entry(entry),
        message_key=queued.key,
        state="queued",
        channel="",
        reference="",
        thread=queued.thread,
        kind=queued.kind,
        level=queued.level.name.lower(),
        headline=queued.headline,
        message=canonical_json(entry.body),
    )


def _delivery(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    tables.of("messages").add(
        **_entry(entry),
        message_key=fields.text("key"),
        state="delivered",
        channel=fields.text("channel"),
        reference=fields.text("reference"),
        thread=fields.text("thread"),
        kind="",
        level="",
        headline="",
        message="",
    )


def _decision(entry: JournalEntry, fields: Fields, tables: _Tables) -> None:
    decided = decision(fields)
    tables.of("decisions").add(
        **_entry(entry),
        what=decided.what,
        actor=decided.actor,
        target=decided.target,
        until_at=decided.until,
        note=decided.note,
    )


_PROJECTIONS: Mapping[str, Callable[[JournalEntry, Fields, _Tables], None]] = {
    EntryKind.START: _daemon_event,
    EntryKind.STOP: _daemon_event,
    EntryKind.GAP: _daemon_event,
    EntryKind.HALT: _daemon_event,
    EntryKind.RESUME: _daemon_event,
    EntryKind.FAULT: _daemon_event,
    EntryKind.ACCOUNTS: _accounts,
    EntryKind.POLICY: _policy,
    EntryKind.CYCLE: _nowhere,
    EntryKind.EVENT: _event,
    EntryKind.STATE: _state,
    EntryKind.PLAN: _plan,
    EntryKind.PLAN_STATE: _plan_state,
    EntryKind.INTENT: _intent,
    EntryKind.RECEIPT: _receipt,
    EntryKind.CANCEL: _daemon_event,
    EntryKind.MESSAGE: _message,
    EntryKind.DELIVERY: _delivery,
    EntryKind.DECISION: _decision,
}
