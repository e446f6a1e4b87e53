"""A plan as the body of a journal entry, and back. Bodies of an older riskd lack what came later: it reads as nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from riskd.model.order import Cancellation, OrderList, Plan, Reduction, RuleEffect, StopPlacement
from riskd.record.canonical import instant_text
from riskd.record.fields import Fields, JsonObject, number_json

_Step = TypeVar("_Step")


def plan_body(plan: Plan) -> JsonObject:
    """PLAN: what riskd means to do, with everything that a person who decides is told."""
    return {
        "id": plan.id,
        "account": plan.account,
        "rule": plan.rule,
        "subject": plan.subject,
        "alert_episode": plan.alert_episode,
        "action": plan.action,
        "target": number_json(plan.target),
        "value_before": number_json(plan.value_before),
        "value_after": number_json(plan.value_after),
        "cancellations": [_cancellation_body(step) for step in plan.cancellations],
        "reductions": [_reduction_body(step) for step in plan.reductions],
        "stops": [_stop_body(step) for step in plan.stops],
        "untouched": [[position, reason] for position, reason in plan.untouched],
        "effects": [_effect_body(effect) for effect in plan.effects],
        "frees_margin_usd": number_json(plan.frees_margin_usd),
        "realizes_pnl_usd": number_json(plan.realizes_pnl_usd),
        "remains": list(plan.remains),
        "advice": list(plan.advice),
        "breaks_hedges": list(plan.breaks_hedges),
        "snapshot_id": plan.snapshot_id,
        "created_at": instant_text(plan.created_at),
    }


def plan(fields: Fields) -> Plan:
    """The plan of a PLAN entry. An unknown number is NaN.

    Raises:
        JournalError: A field is missing, or not what it should be.
    """
    return Plan(
        id=fields.text("id"),
        account=fields.text("account"),
        rule=fields.text("rule"),
        subject=fields.text("subject"),
        alert_episode=fields.whole("alert_episode"),
        action=fields.text("action"),
        target=_number(fields, "target"),
        value_before=_number(fields, "value_before"),
        value_after=_number(fields, "value_after"),
        cancellations=_steps(fields, "cancellations", _cancellation),
        reductions=_steps(fields, "reductions", _reduction),
        stops=_steps(fields, "stops", _stop),
        untouched=fields.pairs("untouched"),
        effects=_steps(fields, "effects", _effect),
        frees_margin_usd=_number(fields, "frees_margin_usd"),
        realizes_pnl_usd=_number(fields, "realizes_pnl_usd"),
        remains=_texts(fields, "remains"),
        advice=_texts(fields, "advice"),
        breaks_hedges=_texts(fields, "breaks_hedges"),
        snapshot_id=fields.whole("snapshot_id"),
        created_at=fields.instant("created_at"),
    )


def _reduction_body(step: Reduction) -> JsonObject:
    return {
        "account": step.account,
        "symbol": step.symbol,
        "position_side": step.position_side,
        "held": str(step.held),
        "quantity": str(step.quantity),
        "mark_price": str(step.mark_price),
        "cost_estimate": number_json(step.cost_estimate),
    }


def _reduction(fields: Fields) -> Reduction:
    return Reduction(
        account=fields.text("account"),
        symbol=fields.text("symbol"),
        position_side=fields.text("position_side"),
        held=fields.decimal("held"),
        quantity=fields.decimal("quantity"),
        mark_price=fields.decimal("mark_price"),
        cost_estimate=_number(fields, "cost_estimate"),
    )


def _cancellation_body(step: Cancellation) -> JsonObject:
    return {
        "account": step.account,
        "symbol": step.symbol,
        "position_side": step.position_side,
        "order_id": step.order_id,
        "client_order_id": step.client_order_id,
        "kept_in": step.kept_in.value,
        "what": step.what,
    }


def _cancellation(fields: Fields) -> Cancellation:
    return Cancellation(
        account=fields.text("account"),
        symbol=fields.text("symbol"),
        position_side=fields.text("position_side"),
        order_id=fields.text("order_id"),
        client_order_id=fields.text("client_order_id"),
        kept_in=fields.word("kept_in", OrderList),
        what=fields.text("what"),
    )


def _stop_body(step: StopPlacement) -> JsonObject:
    return {
        "account": step.account,
        "symbol": step.symbol,
        "position_side": step.position_side,
        "held": str(step.held),
        "quantity": str(step.quantity),
        "trigger_price": str(step.trigger_price),
        "mark_price": str(step.mark_price),
        "note": step.note,
    }


def _stop(fields: Fields) -> StopPlacement:
    return StopPlacement(
        account=fields.text("account"),
        symbol=fields.text("symbol"),
        position_side=fields.text("position_side"),
        held=fields.decimal("held"),
        quantity=fields.decimal("quantity"),
        trigger_price=fields.decimal("trigger_price"),
        mark_price=fields.decimal("mark_price"),
        note=fields.text("note") if fields.has("note") else "",
    )


def _effect_body(effect: RuleEffect) -> JsonObject:
    return {
        "rule": effect.rule,
        "subject": effect.subject,
        "measure": effect.measure,
        "unit": effect.unit,
        "before": number_json(effect.before),
        "after": number_json(effect.after),
        "target": number_json(effect.target),
        "mended": effect.mended,
    }


def _effect(fields: Fields) -> RuleEffect:
    return RuleEffect(
        rule=fields.text("rule"),
        subject=fields.text("subject"),
        measure=fields.text("measure"),
        unit=fields.text("unit"),
        before=_number(fields, "before"),
        after=_number(fields, "after"),
        target=_number(fields, "target"),
        mended=fields.flag("mended"),
    )


def _steps(fields: Fields, name: str, read: Callable[[Fields], _Step]) -> tuple[_Step, ...]:
    return tuple(read(item) for item in fields.objects(name)) if fields.has(name) else ()


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return fields.texts(name) if fields.has(name) else ()


def _number(fields: Fields, name: str) -> float:
    value = fields.number(name) if fields.has(name) else None
    return math.nan if value is None else value
