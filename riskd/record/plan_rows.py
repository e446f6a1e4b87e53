"""A plan as ledger rows: what it means to do, step by step, and what it does to each rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskd.model.order import Cancellation, Plan, Reduction, RuleEffect, StopPlacement
from riskd.record.canonical import canonical_json
from riskd.record.table import Cell, Type

_TEXT, _REAL, _WHOLE, _FLAG, _STAMP = Type.TEXT, Type.REAL, Type.WHOLE, Type.FLAG, Type.STAMP
_STEP = {"plan_id": _TEXT, "step": _WHOLE, "account": _TEXT, "symbol": _TEXT, "position_side": _TEXT}

PLAN_COLUMNS: Mapping[str, Mapping[str, Type]] = {
    "plans": {
        "plan_id": _TEXT, "account": _TEXT, "rule": _TEXT, "subject": _TEXT, "alert_episode": _WHOLE,
        "action": _TEXT, "target": _REAL, "value_before": _REAL, "value_after": _REAL, "steps": _WHOLE,
        "snapshot_id": _WHOLE, "created_at": _STAMP, "untouched": _TEXT, "frees_margin_usd": _REAL,
        "realizes_pnl_usd": _REAL, "remains": _TEXT, "advice": _TEXT, "breaks_hedges": _TEXT,
    },
    "plan_steps": {
        **_STEP, "held": _REAL, "held_exact": _TEXT, "quantity": _REAL, "quantity_exact": _TEXT,
        "mark_price": _REAL, "mark_price_exact": _TEXT, "cost_estimate_usd": _REAL,
    },
    "plan_cancellations": {
        **_STEP, "order_id": _TEXT, "client_order_id": _TEXT, "kept_in": _TEXT, "what": _TEXT,
    },
    "plan_stops": {
        **_STEP, "held": _REAL, "held_exact": _TEXT, "quantity": _REAL, "quantity_exact": _TEXT,
        "trigger_price": _REAL, "trigger_price_exact": _TEXT, "mark_price": _REAL, "mark_price_exact": _TEXT,
    },
    "plan_effects": {
        "plan_id": _TEXT, "rule": _TEXT, "subject": _TEXT, "measure": _TEXT, "unit": _TEXT,
        "value_before": _REAL, "value_after": _REAL, "target": _REAL, "is_mended": _FLAG,
    },
}  # fmt: skip  # one column a line would hide the tables
"""Tables of a plan and their columns, without those that every entry of the journal has."""

Row = dict[str, Cell]


def plan_rows(plan: Plan) -> dict[str, Sequence[Row]]:
    """The rows of a plan, by table."""
    return {
        "plans": [_plan(plan)],
        "plan_steps": [_reduction(plan.id, *each) for each in enumerate(plan.reductions, start=1)],
        "plan_cancellations": [
            _cancellation(plan.id, *each) for each in enumerate(plan.cancellations, start=1)
        ],
        "plan_stops": [_stop(plan.id, *each) for each in enumerate(plan.stops, start=1)],
        "plan_effects": [_effect(plan.id, effect) for effect in plan.effects],
    }


def _plan(plan: Plan) -> Row:
    return {
        "plan_id": plan.id,
        "account": plan.account,
        "rule": plan.rule,
        "subject": plan.subject,
        "alert_episode": plan.alert_episode,
        "action": plan.action,
        "target": plan.target,
        "value_before": plan.value_before,
        "value_after": plan.value_after,
        "steps": len(plan.reductions),
        "snapshot_id": plan.snapshot_id,
        "created_at": plan.created_at,
        "untouched": canonical_json([[position, reason] for position, reason in plan.untouched]),
        "frees_margin_usd": plan.frees_margin_usd,
        "realizes_pnl_usd": plan.realizes_pnl_usd,
        "remains": canonical_json(list(plan.remains)),
        "advice": canonical_json(list(plan.advice)),
        "breaks_hedges": canonical_json(list(plan.breaks_hedges)),
    }


def _reduction(plan_id: str, step: int, reduction: Reduction) -> Row:
    return {
        **_step(plan_id, step, reduction),
        "held": float(reduction.held),
        "held_exact": str(reduction.held),
        "quantity": float(reduction.quantity),
        "quantity_exact": str(reduction.quantity),
        "mark_price": float(reduction.mark_price),
        "mark_price_exact": str(reduction.mark_price),
        "cost_estimate_usd": reduction.cost_estimate,
    }


def _cancellation(plan_id: str, step: int, cancellation: Cancellation) -> Row:
    return {
        **_step(plan_id, step, cancellation),
        "order_id": cancellation.order_id,
        "client_order_id": cancellation.client_order_id,
        "kept_in": cancellation.kept_in.value,
        "what": cancellation.what,
    }


def _stop(plan_id: str, step: int, stop: StopPlacement) -> Row:
    return {
        **_step(plan_id, step, stop),
        "held": float(stop.held),
        "held_exact": str(stop.held),
        "quantity": float(stop.quantity),
        "quantity_exact": str(stop.quantity),
        "trigger_price": float(stop.trigger_price),
        "trigger_price_exact": str(stop.trigger_price),
        "mark_price": float(stop.mark_price),
        "mark_price_exact": str(stop.mark_price),
    }


def _effect(plan_id: str, effect: RuleEffect) -> Row:
    return {
        "plan_id": plan_id,
        "rule": effect.rule,
        "subject": effect.subject,
        "measure": effect.measure,
        "unit": effect.unit,
        "value_before": effect.before,
        "value_after": effect.after,
        "target": effect.target,
        "is_mended": effect.mended,
    }


def _step(plan_id: str, step: int, what: Reduction | Cancellation | StopPlacement) -> Row:
    return {
        "plan_id": plan_id,
        "step": step,
        "account": what.account,
        "symbol": what.symbol,
        "position_side": what.position_side,
    }
