"""What a change of policies loosens and tightens: each kind of change once, and what holds for all of them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.spec import MeasureRef
from riskd.model.desk import Mode
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.policy.change.change import Change, Effect
from riskd.policy.change.difference import acts_beyond, changed_rules, differences
from riskd.policy.rule import (
    Action,
    ActionKind,
    Approval,
    Calendar,
    Guard,
    Limit,
    Mark,
    Match,
    MissingThen,
    Rule,
    Selector,
    Thresholds,
    Urgency,
)
from riskd.policy.waiver import Waiver, WaiverTerms
from tests.builders_rules import (
    A_MARK,
    NOTIFY,
    a_ladder,
    a_policy,
    a_rule,
    a_series_test,
    at_least,
    at_most,
    close,
    deleverage,
    within,
)

BY = MeasureRef("share_of_equity")
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


def a_bundle(*rules: Rule, waivers: tuple[Waiver, ...] = (), **changes: object) -> Bundle:
    policy = replace(a_policy(*rules), **changes)  # type: ignore[arg-type]  # names are checked by replace
    return Bundle(policies=(policy,), hash="", waivers=waivers)


def between(old: Rule, new: Rule) -> list[tuple[Effect, str]]:
    return [(change.effect, change.what) for change in differences(a_bundle(old), a_bundle(new))]


def limits_between(old: Limit, new: Limit) -> list[tuple[Effect, str]]:
    return between(a_rule(old), a_rule(new))


def scopes_between(old: Match, new: Match, grain: Grain = Grain.POSITION) -> Effect:
    rules = [a_rule(where=Selector((("symbol", match),)), grain=grain) for match in (old, new)]
    [(effect, _)] = between(*rules)
    return effect


def acting(*actions: Action, mode: Mode = Mode.ENFORCE) -> Rule:
    return a_rule(actions={"critical": (NOTIFY, *actions)}, mode=mode)


def test_a_lower_maximum_tightens_and_a_higher_one_loosens() -> None:
    assert limits_between(at_most(warn=4, breach=5), at_most(warn=3, breach=6)) == [
        (Effect.TIGHTENS, "warn 4x -> 3x"),
        (Effect.LOOSENS, "breach 5x -> 6x"),
    ]


def test_a_higher_minimum_tightens() -> None:
    assert limits_between(at_least(warn=4), at_least(warn=5)) == [(Effect.TIGHTENS, "warn 4x -> 5x")]


def test_the_edges_of_a_band_are_told_apart() -> None:
    assert limits_between(within(breach=(1, 3)), within(breach=(2, 4))) == [
        (Effect.TIGHTENS, "breach low 1x -> 2x"),
        (Effect.LOOSENS, "breach high 3x -> 4x"),
    ]


def test_a_level_that_goes_loosens_and_one_that_comes_tightens() -> None:
    assert limits_between(at_most(warn=4, breach=5), at_most(breach=5, critical=6)) == [
        (Effect.LOOSENS, "warn 4x removed"),
        (Effect.TIGHTENS, "critical 6x added"),
    ]


def test_a_ladder_is_compared_where_it_applies() -> None:
    old = a_ladder(BY, (0.05, {"breach": 20}), (0.25, {"breach": 10}), (math.inf, {"breach": 3}))
    new = a_ladder(BY, (0.10, {"breach": 20}), (0.25, {"breach": 10}), (math.inf, {"breach": 2}))
    assert limits_between(old, new) == [
        (Effect.LOOSENS, "share_of_equity 5% to 10%: breach 10x -> 20x"),
        (Effect.TIGHTENS, "share_of_equity above 25%: breach 3x -> 2x"),
    ]


def test_a_plain_limit_is_a_ladder_of_one_step() -> None:
    ladder = a_ladder(BY, (0.05, {"breach": 20}), (math.inf, {"breach": 3}))
    assert limits_between(at_most(breach=3), ladder) == [
        (Effect.LOOSENS, "share_of_equity up to 5%: breach 3x -> 20x")
    ]


def test_another_kind_of_limit_or_another_measure_is_for_a_person() -> None:
    assert limits_between(at_most(warn=4), at_least(warn=4))[0][0] is Effect.UNCLEAR
    assert between(a_rule(), a_rule(measure="margin_ratio")) == [
        (Effect.UNCLEAR, "measures leverage -> margin_ratio")
    ]


def test_a_calendar_only_tightens_so_its_end_loosens() -> None:
    quiet, strict = a_rule(), a_rule(during=((NIGHT, at_most(breach=2)),))
    assert between(quiet, strict) == [(Effect.TIGHTENS, "a limit during night added")]
    assert between(strict, quiet) == [(Effect.LOOSENS, "the tighter limit during night removed")]


@pytest.mark.parametrize(
    ("changed", "effect"),
    [
        (replace(NIGHT, between=None), Effect.UNCLEAR),  # its night of Sunday ended on Monday
        (replace(NIGHT, between=(time(21), time(6))), Effect.TIGHTENS),
        (replace(NIGHT, between=(time(22), time(5))), Effect.LOOSENS),
        (replace(NIGHT, weekdays=(5, 6)), Effect.LOOSENS),
        (replace(NIGHT, dates=("2026-12-24",)), Effect.LOOSENS),
        (replace(NIGHT, tz="Europe/Prague"), Effect.UNCLEAR),
        (replace(NIGHT, weekdays=tuple(range(7))), Effect.WORDS),
    ],
)
def test_hours_of_a_calendar(changed: Calendar, effect: Effect) -> None:
    rules = [a_rule(during=((calendar, at_most(breach=2)),)) for calendar in (NIGHT, changed)]
    [(found, _)] = between(*rules)
    assert found is effect


def test_timing() -> None:
    old = a_rule(hold={"breach": 60}, clear_margin=0.05, clear_for=300, missing_hold=120)
    new = a_rule(
        hold={"breach": 300},
        clear_margin=0.1,
        clear_for=60,
        missing_hold=60,
        missing_then=MissingThen.BREACH,
    )
    assert between(old, new) == [
        (Effect.LOOSENS, "breach for 1m -> 5m"),
        (Effect.TIGHTENS, "clear margin 5% -> 10%"),
        (Effect.LOOSENS, "clear for 5m -> 1m"),
        (Effect.TIGHTENS, "missing hold 2m -> 1m"),
        (Effect.TIGHTENS, "missing then alert -> breach"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        (Match(("BTC*",)), Match(("*",)), Effect.TIGHTENS),
        (Match(("*",)), Match(("BTC*",)), Effect.LOOSENS),
        (Match(("BTC*",)), Match(("ETH*",)), Effect.UNCLEAR),
        (Match(none_of=("hedge",)), Match(("scalp",)), Effect.LOOSENS),
        (Match(none_of=("a", "b")), Match(none_of=("a",)), Effect.TIGHTENS),
        (Match(("a", "b")), Match(("b", "a")), Effect.WORDS),
    ],
)
def test_scopes_are_compared_as_sets(old: Match, new: Match, effect: Effect) -> None:
    assert scopes_between(old, new) is effect


def test_a_scope_that_chooses_what_is_counted_is_for_a_person() -> None:
    assert scopes_between(Match(("*",)), Match(("BTC*",)), Grain.ACCOUNT) is Effect.UNCLEAR


def test_a_wider_scope_of_a_rule_that_can_send_orders_acts_more() -> None:
    one, all_of_them = (Selector((("account", Match((name,))),)) for name in ("a", "*"))
    for mode, effect in ((Mode.ENFORCE, Effect.ACTS_MORE), (Mode.OBSERVE, Effect.TIGHTENS)):
        rules = [replace(acting(close(), mode=mode), where=where) for where in (one, all_of_them)]
        assert [found for found, _ in between(*rules)] == [effect]


def test_what_is_unclear_of_a_rule_that_can_send_orders_may_act_beyond() -> None:
    for actions, beyond in (((close(),), 1), ((), 0)):
        old = acting(*actions)
        new = replace(old, measure=MeasureRef("margin_ratio"))
        assert len(acts_beyond(a_bundle(old), a_bundle(new))) == beyond


def test_an_order_that_is_dropped_loosens_and_one_that_comes_acts_more() -> None:
    assert between(acting(close()), acting()) == [(Effect.LOOSENS, "at critical: close auto dropped")]
    assert between(acting(), acting(close())) == [(Effect.ACTS_MORE, "at critical: close auto added")]


def test_an_order_of_a_rule_that_only_observes_is_only_said() -> None:
    observing = {"mode": Mode.OBSERVE}
    assert between(acting(**observing), acting(close(), **observing)) == [
        (Effect.TIGHTENS, "at critical: close auto added")
    ]


def test_parameters_of_an_order() -> None:
    old = acting(deleverage(4.0, max_step=0.25, approval=Approval.HUMAN))
    new = acting(deleverage(3.0, max_step=0.1))
    assert between(old, new) == [
        (Effect.ACTS_MORE, "at critical: deleverage approval human -> auto"),
        (Effect.LOOSENS, "at critical: deleverage max_step 25% -> 10%"),
        (Effect.ACTS_MORE, "at critical: deleverage to 4x -> 3x"),
    ]


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (Action(kind=ActionKind.CANCEL_ORDERS), "cancel_orders risk_increasing auto"),
        (Action(kind=ActionKind.PLACE_STOP, distance=0.03), "place_stop at 3% auto"),
    ],
    ids=lambda each: each.kind.value if isinstance(each, Action) else "",
)
def test_cancelling_and_placing_act_as_orders_that_trade_do(action: Action, told: str) -> None:
    by_person = replace(action, approval=Approval.HUMAN)
    place = f"at critical: {action.kind.value}"
    assert between(acting(), acting(action)) == [(Effect.ACTS_MORE, f"at critical: {told} added")]
    assert between(acting(action), acting()) == [(Effect.LOOSENS, f"at critical: {told} dropped")]
    assert between(acting(by_person), acting(action)) == [
        (Effect.ACTS_MORE, f"{place} approval human -> auto")
    ]
    assert between(acting(action), acting(by_person)) == [(Effect.LOOSENS, f"{place} approval auto -> human")]


def test_what_pauses_bots_is_no_order_and_only_tightens() -> None:
    pausing = acting(Action(kind=ActionKind.BLOCK_NEW_RISK))
    assert between(acting(), pausing) == [(Effect.TIGHTENS, "at critical: block_new_risk added")]
    assert acts_beyond(a_bundle(acting()), a_bundle(pausing)) == ()


def test_a_tighter_limit_in_front_of_a_cancellation_acts_more() -> None:
    rules = [
        a_rule(
            at_most(breach=limit),
            actions={"breach": (NOTIFY, Action(kind=ActionKind.CANCEL_ORDERS))},
            mode=Mode.ENFORCE,
        )
        for limit in (5, 4)
    ]
    [change] = differences(*map(a_bundle, rules))
    assert change.effects == (Effect.TIGHTENS, Effect.ACTS_MORE)


@pytest.mark.parametrize(
    ("old", "new"), [("grid", "risk_increasing"), ("risk_increasing", "all"), ("grid", "all")]
)
def test_cancelling_more_of_the_orders_acts_more_and_less_of_them_loosens(old: str, new: str) -> None:
    fewer, more = (acting(Action(kind=ActionKind.CANCEL_ORDERS, which=which)) for which in (old, new))
    assert between(fewer, more) == [(Effect.ACTS_MORE, f"at critical: cancel_orders which {old} -> {new}")]
    assert between(more, fewer) == [(Effect.LOOSENS, f"at critical: cancel_orders which {new} -> {old}")]


def test_a_stop_that_is_placed_nearer_acts_more_because_it_closes_what_went_on() -> None:
    far, near = (acting(Action(kind=ActionKind.PLACE_STOP, distance=each)) for each in (0.03, 0.003))
    assert between(far, near) == [(Effect.ACTS_MORE, "at critical: place_stop distance 3% -> 0.3%")]
    assert between(near, far) == [(Effect.LOOSENS, "at critical: place_stop distance 0.3% -> 3%")]


def test_another_way_to_meet_the_market_is_neither_more_nor_less() -> None:
    by_level, calm = acting(close()), acting(replace(close(), urgency=Urgency.CALM))
    assert between(by_level, calm) == [(Effect.UNCLEAR, "at critical: close urgency by level -> calm")]


def test_an_approval_by_fewer_people_acts_more_and_one_by_more_loosens() -> None:
    alone, one, two = (acting(close(approval=approval)) for approval in Approval)
    assert between(two, one) == [(Effect.ACTS_MORE, "at critical: close approval four_eyes -> human")]
    assert between(one, two) == [(Effect.LOOSENS, "at critical: close approval human -> four_eyes")]
    assert between(two, alone) == [(Effect.ACTS_MORE, "at critical: close approval four_eyes -> auto")]
    assert between(alone, two) == [(Effect.LOOSENS, "at critical: close approval auto -> four_eyes")]


def test_a_notice_that_is_dropped_loosens() -> None:
    old = a_rule(actions={"breach": (NOTIFY, Action(kind=ActionKind.BLOCK_NEW_RISK))})
    assert between(old, a_rule(actions={"breach": (NOTIFY,)})) == [
        (Effect.LOOSENS, "at breach: block_new_risk dropped")
    ]


def test_a_stronger_mode_acts_more_only_where_there_is_an_order() -> None:
    for actions, effect in (((close(),), Effect.ACTS_MORE), ((), Effect.WORDS)):
        old, new = (a_bundle(acting(*actions, mode=mode), mode=mode) for mode in (Mode.OBSERVE, Mode.ENFORCE))
        assert [(change.effect, change.about) for change in differences(old, new)] == [(effect, "test")]


def test_a_rules_own_mode_is_said_of_the_rule() -> None:
    assert between(acting(close()), acting(close(), mode=Mode.PROPOSE)) == [
        (Effect.LOOSENS, "mode enforce -> propose")
    ]


def test_a_wider_guard_acts_more() -> None:
    old = Guard(actions_per_hour_max=6, notional_per_hour_max=Decimal(5_000_000), cooldown_seconds=60)
    new = Guard(actions_per_hour_max=3, notional_per_hour_max=None, cooldown_seconds=30)
    assert between(a_rule(guard=old), a_rule(guard=new)) == [
        (Effect.TIGHTENS, "guard max_actions_per_hour 6 -> 3"),
        (Effect.ACTS_MORE, "guard max_notional_per_hour 5m USD -> none"),
        (Effect.ACTS_MORE, "guard cooldown 1m -> 30s"),
    ]


def test_rules_that_come_and_go() -> None:
    old, new = a_rule(id="test/a"), replace(acting(close()), id="test/b")
    assert between(old, new) == [
        (Effect.LOOSENS, "rule removed: Account leverage cap"),
        (Effect.TIGHTENS, "rule added: Account leverage cap"),
        (Effect.ACTS_MORE, "at critical: close auto added"),
    ]


def test_refining_tightens() -> None:
    plain, refining = a_rule(), a_rule(refines="base/leverage")
    assert between(plain, refining)[0][0] is Effect.TIGHTENS
    assert between(refining, plain)[0][0] is Effect.LOOSENS


def test_waivers_loosen_while_they_are_there() -> None:
    def found(old: tuple[Waiver, ...], new: tuple[Waiver, ...]) -> list[Effect]:
        rule = a_rule()
        changes = differences(a_bundle(rule, waivers=old), a_bundle(rule, waivers=new))
        return [change.effect for change in changes]

    longer = replace(WAIVER, until_at=datetime(2026, 3, 9, tzinfo=UTC))
    higher = replace(WAIVER, limit=Thresholds(((Level.BREACH, -math.inf, 8.0),)))
    assert found((), (WAIVER,)) == [Effect.LOOSENS]
    assert found((WAIVER,), ()) == [Effect.TIGHTENS]
    assert found((WAIVER,), (longer,)) == [Effect.LOOSENS]
    assert found((higher,), (WAIVER,)) == [Effect.TIGHTENS]
    assert found((WAIVER,), (replace(WAIVER, limit=None),)) == [Effect.LOOSENS]
    assert found((WAIVER,), (replace(WAIVER, reason="another"),)) == [Effect.WORDS]


def test_terms_of_waivers() -> None:
    terms = WaiverTerms(duration_max_seconds=3600, approvers=("a",), four_eyes=True, never=("leverage",))
    lax = WaiverTerms(duration_max_seconds=7200, approvers=("a", "b"), four_eyes=False, never=())
    bundles = [a_bundle(a_rule(), waiver_terms=told) for told in (terms, lax)]
    assert {change.effect for change in differences(*bundles)} == {Effect.LOOSENS}
    assert len(differences(*bundles)) == 4


def test_tests_and_titles_are_words() -> None:
    old = a_bundle(a_rule(), tests=(a_series_test("leverage", (1.0,)),))
    new = a_bundle(a_rule(title="Another"), owner="others")
    assert [change.what for change in differences(old, new)] == [
        "owner 'tests' -> 'others'",
        "title 'Account leverage cap' -> 'Another'",
        "test 'a test' removed",
    ]
    assert {change.effect for change in differences(old, new)} == {Effect.WORDS}


def test_a_line_names_both_places() -> None:
    old, new = (a_rule(limit, mark=Mark(file=file, line=7, column=1)) for limit, file in _PLACES)
    [change] = differences(a_bundle(old), a_bundle(new))
    assert change.text == "loosens test/leverage: breach 5x -> 6x (old.yaml:7 -> new.yaml:7)"


_PLACES = ((at_most(breach=5), "old.yaml"), (at_most(breach=6), "new.yaml"))


def test_a_rule_asks_otherwise_when_its_limit_or_scope_changes_and_not_for_timing_actions_or_words() -> None:
    rule = a_rule()
    same = a_rule(hold=60, actions={"breach": (close(),)}, title="Another", mode=Mode.OBSERVE)
    assert changed_rules(a_bundle(rule), a_bundle(same)) == frozenset()
    for other in (a_rule(at_most(breach=9)), a_rule(where=Selector((("account", Match(("a",))),)))):
        assert changed_rules(a_bundle(rule), a_bundle(other)) == {"test/leverage"}


# ---- what holds for every change ------------------------------------------------------------------------------------

_NUMBERS = st.sampled_from([1.0, 2.0, 3.0, 4.0])
_LEVELS = ("warn", "breach", "critical")


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    chosen = {level: draw(_NUMBERS) for level in _LEVELS if draw(st.booleans())} or {"breach": 2.0}
    match draw(st.sampled_from(["max", "min", "band", "ladder"])):
        case "max":
            return at_most(**chosen)
        case "min":
            return at_least(**chosen)
        case "band":
            return within(**{level: (-value, value) for level, value in chosen.items()})
        case _:
            upto = draw(st.sampled_from([0.1, 0.2]))
            return a_ladder(BY, (upto, chosen), (math.inf, {"breach": draw(_NUMBERS)}))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    during = ((NIGHT, draw(limits())),) if draw(st.booleans()) else ()
    orders = draw(st.lists(st.sampled_from([close(), deleverage(1.0), deleverage(2.0)]), max_size=1))
    return a_rule(
        draw(limits()),
        hold=draw(st.sampled_from([0.0, 60.0])),
        clear_margin=draw(st.sampled_from([0.0, 0.1])),
        missing_then=draw(st.sampled_from(MissingThen)),
        actions={"critical": (NOTIFY, *orders)},
        during=during,
        mode=draw(st.sampled_from(Mode)),
        where=Selector((("account", Match(draw(st.sampled_from([("a",), ("*",), ("a", "b")])))),)),
        guard=Guard(actions_per_hour_max=draw(st.sampled_from([None, 3, 6]))),
    )


@settings(max_examples=60, derandomize=True, deadline=None)
@given(rules())
def test_nothing_differs_from_itself(rule: Rule) -> None:
    assert differences(a_bundle(rule), a_bundle(replace(rule, mark=Mark(file="x", line=9, column=9)))) == ()


MIRROR = {
    Effect.LOOSENS: {Effect.TIGHTENS, Effect.ACTS_MORE},
    Effect.TIGHTENS: {Effect.LOOSENS, Effect.ACTS_MORE},
    Effect.ACTS_MORE: {Effect.LOOSENS, Effect.TIGHTENS},
    Effect.UNCLEAR: {Effect.UNCLEAR},
    Effect.WORDS: {Effect.WORDS},
}


@settings(max_examples=150, derandomize=True, deadline=None)
@given(rules(), rules())
def test_every_change_has_its_mirror_image(old: Rule, new: Rule) -> None:
    there = differences(a_bundle(old), a_bundle(new))
    back = differences(a_bundle(new), a_bundle(old))
    # An order at a level that one of them lacks goes with the level, and is said of it alone.
    there, back = _without_orders_of_new_levels(there), _without_orders_of_new_levels(back)
    assert len(there) == len(back)
    for change, image in zip(there, back, strict=True):
        assert image.effect in MIRROR[change.effect], (change, image)


def _without_orders_of_new_levels(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(change for change in changes if not change.what.startswith("at "))


@settings(max_examples=80, derandomize=True, deadline=None)
@given(rules(), st.sampled_from(_LEVELS), st.floats(0.01, 0.9))
def test_a_tighter_threshold_is_never_called_loose(rule: Rule, level: str, by: float) -> None:
    tighter = replace(rule, limit=_tightened(rule.limit, level, by))
    found = differences(a_bundle(rule), a_bundle(tighter))
    assert {change.effect for change in found} <= {Effect.TIGHTENS}
    assert bool(found) == (tighter != rule)


def _tightened(limit: Limit, level: str, by: float) -> Limit:
    def tight(held: Thresholds) -> Thresholds:
        return Thresholds(
            tuple(
                (at, low + by, high - by) if at.name.lower() == level else (at, low, high)
                for at, low, high in held.levels
            )
        )

    if limit.thresholds is not None:
        return replace(limit, thresholds=tight(limit.thresholds))
    return replace(
        limit, steps=tuple(replace(step, thresholds=tight(step.thresholds)) for step in limit.steps)
    )
