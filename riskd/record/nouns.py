"""Journal bodies as values: what ``bodies.py`` wrote.

Every function raises ``JournalError``, naming the entry and the field, when a body is not what its kind promises.
"""

from __future__ import annotations

from riskd.errors import JournalError
from riskd.model.alert import AlertKey
from riskd.model.journal import JournalEntry
from riskd.model.message import Message, MessageKind, Question
from riskd.model.order import Direction, Execution, Intent, OrderStatus, Receipt
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.record.bodies import Decision, PolicyRecord, PolicyText
from riskd.record.fields import Fields

_LEVELS = {level.name.lower(): level for level in Level}


def fields_of(entry: JournalEntry) -> Fields:
    """The body of an entry, to be read field by field; faults name the entry."""
    return Fields(entry.body, f"journal entry {entry.sequence} ({entry.kind})")


def alert_key(fields: Fields) -> AlertKey:
    """Which alert an EVENT or STATE is about."""
    return AlertKey(
        rule=fields.text("rule"), subject=Subject(fields.word("grain", Grain), fields.pairs("subject"))
    )


def intent(fields: Fields) -> Intent:
    """The order of an INTENT entry.

    Raises:
        JournalError: A field is missing or the order would not reduce its position.
    """
    try:
        return Intent(
            client_order_id=fields.text("client_order_id"),
            plan_id=fields.text("plan_id"),
            account=fields.text("account"),
            venue=fields.text("venue"),
            symbol=fields.text("symbol"),
            venue_symbol=fields.text("venue_symbol"),
            position_side=fields.text("position_side"),
            direction=fields.word("direction", Direction),
            held=fields.decimal("held"),
            quantity=fields.decimal("quantity"),
            limit_price=fields.decimal_or_none("limit_price"),
            created_at=fields.instant("created_at"),
            expires_at=fields.instant("expires_at"),
            execution=fields.word("execution", Execution) if fields.has("execution") else Execution.IMMEDIATE,
            trigger_price=fields.decimal_or_none("trigger_price") if fields.has("trigger_price") else None,
        )
    except ValueError as error:
        raise JournalError(f"{fields.where}: {error}") from error


def receipt(fields: Fields) -> Receipt:
    """The receipt of a RECEIPT entry."""
    return Receipt(
        client_order_id=fields.text("client_order_id"),
        status=fields.word("status", OrderStatus),
        filled=fields.decimal("filled"),
        average_price=fields.decimal_or_none("average_price"),
        venue_order_id=fields.text("venue_order_id"),
        code=fields.text("code"),
        detail=fields.text("detail"),
        at=fields.instant("at"),
    )


def message(fields: Fields) -> Message:
    """The message of a MESSAGE entry."""
    return Message(
        key=fields.text("key"),
        kind=fields.word("kind", MessageKind),
        level=level(fields, "level"),
        thread=fields.text("thread"),
        edits_root=fields.flag("edits_root"),
        headline=fields.text("headline"),
        fields=fields.pairs("fields"),
        body=fields.texts("body"),
        question=_question(fields.fields("question")) if _asks(fields) else None,
        table=fields.rows("table") if fields.has("table") else (),
    )


def _asks(fields: Fields) -> bool:
    """Whether a message asks something; an older riskd never did."""
    return fields.has("question") and not fields.is_null("question")


def _question(fields: Fields) -> Question:
    return Question(
        plan_id=fields.text("plan_id"), digest=fields.text("digest"), confirm=fields.text("confirm")
    )


def decision(fields: Fields) -> Decision:
    """The decision of a DECISION entry."""
    return Decision(
        what=fields.text("what"),
        actor=fields.text("actor"),
        target=fields.text("target"),
        until=fields.instant_or_none("until"),
        note=fields.text("note"),
        via=fields.text("via") if fields.has("via") else "",
        facts=fields.pairs("facts") if fields.has("facts") else (),
    )


def policy_record(entry: JournalEntry) -> PolicyRecord:
    """The policies of a POLICY entry."""
    fields = fields_of(entry)
    files = (PolicyText(file=file.text("file"), text=file.text("text")) for file in fields.objects("files"))
    return PolicyRecord(policy_hash=fields.text("policy_hash"), files=tuple(files), at=entry.at)


def level(fields: Fields, name: str) -> Level:
    """A level, written as its name in lower case."""
    found = fields.text(name)
    if found not in _LEVELS:
        raise JournalError(f"{fields.where}: {name}: expected one of {', '.join(_LEVELS)}, was {found!r}")
    return _LEVELS[found]
