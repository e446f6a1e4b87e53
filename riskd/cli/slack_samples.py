"""One message of each kind, of a desk that does not exist, made by what makes the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from riskd.act.decision import Verb
from riskd.act.message import root_key
from riskd.act.message_execution import Ended, execution_message
from riskd.act.message_plan import waiting_message
from riskd.act.storm import CALM, calmed
from riskd.act.waiting import AtTimeout, Terms, Vote, Waiting
from riskd.model.message import Message, MessageKind
from riskd.model.order import (
    Direction,
    Intent,
    OrderStatus,
    Plan,
    PlanState,
    Receipt,
    Reduction,
    RuleEffect,
)
from riskd.model.verdict import Level

_AT = datetime(2026, 11, 22, 14, 3, 30, tzinfo=UTC)
_RULE, _ACCOUNT = "core/liquidation-room", "binance-main"
_SUBJECT = f"account={_ACCOUNT}"


def samples() -> Mapping[str, Message]:
    """By the name under which `riskd slack preview` shows it."""
    asked = _waiting()
    return {
        "firing": _alert("BREACH binance-main: liquidation room 7.9% is below 8%", Level.BREACH),
        "escalated": replace(
            _alert("CRITICAL binance-main: liquidation room 6.8% is below 7%", Level.CRITICAL),
            kind=MessageKind.ESCALATION,
        ),
        "plan": waiting_message(asked),
        "approved": waiting_message(
            replace(asked, votes=(_vote("Ada Lind", 162), _vote("Ben Ode", 171)), state=PlanState.APPROVED)
        ),
        "executed": _executed(),
        "resolved": replace(
            _alert("RESOLVED binance-main: liquidation room 15% is back inside 8%", Level.OK),
            kind=MessageKind.RESOLVED,
        ),
        "blind": _blind(),
        "storm": _storm(),
    }


def a_test() -> Message:
    """What `riskd slack test --post` says."""
    return Message(
        key="test",
        kind=MessageKind.SYSTEM,
        level=Level.OK,
        thread="",
        edits_root=False,
        headline="riskd can post here: this is a test, and nothing has happened",
    )


def _alert(headline: str, level: Level) -> Message:
    return Message(
        key=root_key(_RULE, _SUBJECT, 1),
        kind=MessageKind.ALERT,
        level=level,
        thread="",
        edits_root=False,
        headline=headline,
        fields=(
            ("Rule", f"Room before liquidation ({_RULE})"),
            ("Limit", "8%"),
            ("At", "2026-11-22 14:03:30 UTC"),
        ),
        body=(
            "Why: a fall of this size comes about twice a year.",
            "The policy asks at this level: deleverage to 14%.",
        ),
    )


def _blind() -> Message:
    return Message(
        key="blind|missing_data|bybit-grid",
        kind=MessageKind.UNKNOWN,
        level=Level.WARN,
        thread="",
        edits_root=False,
        headline="BLIND bybit-grid: 14 checks cannot be made; nothing is believed to be fine until they can",
        fields=(("At", "2026-11-22 14:03:30 UTC"),),
        body=("Missing: positions of bybit-grid: an empty list where there were 6; it is not believed",),
    )


def _storm() -> Message:
    alerts = [
        replace(
            _alert(f"{level.name} account-{number:02d}: leverage {4 + number / 4:g}x is above 4x", level),
            key=root_key("core/leverage", f"account=account-{number:02d}", 1),
        )
        for number, level in enumerate((Level.BREACH, *[Level.WARN] * 12), 1)
    ]
    return calmed(CALM, alerts, _AT)[1][0]


def _waiting() -> Waiting:
    terms = Terms(approvals=2, until=_AT + timedelta(minutes=5), at_timeout=AtTimeout.EXPIRES)
    return Waiting(plan=_plan(), terms=terms, votes=(), state=PlanState.PROPOSED, reason="", changed_at=_AT)


def _vote(name: str, after: int) -> Vote:
    return Vote(verb=Verb.APPROVE, name=name, via="slack U012AB3CD", at=_AT + timedelta(seconds=after))


def _plan() -> Plan:
    return Plan(
        id="pln-4f3a2b1c-1-1",
        account=_ACCOUNT,
        rule=_RULE,
        subject=_SUBJECT,
        alert_episode=1,
        action="deleverage",
        target=0.14,
        value_before=0.068,
        value_after=0.15,
        reductions=(
            _step("SOL/USDT:USDT", "12000", "16000", "200", 2_880.0),
            _step("ETH/USDT:USDT", "400", "1290", "4000", 1_920.0),
        ),
        untouched=(("BTC/USDT:USDT long", "dearest relief for its size"),),
        snapshot_id=81_231,
        created_at=_AT,
        effects=(
            RuleEffect(
                rule=_RULE,
                subject=_SUBJECT,
                measure="liquidation room",
                unit="ratio",
                before=0.068,
                after=0.15,
                target=0.14,
                mended=True,
            ),
        ),
        frees_margin_usd=400_000.0,
        realizes_pnl_usd=-38_200.0,
        advice=("add 250k USDT, and nothing has to be closed",),
    )


def _step(symbol: str, quantity: str, held: str, mark: str, cost: float) -> Reduction:
    return Reduction(
        account=_ACCOUNT,
        symbol=symbol,
        position_side="BOTH",
        held=Decimal(held),
        quantity=Decimal(quantity),
        mark_price=Decimal(mark),
        cost_estimate=cost,
    )


def _executed() -> Message:
    plan = _plan()
    pairs = [
        _order(step, number, price)
        for number, (step, price) in enumerate(zip(plan.reductions, _FILLED_AT, strict=True))
    ]
    ended = Ended(
        state=PlanState.DONE,
        intents=[intent for intent, _ in pairs],
        verified="liquidation room 15.1%, within its limit; positions and stops match",
    )
    at = _AT + timedelta(seconds=175)
    return execution_message(plan, [receipt for _, receipt in pairs], at=at, ended=ended)


_FILLED_AT = (Decimal("199.9"), Decimal("3999.5"))


def _order(step: Reduction, number: int, average: Decimal) -> tuple[Intent, Receipt]:
    name = f"{number:032x}"
    intent = Intent(
        client_order_id=name,
        plan_id="pln-4f3a2b1c-1-1",
        account=_ACCOUNT,
        venue="binanceusdm",
        symbol=step.symbol,
        venue_symbol="",
        position_side="BOTH",
        direction=Direction.SELL,
        held=step.held,
        quantity=step.quantity,
        limit_price=average,
        created_at=_AT,
        expires_at=_AT,
    )
    receipt = Receipt(
        client_order_id=name,
        status=OrderStatus.FILLED,
        filled=step.quantity,
        average_price=average,
        venue_order_id="1",
        code="",
        detail="",
        at=_AT,
    )
    return intent, receipt
