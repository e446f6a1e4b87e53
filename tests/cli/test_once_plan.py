"""One look tells everything that riskd would do: cancellations, reductions, stops, and whose word they wait for."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.demand import Demand
from riskd.act.modes import Permissions
from riskd.act.proposal import Authority, Proposal
from riskd.cli.once_plan import proposal_lines, proposal_values
from riskd.model.desk import Mode
from riskd.model.order import Cancellation, OrderList, Plan, StopPlacement
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Approval
from tests.builders import BTC, ETH
from tests.builders_rules import a_rule, close
from tests.record.builder import a_plan

CANCELLATION = Cancellation(
    account="main",
    symbol=ETH,
    position_side="BOTH",
    order_id="17",
    client_order_id="somebody's\x1b[31m",
    kept_in=OrderList.ORDINARY,
    what="buy 2 at 2,900",
)
STOP = StopPlacement(
    account="main",
    symbol=BTC,
    position_side="BOTH",
    held=Decimal("0.500"),
    quantity=Decimal("0.300"),
    trigger_price=Decimal(58200),
    mark_price=Decimal(60000),
)


def a_proposal(
    plan: Plan, authority: Authority = Authority.POLICY, approval: Approval = Approval.AUTO
) -> Proposal:
    subject = Subject(Grain.ACCOUNT, (("account", "main"),))
    demand = Demand(
        rule=a_rule(), subject=subject, action=close(approval=approval), level=Level.CRITICAL, episode=1
    )
    enforced = Permissions(ceiling=Mode.ENFORCE, policy=Mode.ENFORCE, rule=Mode.ENFORCE, account=Mode.ENFORCE)
    return Proposal(plan=plan, demands=(demand,), permissions=enforced, authority=authority)


def test_all_three_kinds_of_steps_are_told_in_the_order_in_which_they_are_carried_out() -> None:
    plan = replace(a_plan(), cancellations=(CANCELLATION,), stops=(STOP,), value_before=5.5)
    assert proposal_lines(a_proposal(plan)) == [
        "main: test/leverage would deleverage from 5.5x to 4.4x, if it fired (mode enforce)",
        f"  cancel {ETH} buy 2 at 2,900",
        f"  sell 0.200 {BTC} of 0.500 held, reduce-only, mark 60000.10",
        f"  stop {BTC} 0.300 at 58200",
        f"  untouched: {ETH}: a hedge leg",
    ]


def test_a_plan_that_only_cancels_tells_of_no_value() -> None:
    plan = replace(
        a_plan(),
        action="cancel_orders",
        cancellations=(CANCELLATION,),
        reductions=(),
        untouched=(),
        value_before=math.nan,
        value_after=math.nan,
    )
    assert proposal_lines(a_proposal(plan)) == [
        "main: test/leverage would cancel_orders, if it fired (mode enforce)",
        f"  cancel {ETH} buy 2 at 2,900",
    ]


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (Approval.AUTO, "once a person approves"),  # the mode asks people, or a hedge would come apart
        (Approval.HUMAN, "once a person approves"),
        (Approval.FOUR_EYES, "once two people approve"),
    ],
)
def test_it_says_whose_word_a_plan_waits_for(approval: Approval, words: str) -> None:
    first, *_ = proposal_lines(a_proposal(a_plan(), Authority.PERSON, approval))
    assert first.endswith(f"(mode enforce; {words})")


def test_programs_are_told_of_every_step_and_its_values_are_json() -> None:
    plan = replace(a_plan(), cancellations=(CANCELLATION,), stops=(STOP,))
    told = proposal_values(a_proposal(plan))
    assert told["cancellations"] == [{"symbol": ETH, "order_id": "17", "what": "buy 2 at 2,900"}]
    assert told["stops"] == [{"symbol": BTC, "held": "0.500", "quantity": "0.300", "trigger_price": "58200"}]
    assert json.loads(json.dumps(told)) == told
