"""Where a limit comes from, as people read it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

from riskd.measure.spec import MeasureRef
from riskd.policy.bundle import Bundle
from riskd.policy.limits.chain import limit_chain
from riskd.policy.rule import Ancestor, Calendar
from riskd.policy.waiver_words import in_force_lines, related_rules
from tests.builders_rules import A_MARK, a_ladder, a_policy, a_rule, a_waiver, at_most, within

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
WEEKEND = Calendar(name="weekend", tz="UTC", weekdays=(5, 6))
PARENT = Ancestor(
    id="house/cap",
    limit=at_most(warn=4, breach=5),
    during=((WEEKEND, at_most(breach=4)),),
    mark=replace(A_MARK, file="house.yaml", line=12),
)


def test_a_plain_limit_is_the_rules_own() -> None:
    assert limit_chain(a_rule(at_most(warn=4, breach=5)), now=WEDNESDAY) == (
        "own       warn 4x, breach 5x (policies/test.yaml:1)",
    )


def test_parents_calendars_and_a_waiver_follow_in_the_order_in_which_they_count() -> None:
    rule = a_rule(at_most(breach=3), during=((WEEKEND, at_most(breach=2)),), chain=(PARENT,))
    waiver = a_waiver(at_most(warn=6, breach=7))
    assert limit_chain(rule, now=datetime(2026, 3, 7, tzinfo=UTC), waiver=waiver) == (
        "own       breach 3x (policies/test.yaml:1)",
        "during    weekend, breach 2x: holds now",
        "refines   house/cap: warn 4x, breach 5x (house.yaml:12)",
        "during    house/cap: weekend, breach 4x: holds now",
        "waiver    W-1 (RISK-311) until 2026-03-09 00:00 UTC: warn 6x, breach 7x (policies/test.yaml:1)",
    )
    assert limit_chain(rule, now=WEDNESDAY)[1].endswith(": not now")


def test_a_ladder_shows_the_step_on_which_the_subject_stands_and_a_band_both_edges() -> None:
    ladder = a_rule(
        a_ladder(MeasureRef("share_of_equity"), (0.05, {"breach": 20}), (math.inf, {"breach": 5}))
    )
    assert limit_chain(ladder, now=WEDNESDAY, by_value=0.3)[0].startswith(
        "own       by share_of_equity, breach 5x"
    )
    assert "the step is unknown" in limit_chain(ladder, now=WEDNESDAY)[0]
    band = a_rule(within(breach=(-5, 5)))
    assert limit_chain(band, now=WEDNESDAY)[0].startswith("own       breach -5x to 5x")


def test_a_suspension_is_named_as_one() -> None:
    assert ": suspended (" in limit_chain(a_rule(), now=WEDNESDAY, waiver=a_waiver(None))[-1]


def test_what_a_waiver_does_not_touch_is_named_beside_it() -> None:
    parent, child = a_rule(id="house/cap"), a_rule(id="test/leverage", chain=(PARENT,))
    assert related_rules(child, [parent, child]) == ("house/cap",)
    assert related_rules(parent, [parent, child]) == ("test/leverage",)
    bundle = Bundle(policies=(a_policy(parent, child),), hash="", waivers=(a_waiver(at_most(breach=7)),))
    assert in_force_lines(bundle, WEDNESDAY) == (
        (
            "waiver W-1 (RISK-311): test/leverage for account=main, breach 7x, until 2026-03-09 00:00 UTC; "
            "house/cap still in force"
        ),
    )
    assert in_force_lines(bundle, datetime(2026, 3, 9, tzinfo=UTC)) == ()
