"""One cycle as column blocks: all that the ledger writes for it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from riskd.model.flow import IncomeRow
from riskd.model.snapshot import Quality, Snapshot
from riskd.record.block import Block, Vocabulary, block
from riskd.record.digest import digest
from riskd.record.income_rows import income_blocks
from riskd.record.snapshot_rows import AccountFigures, same_for_all, snapshot_blocks, worst_quality
from riskd.record.verdict_rows import RuleReading, verdict_block


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRows:
    """The rows of one cycle.

    Attributes:
        digest: sha256 over ``blocks``, as the journal and the table ``snapshots`` hold it.
        verdicts_judged: How many there were; those that are recorded are a block of their own.
        blocks: Rows that belong to this snapshot and are written once.
        once: Rows of what changes rarely, written with this cycle and no part of its digest.
        incomes: Wallet entries, of which the ledger writes those that it does not have yet.
    """

    snapshot_id: int
    taken_at: datetime
    policy_hash: str
    digest: str
    quality_worst: Quality
    accounts: int
    positions: int
    resting_orders: int
    verdicts_judged: int
    verdicts_recorded: int
    duration_seconds: float
    blocks: tuple[Block, ...]
    incomes: tuple[Block, ...]
    once: tuple[Block, ...] = ()


def cycle_rows(
    snapshot: Snapshot,
    *,
    figures: AccountFigures,
    readings: Sequence[RuleReading],
    policy_hash: str,
    duration_seconds: float,
    incomes: Sequence[tuple[str, IncomeRow]] = (),
) -> CycleRows:
    """Everything to be recorded of a cycle.

    Args:
        figures: The account measures that are recorded whether or not a rule asks for them.
        readings: What the rules concluded.
        policy_hash: Of the policies that judged.
        duration_seconds: From the first read to the last verdict; NaN when not measured.
        incomes: ``(account, entry)`` of every wallet entry that was read; known ones may be among them.
    """
    verdicts = verdict_block(snapshot.id, snapshot.taken_at, readings)
    blocks = (*snapshot_blocks(snapshot, figures), verdicts)
    return CycleRows(
        snapshot_id=snapshot.id,
        taken_at=snapshot.taken_at,
        policy_hash=policy_hash,
        digest=digest(blocks),
        quality_worst=worst_quality(tuple(state.quality for state in snapshot.surfaces)),
        accounts=len(snapshot.desk.accounts),
        positions=len(snapshot.positions),
        resting_orders=len(snapshot.orders),
        verdicts_judged=sum(len(reading.rows) for reading in readings),
        verdicts_recorded=len(verdicts),
        duration_seconds=duration_seconds,
        blocks=blocks,
        incomes=income_blocks(incomes),
    )


def summary_block(rows: CycleRows) -> Block:
    """The row of the table ``snapshots``. It holds the digest of the others and so is no part of it."""
    words = Vocabulary()
    numbers = {
        **same_for_all(rows.snapshot_id, rows.taken_at, 1),
        "accounts": np.array([rows.accounts], dtype=np.int64),
        "positions": np.array([rows.positions], dtype=np.int64),
        "resting_orders": np.array([rows.resting_orders], dtype=np.int64),
        "verdicts_judged": np.array([rows.verdicts_judged], dtype=np.int64),
        "verdicts_recorded": np.array([rows.verdicts_recorded], dtype=np.int64),
        "duration_ms": np.array([rows.duration_seconds * 1000.0]),
    }
    texts = {
        "policy_hash": words.codes([rows.policy_hash]),
        "digest": words.codes([rows.digest]),
        "quality_worst": words.codes([rows.quality_worst]),
    }
    return block("snapshots", words, numbers, texts)
