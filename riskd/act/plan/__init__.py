"""What to close so that rules come back within their limits: ``propose`` makes a plan of demands, and verifies it."""

from riskd.act.plan.occasion import NoPlan, NoPlanReason, Occasion
from riskd.act.plan.prices import Costs
from riskd.act.plan.propose import plan_id, propose

__all__ = ["Costs", "NoPlan", "NoPlanReason", "Occasion", "plan_id", "propose"]
