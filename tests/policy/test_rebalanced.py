"""A rule per hedge may deleverage where less of the larger leg brings its measure back, and nowhere else."""

from __future__ import annotations

import pytest

from riskd.errors import PolicyError
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec, Unit
from riskd.model.subject import Grain
from riskd.policy.load import load
from riskd.policy.rule import ActionKind

OF_HEDGES = [spec for spec in CATALOGUE.values() if Grain.HEDGE in spec.grains]
REBALANCED = {"hedge_ratio", "hedge_ratio_gap", "net_delta", "beta_delta"}
LIMITS = {Unit.RATIO: "5%", Unit.COUNT: "3", Unit.MULTIPLE: "2x"}


def loaded(spec: MeasureSpec, action: str) -> None:
    """Load a policy of one rule per hedge with an action."""
    needed = {each.name: "7d" for each in spec.parameters if each.default is None}
    measure = f"{{{spec.name}: {{window: 7d}}}}" if needed else spec.name
    text = (
        'riskd: policy/v1\nname: desk\ntitle: T\nowner: us\nversion: "1"\nmode: observe\nrules:\n'
        f"  - {{id: r, title: R, measure: {measure}, per: hedge, max: {LIMITS[spec.unit]}, then: {{breach: [notify, {action}]}}}}\n"
    )
    (policy,) = load([("desk.yaml", text)]).policies
    (rule,) = policy.rules
    assert ActionKind(action) in {each.kind for _, actions in rule.actions for each in actions}


@pytest.mark.parametrize("spec", OF_HEDGES, ids=lambda spec: spec.name)
def test_only_some_measures_of_a_hedge_may_be_brought_back_by_reducing(spec: MeasureSpec) -> None:
    if spec.name in REBALANCED:
        loaded(spec, "deleverage")
        return
    with pytest.raises(PolicyError, match=r"riskd does not deleverage on|less of one leg does not bring"):
        loaded(spec, "deleverage")


@pytest.mark.parametrize("spec", OF_HEDGES, ids=lambda spec: spec.name)
def test_no_hedge_is_closed_by_a_policy(spec: MeasureSpec) -> None:
    with pytest.raises(PolicyError, match="needs positions of one account"):
        loaded(spec, "close")
