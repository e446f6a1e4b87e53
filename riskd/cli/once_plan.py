"""How one look tells what riskd would do: a plan that nobody sends."""

from __future__ import annotations

import math

from riskd.act.proposal import Authority, Proposal
from riskd.adapters.safe_text import visible
from riskd.cli.plan_text import step_lines
from riskd.model.report import JsonValue
from riskd.policy.text.units import show
from riskd.record.plan_text import plan_body


def proposal_lines(proposal: Proposal) -> list[str]:
    """What would be done if the alerts fired, on whose word, and what is left as it is."""
    plan = proposal.plan
    mode = f"mode {proposal.mode.name.lower()}{_asked(proposal)}"
    return [
        f"{plan.account}: {plan.rule} would {plan.action}{_way(proposal)}, if it fired ({mode})",
        *step_lines(plan_body(plan)),
        *(f"  untouched: {visible(name)}: {visible(why)}" for name, why in plan.untouched),
    ]


def proposal_values(proposal: Proposal) -> dict[str, JsonValue]:
    """The same as JSON values."""
    plan = proposal.plan
    return {
        "account": plan.account,
        "rule": plan.rule,
        "mode": proposal.mode.name.lower(),
        "cancellations": [
            {"symbol": step.symbol, "order_id": step.order_id, "what": step.what}
            for step in plan.cancellations
        ],
        "reductions": [
            {"symbol": step.symbol, "held": str(step.held), "quantity": str(step.quantity)}
            for step in plan.reductions
        ],
        "stops": [
            {
                "symbol": step.symbol,
                "held": str(step.held),
                "quantity": str(step.quantity),
                "trigger_price": str(step.trigger_price),
            }
            for step in plan.stops
        ],
    }


def _way(proposal: Proposal) -> str:
    """From where to where; nothing for a plan that moves no value, such as a cancellation."""
    before, after = proposal.plan.value_before, proposal.plan.value_after
    if math.isnan(before) or math.isnan(after):
        return ""
    return f" from {show(before, proposal.unit)} to {show(after, proposal.unit)}"


def _asked(proposal: Proposal) -> str:
    if proposal.authority is not Authority.PERSON:
        return ""
    people = max((demand.action.approval.people for demand in proposal.demands), default=1)
    return "; once two people approve" if people > 1 else "; once a person approves"
