"""Cycles and journal entries for the tests of the record: say what matters, the rest is sensible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from riskd.measure.book.groups import Attributes, Groups, IndexArray, index
from riskd.measure.book.universe import Labels, Subjects, Universe
from riskd.model.alert import AlertEvent, AlertKey, Condition, EventKind
from riskd.model.arrays import FloatArray, IntArray, codes, floats
from riskd.model.desk import AccountProfile, Desk, Mode
from riskd.model.flow import IncomeKind, IncomeRow
from riskd.model.journal import EntryKind
from riskd.model.message import Message, MessageKind
from riskd.model.order import Direction, Intent, OrderStatus, Plan, PlanState, Receipt, Reduction
from riskd.model.report import JsonValue
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from riskd.record.bodies import (
    Decision,
    PolicyText,
    accounts_body,
    cycle_body,
    daemon_body,
    decision_body,
    delivery_body,
    event_body,
    intent_body,
    message_body,
    plan_state_body,
    policy_body,
    receipt_body,
    state_body,
)
from riskd.record.plan_text import plan_body
from riskd.record.rows import CycleRows, cycle_rows
from riskd.record.snapshot_rows import AccountFigures
from tests.builders import BTC, ETH, NOW, a_position, a_snapshot, a_stop
from tests.builders_rules import a_rule

NAN = float("nan")
POLICY_HASH = "p" * 64
ALERT = AlertKey(rule="test/leverage", subject=position_subject("main", BTC, "long"))


@dataclass(frozen=True, kw_only=True)
class FakeReading:
    """What the judge hands over, written down by hand."""

    rule: Rule
    universe: Universe
    rows: IndexArray
    values: FloatArray
    levels: IntArray
    limits: FloatArray
    utilisation: FloatArray
    unknown: Sequence[str]
    waivers: Mapping[int, str] = field(default_factory=dict)

    def is_waived(self, row: int) -> bool:
        """Under a waiver, and ok."""
        return row in self.waivers and self.levels[row] == 0


def a_universe(subjects: Sequence[Subject]) -> Universe:
    """A universe of the given subjects, which share a grain."""
    nowhere = index([-1] * len(subjects))
    return Universe(
        grain=subjects[0].grain,
        size=len(subjects),
        subjects=Subjects(len(subjects), lambda row: subjects[row]),
        account=nowhere,
        part=index([0] * len(subjects)),
        attributes=Attributes({}),
        labels=Labels(nowhere, ()),
    )


def a_reading(universe: Universe, values: Sequence[float], rule: Rule | None = None) -> FakeReading:
    """Values over a limit of 5: at most is ok, above is a breach, NaN is unknown. Covers the first subjects."""
    numbers = floats(values)
    unknown = np.isnan(numbers)
    levels = np.where(unknown, -1, np.where(numbers > 5, 2, 0))
    return FakeReading(
        rule=rule or a_rule(id="test/leverage", grain=universe.grain),
        universe=universe,
        rows=index(range(len(values))),
        values=numbers,
        levels=codes(levels),
        limits=np.where(unknown, np.nan, 5.0),
        utilisation=numbers / 5.0,
        unknown=["equity" if missing else "" for missing in unknown],
    )


def figures_of(snapshot: Snapshot) -> AccountFigures:
    """The true exposures; leverage 1, 2, 3 ... by account; no known liquidation distance."""
    count = len(snapshot.desk.accounts)
    some = floats(range(1, count + 1))
    held, notional = Groups(index(snapshot.positions.account), count), snapshot.positions.notional
    return AccountFigures(
        exposure_gross=held.total(np.abs(notional)),
        exposure_net=held.total(notional),
        leverage_gross=some,
        margin_ratio=some / 100,
        liquidation_distance_min=np.full(count, np.nan),
    )


def a_cycle(
    id: int = 1,
    *,
    taken_at: datetime | None = None,
    snapshot: Snapshot | None = None,
    values: Sequence[float] = (6.0, 3.0),
    incomes: Sequence[tuple[str, IncomeRow]] = (),
) -> CycleRows:
    """Two positions and a stop of one account, taken ten seconds after the cycle before, and one rule.

    The rule's values are for these positions, and for further subjects when there are more values.
    """
    at = taken_at or NOW + timedelta(seconds=10 * id)
    snapshot = snapshot or a_snapshot(
        id=id,
        taken_at=at,
        positions=[a_position(BTC, "0.5"), a_position(ETH, "-10")],
        orders=[a_stop(BTC, "SELL", "0.5", trigger=50_000)],
    )
    subjects = [position_subject("main", BTC, "long"), position_subject("main", ETH, "short")]
    subjects += [position_subject("main", f"C{number}/USDT:USDT", "long") for number in range(2, len(values))]
    return cycle_rows(
        snapshot,
        figures=figures_of(snapshot),
        readings=[a_reading(a_universe(subjects), values)],
        policy_hash=POLICY_HASH,
        duration_seconds=0.125,
        incomes=incomes,
    )


def an_income(id: str = "i1", kind: IncomeKind = IncomeKind.FUNDING, amount: str = "-1.25") -> IncomeRow:
    """An entry in the wallet of whoever it is paired with."""
    return IncomeRow(id=id, kind=kind, symbol=BTC, amount=Decimal(amount), asset="USDT", at=NOW)


def an_event(kind: EventKind = EventKind.FIRED, *, version: int = 2, value: float | None = 6.0) -> AlertEvent:
    """The alert on the BTC position fires."""
    return AlertEvent(
        key=ALERT,
        kind=kind,
        at=NOW,
        level_before=Level.OK,
        level_after=Level.BREACH,
        condition_after=Condition.FIRING,
        reason="held",
        value=value,
        limit=5.0,
        episode=1,
        version=version,
    )


def a_state(version: int = 2, condition: str = "firing") -> dict[str, JsonValue]:
    """A state as the judge writes it."""
    return {
        "condition": condition,
        "level": "breach",
        "crossed_at": {"breach": NOW.isoformat()},
        "clearing_since": None,
        "inside_since": None,
        "missing_since": None,
        "unknown": False,
        "last_good_at": NOW.isoformat(),
        "episode": 1,
        "opened_at": NOW.isoformat(),
        "version": version,
    }


def a_plan(id: str = "plan-1") -> Plan:
    """Close a fifth of a BTC to bring leverage to 4.5."""
    return Plan(
        id=id,
        account="main",
        rule="test/leverage",
        subject=str(ALERT.subject),
        alert_episode=1,
        action="deleverage",
        target=4.5,
        value_before=float("inf"),
        value_after=4.4,
        reductions=(
            Reduction(
                account="main",
                symbol=BTC,
                position_side="BOTH",
                held=Decimal("0.500"),
                quantity=Decimal("0.200"),
                mark_price=Decimal("60000.10"),
                cost_estimate=6.5,
            ),
        ),
        untouched=((ETH, "a hedge leg"),),
        snapshot_id=1,
        created_at=NOW,
    )


def an_intent(
    id: str = "a" * 32, *, plan_id: str = "plan-1", account: str = "main", limit_price: str | None = "59950.0"
) -> Intent:
    """Sell a fifth of a BTC."""
    return Intent(
        client_order_id=id,
        plan_id=plan_id,
        account=account,
        venue="binanceusdm",
        symbol=BTC,
        venue_symbol="BTCUSDT",
        position_side="BOTH",
        direction=Direction.SELL,
        held=Decimal("0.500"),
        quantity=Decimal("0.200"),
        limit_price=None if limit_price is None else Decimal(limit_price),
        created_at=NOW,
        expires_at=NOW + timedelta(seconds=5),
    )


def a_receipt(id: str = "a" * 32, status: OrderStatus = OrderStatus.FILLED) -> Receipt:
    """What the venue said of it."""
    filled = status is OrderStatus.FILLED
    return Receipt(
        client_order_id=id,
        status=status,
        filled=Decimal("0.200") if filled else Decimal(0),
        average_price=Decimal("59960.10") if filled else None,
        venue_order_id="77",
        code="",
        detail="<!channel>\u202e",
        at=NOW,
    )


def a_message(key: str = "m1", *, thread: str = "", edits_root: bool = False) -> Message:
    """Something to say."""
    return Message(
        key=key,
        kind=MessageKind.ALERT,
        level=Level.BREACH,
        thread=thread,
        edits_root=edits_root,
        headline="main: leverage 6x, limit 5x",
        fields=(("account", "main"),),
        body=("a line",),
    )


def a_decision(what: str = "ack") -> Decision:
    """A person decided."""
    return Decision(
        what=what,
        actor="alice",
        target=str(ALERT.subject),
        until=NOW,
        note="on it",
        via="socket uid 1000",
        facts=(("level", "breach"),),
    )


Step = tuple[EntryKind, dict[str, JsonValue]]


def every_kind() -> list[Step]:
    """One entry of each kind at least, in an order in which they could have happened."""
    desk = Desk(
        accounts=(
            AccountProfile(id="main", venue="binanceusdm", mode=Mode.ENFORCE, labels=(("env", "prod"),)),
        )
    )
    return [
        (EntryKind.START, daemon_body("riskd 0.1.0 started", facts=[("mode", "enforce")])),
        (EntryKind.ACCOUNTS, accounts_body(desk)),
        (EntryKind.POLICY, policy_body(POLICY_HASH, [PolicyText(file="p.yaml", text="rules: []\n")])),
        (EntryKind.GAP, daemon_body("no cycle for 31 s")),
        (EntryKind.CYCLE, cycle_body(a_cycle())),
        (EntryKind.STATE, state_body(ALERT, a_state(version=1, condition="pending"))),
        (EntryKind.EVENT, event_body(an_event(), a_state())),
        (EntryKind.MESSAGE, message_body(a_message())),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m1", thread="m1", reference="1700.1")),
        (EntryKind.DECISION, decision_body(a_decision())),
        (EntryKind.PLAN, plan_body(a_plan())),
        (EntryKind.PLAN_STATE, plan_state_body("plan-1", PlanState.EXECUTING, "")),
        (EntryKind.INTENT, intent_body(an_intent())),
        (EntryKind.RECEIPT, receipt_body(a_receipt())),
        (EntryKind.CANCEL, daemon_body("cancels a resting take-profit that blocks a reduction")),
        (EntryKind.PLAN_STATE, plan_state_body("plan-1", PlanState.DONE, "")),
        (EntryKind.FAULT, daemon_body("the ledger was set aside")),
        (EntryKind.HALT, daemon_body("halted", actor="uid:1000")),
        (EntryKind.RESUME, daemon_body("resumed", actor="uid:1000")),
        (EntryKind.STOP, daemon_body("stopped")),
    ]
