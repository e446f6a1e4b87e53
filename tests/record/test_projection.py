"""The journal as rows: every kind has its place, and a rebuild gives the rows of the live run."""

from __future__ import annotations

import json

import pytest

from riskd.errors import JournalError
from riskd.judge.state_text import state_to_json
from riskd.model.alert import AlertState, Condition
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.verdict import Level
from riskd.record.block import Block
from riskd.record.bodies import state_body
from riskd.record.projection import journal_blocks
from tests.builders import NOW
from tests.fakes.journal import MemoryJournal
from tests.record.builder import ALERT, Step, every_kind


def entries_of(steps: list[Step]) -> list[JournalEntry]:
    journal = MemoryJournal()
    return [journal.append(kind, NOW, body) for kind, body in steps]


def rows_of(blocks: tuple[Block, ...]) -> dict[str, list[dict[str, object]]]:
    """Each block's rows as people would see them."""
    tables = {}
    for block in blocks:
        columns: dict[str, list[object]] = {name: list(block.words(name)) for name, _ in block.texts}
        columns |= {name: values.tolist() for name, values in block.numbers}
        tables[block.table] = [
            {name: values[row] for name, values in columns.items()} for row in range(len(block))
        ]
    return tables


def test_every_entry_is_in_the_projection_and_every_kind_is_tried() -> None:
    entries = entries_of(every_kind())

    tables = rows_of(journal_blocks(entries))

    assert {entry.kind for entry in entries} == set(EntryKind)
    assert [row["journal_sequence"] for row in tables["journal_projection"]] == list(
        range(1, len(entries) + 1)
    )
    assert [row["hash"] for row in tables["journal_projection"]] == [entry.hash for entry in entries]
    assert json.loads(str(tables["journal_projection"][0]["body"])) == entries[0].body


def test_each_kind_has_its_table() -> None:
    tables = rows_of(journal_blocks(entries_of(every_kind())))

    assert [row["kind"] for row in tables["daemon_events"]] == [
        "start",
        "gap",
        "cancel",
        "fault",
        "halt",
        "resume",
        "stop",
    ]
    assert [row["account"] for row in tables["accounts"]] == ["main"]
    assert [row["policy_text"] for row in tables["policies"]] == ["rules: []\n"]
    assert [row["condition"] for row in tables["alert_states"]] == ["pending", "firing"]
    assert [row["kind"] for row in tables["alert_events"]] == ["fired"]
    assert [row["state"] for row in tables["messages"]] == ["queued", "delivered"]
    assert [row["state"] for row in tables["plan_states"]] == ["executing", "done"]
    assert [row["what"] for row in tables["decisions"]] == ["ack"]
    assert [row["steps"] for row in tables["plans"]] == [1]


def test_an_order_keeps_its_digits_beside_its_numbers() -> None:
    tables = rows_of(journal_blocks(entries_of(every_kind())))
    (step,), (intent,), (receipt,) = tables["plan_steps"], tables["intents"], tables["receipts"]

    assert (step["quantity"], step["quantity_exact"]) == (0.2, "0.200")
    assert (intent["limit_price"], intent["limit_price_exact"]) == (59950.0, "59950.0")
    assert (receipt["average_price"], receipt["average_price_exact"]) == (59960.1, "59960.10")


def test_a_rebuild_gives_the_same_rows_however_the_entries_came() -> None:
    entries = entries_of(every_kind() * 2)
    at_once = rows_of(journal_blocks(entries))

    one_by_one: dict[str, list[dict[str, object]]] = {}
    for entry in entries:
        for table, rows in rows_of(journal_blocks([entry])).items():
            one_by_one.setdefault(table, []).extend(rows)

    assert repr(one_by_one) == repr(at_once)  # an unknown number is NaN, which equals nothing


def test_a_kind_of_a_later_version_is_kept_as_it_is() -> None:
    tables = rows_of(journal_blocks(entries_of([])))
    assert tables == {}
    journal = MemoryJournal()

    tables = rows_of(journal_blocks([journal.append("telepathy", NOW, {"thought": 1})]))

    assert set(tables) == {"journal_projection"}
    assert tables["journal_projection"][0]["body"] == '{"thought":1}'


def test_a_body_that_is_not_what_its_kind_promises_names_the_entry() -> None:
    journal = MemoryJournal()
    entry = journal.append(EntryKind.RECEIPT, NOW, {"status": "filled"})

    with pytest.raises(JournalError, match=r"journal entry 1 \(receipt\): client_order_id: expected text"):
        journal_blocks([entry])


def test_a_state_as_the_judge_writes_it_is_projected() -> None:
    state = AlertState(
        condition=Condition.FIRING, level=Level.CRITICAL, unknown=True, episode=3, opened_at=NOW, version=9
    )

    (row,) = rows_of(
        journal_blocks(entries_of([(EntryKind.STATE, state_body(ALERT, state_to_json(state)))]))
    )["alert_states"]

    assert (row["condition"], row["level"], row["is_unknown"]) == ("firing", "critical", True)
    assert (row["episode"], row["version"]) == (3, 9)
    assert row["opened_at"] == NOW.replace(tzinfo=None)
    assert row["account"] == "main"
