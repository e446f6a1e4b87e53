"""Changes of limits as they hold: those in front of orders, those of refined rules, and those that many rules share."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from riskd.model.desk import Mode
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.policy.change.change import Effect
from riskd.policy.change.difference import acts_beyond, differences, may_send_more
from riskd.policy.load import load
from riskd.policy.rule import Action, Ancestor, Approval, Calendar, Rule, Thresholds
from riskd.policy.waiver import Waiver
from tests.builders_rules import A_MARK, NOTIFY, a_policy, a_rule, at_most, close

NIGHT = Calendar(name="night", tz="UTC", between=(time(22), time(6)))
WAIVER = Waiver(
    id="W-1",
    rule="test/leverage",
    subject=Subject(Grain.ACCOUNT, (("account", "a"),)),
    limit=Thresholds(((Level.BREACH, -math.inf, 7.0),)),
    from_at=datetime(2026, 3, 1, tzinfo=UTC),
    until_at=datetime(2026, 3, 8, tzinfo=UTC),
    requested_by="desk/x",
    approved_by="role:cro/y",
    reason="a transfer is on its way",
    ticket="T-1",
    mark=A_MARK,
)


def a_bundle(*rules: Rule, waivers: tuple[Waiver, ...] = ()) -> Bundle:
    return Bundle(policies=(a_policy(*rules),), hash="", waivers=waivers)


def acting(*actions: Action, mode: Mode = Mode.ENFORCE) -> Rule:
    return a_rule(actions={"critical": (NOTIFY, *actions)}, mode=mode)


# ---- a limit in front of an order ------------------------------------------------------------------------------------

CLOSING = acting(close())


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (replace(CLOSING, limit=at_most(warn=4, breach=5, critical=5.5)), "critical 6x -> 5.5x"),
        (replace(CLOSING, during=((NIGHT, at_most(critical=5.5)),)), "a limit during night added"),
        (replace(CLOSING, clear_margin=0.1), "clear margin 0% -> 10%"),
        (replace(CLOSING, clear_seconds=60.0), "clear for 0s -> 1m"),
        (replace(CLOSING, refines="base/leverage"), "refines base/leverage: its limits hold too"),
    ],
)
def test_what_tightens_in_front_of_an_order_acts_more_too(new: Rule, what: str) -> None:
    [change] = may_send_more(a_bundle(CLOSING), a_bundle(new))
    assert (change.effects, change.what) == ((Effect.TIGHTENS, Effect.ACTS_MORE), what)
    assert change.text.startswith("tightens, acts more test/leverage: ")
    assert acts_beyond(a_bundle(CLOSING), a_bundle(new)) == ()


def test_a_shorter_wait_in_front_of_an_order_acts_more_too() -> None:
    slow, fast = (
        a_rule(hold={"critical": wait}, actions={"critical": (NOTIFY, close())}) for wait in (60, 0)
    )
    [change] = may_send_more(a_bundle(slow), a_bundle(fast))
    assert change.what == "critical for 1m -> 0s"


@pytest.mark.parametrize(
    "rule",
    [
        acting(close(), mode=Mode.PROPOSE),
        acting(close(approval=Approval.HUMAN)),
        acting(),
    ],
    ids=["a person proposes", "a person approves", "no order"],
)
def test_a_limit_with_a_person_or_no_order_behind_it_only_tightens(rule: Rule) -> None:
    tighter = replace(rule, limit=at_most(warn=3, breach=4, critical=5))
    assert may_send_more(a_bundle(rule), a_bundle(tighter)) == ()


def test_a_milder_level_without_an_order_only_tightens() -> None:
    tighter = replace(CLOSING, limit=at_most(warn=3, breach=4, critical=6))
    assert may_send_more(a_bundle(CLOSING), a_bundle(tighter)) == ()


def test_a_looser_worse_level_leaves_books_to_the_orders_of_the_milder_one() -> None:
    old = a_rule(actions={"breach": (NOTIFY, close()), "critical": (NOTIFY,)})
    for limit in (at_most(warn=4, breach=5, critical=9), at_most(warn=4, breach=5)):
        [change] = may_send_more(a_bundle(old), a_bundle(replace(old, limit=limit)))
        assert change.effects == (Effect.LOOSENS, Effect.ACTS_MORE)


def test_a_calendar_that_ends_sends_nothing_more() -> None:
    strict = replace(CLOSING, during=((NIGHT, at_most(critical=5)),))
    shorter = replace(CLOSING, during=((replace(NIGHT, between=(time(22), time(5))), at_most(critical=5)),))
    for old, new in ((strict, CLOSING), (strict, shorter)):
        assert may_send_more(a_bundle(old), a_bundle(new)) == ()
        assert len(may_send_more(a_bundle(new), a_bundle(old))) == 1


def test_a_waiver_that_ends_sooner_acts_more_where_an_order_is_behind_it() -> None:
    rule, waiver = acting(close()), WAIVER
    for waived in ((), (replace(waiver, until_at=datetime(2026, 3, 2, tzinfo=UTC)),)):
        old, new = a_bundle(rule, waivers=(waiver,)), a_bundle(rule, waivers=waived)
        [change] = may_send_more(old, new)
        assert change.effects == (Effect.TIGHTENS, Effect.ACTS_MORE)


# ---- what holds, whoever states it -----------------------------------------------------------------------------------

HOUSE = """\
riskd: policy/v1
name: house
title: House
owner: us
version: "1"
mode: observe
calendars:
  weekend: {tz: UTC, days: [sat, sun]}
rules:
  - id: cap
    title: Cap
    why: W
    measure: leverage
    per: account
    max: {warn: 4x, breach: 5x, critical: 6x}
    during: {weekend: {max: {breach: 4.5x}}}
"""
DESK = """\
riskd: policy/v1
name: desk
title: Desk
owner: us
version: "1"
mode: observe
calendars:
  weekend: {tz: UTC, days: [sat, sun]}
defaults: {then: {critical: [notify, block_new_risk]}}
rules:
  - id: cap
    title: Cap
    why: W
    refines: house/cap
    measure: leverage
    per: account
    max: {breach: 4.8x}
  - {id: juniors, title: J, why: W, refines: house/cap, measure: leverage, per: account, max: {warn: 3x}}
"""


def of_texts(*changed: tuple[str, str], house: str = HOUSE) -> list[str]:
    desk = DESK
    for old, new in changed:
        assert old in desk
        desk = desk.replace(old, new)
    old_bundle, new_bundle = (
        load([("house.yaml", texts[0]), ("desk.yaml", texts[1])]) for texts in ((HOUSE, DESK), (house, desk))
    )
    return [change.text for change in differences(old_bundle, new_bundle)]


def test_an_inherited_level_that_is_written_out_changes_only_words() -> None:
    assert of_texts(("{breach: 4.8x}", "{breach: 4.8x, critical: 6x}")) == [
        "words desk/cap: limits written in another way; those that hold are the same (desk.yaml:17 -> desk.yaml:17)"
    ]


def test_an_inherited_calendar_that_is_written_out_changes_only_words() -> None:
    written = ("max: {breach: 4.8x}", "max: {breach: 4.8x}\n    during: {weekend: {max: {breach: 4.5x}}}")
    assert [text.split(":")[0] for text in of_texts(written)] == ["words desk/cap"]


def test_a_limit_of_a_parent_is_said_once_of_all_rules_that_refine_it() -> None:
    assert of_texts(house=HOUSE.replace("critical: 6x", "critical: 5.5x")) == [
        f"tightens house/cap: critical 6x -> 5.5x{of} (house.yaml:15 -> house.yaml:15)"
        for of in (" (2 rules that refine it: desk/cap, desk/juniors)", "")
    ]


def test_a_limit_of_a_parent_that_reaches_the_orders_of_a_child_acts_more() -> None:
    child = a_rule(at_most(breach=4), actions={"critical": (NOTIFY, close())}, refines="base/leverage")
    parents = (
        Ancestor(id="base/leverage", limit=at_most(critical=edge), during=(), mark=A_MARK) for edge in (6, 5)
    )
    old, new = (replace(child, chain=(parent,)) for parent in parents)
    [change] = may_send_more(a_bundle(old), a_bundle(new))
    assert (change.about, change.what) == ("test/leverage", "critical 6x -> 5x")


def test_a_calendar_is_said_once_of_all_rules_that_it_holds_for() -> None:
    rules = [
        replace(a_rule(during=((hours, at_most(breach=2)),)), id=f"test/{name}", policy="test")
        for hours in (NIGHT, replace(NIGHT, between=(time(21), time(6))))
        for name in ("a", "b", "c", "d")
    ]
    old, new = (a_bundle(*half) for half in (rules[:4], rules[4:]))
    [change] = differences(old, new)
    assert change.what == "calendar night: every day 22:00-06:00 UTC -> every day 21:00-06:00 UTC (4 rules)"
    assert change.rules == ("test/a", "test/b", "test/c", "test/d")


def test_lines_point_at_the_key_that_changed() -> None:
    changed = ("title: Cap\n    why: W\n    refines", "title: Another\n    why: Else\n    refines")
    assert [text.rpartition(" (")[2] for text in of_texts(changed)] == [
        "desk.yaml:12 -> desk.yaml:12)",
        "desk.yaml:13 -> desk.yaml:13)",
    ]
