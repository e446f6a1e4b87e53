"""Every rule over every subject: columns of values, levels, limits and use; what cannot be computed is unknown."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

import numpy as np
import pytest

from riskd.judge.evaluate import evaluate
from riskd.judge.reading import Reading, verdicts
from riskd.measure.book.book import Book
from riskd.measure.book.tables import tables_of
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, account_subject, position_subject
from riskd.model.verdict import Outcome
from riskd.policy.rule import Calendar, Match, Rule, Selector
from tests.builders import BTC, ETH, NOW, a_history, a_position, a_snapshot, a_surface, an_account
from tests.builders_rules import a_ladder, a_rule, at_least, at_most, within

LEVERAGE = a_rule(at_most(warn=4, breach=5, critical=6))
PER_POSITION = a_rule(
    at_most(breach=0.5), measure="share_of_equity", unit=Unit.RATIO, grain=Grain.POSITION, id="test/share"
)


def read(rule: Rule, snapshot: Snapshot, *, now: datetime = NOW) -> Reading:
    (reading,) = evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=now)
    return reading


def two_accounts(**changes: object) -> Snapshot:
    """``calm`` at 2x and ``wild`` at 5.4x."""
    return a_snapshot(
        accounts=[an_account("calm", wallet=30_000), an_account("wild", wallet=10_000)],
        positions=[a_position(BTC, 1, "calm"), a_position(BTC, 0.5, "wild"), a_position(ETH, -8, "wild")],
        **changes,  # type: ignore[arg-type]  # passed on as given
    )


def test_every_subject_has_a_value_a_level_a_limit_and_its_use() -> None:
    reading = read(LEVERAGE, two_accounts())
    assert list(reading.subjects) == [account_subject("calm"), account_subject("wild")]
    assert reading.values.tolist() == pytest.approx([2.0, 5.4])
    assert reading.levels.tolist() == [0, 2]
    assert reading.limits.tolist() == [4.0, 5.0]
    assert reading.utilisation.tolist() == pytest.approx([0.4, 1.08])
    assert reading.unknown == ("", "")


def test_a_missing_value_is_unknown_with_its_reason_and_reaches_no_comparison() -> None:
    blind = a_surface(Surface.BALANCES, "wild", quality=Quality.BLIND, reason="timeout")
    reading = read(LEVERAGE, two_accounts(surfaces=[blind]))
    assert reading.levels.tolist() == [0, -1]
    assert math.isnan(reading.limits[1])
    assert math.isnan(reading.utilisation[1])
    assert reading.unknown[0] == ""
    assert "timeout" in reading.unknown[1]


def test_an_account_without_equity_is_beyond_every_maximum() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=0.0)], positions=[a_position()])
    reading = read(LEVERAGE, snapshot)
    assert reading.levels.tolist() == [3]
    assert reading.utilisation.tolist() == [math.inf]


def test_a_rule_covers_only_what_its_selector_picks() -> None:
    rule = replace(PER_POSITION, where=Selector((("symbol", Match(any_of=("ETH*",))),)))
    reading = read(rule, two_accounts())
    assert list(reading.subjects) == [position_subject("wild", ETH, "short")]
    assert reading.levels.tolist() == [2]
    assert reading.row_of(position_subject("wild", ETH, "short")) == 0
    assert reading.row_of(position_subject("wild", BTC, "long")) is None
    assert reading.holds(position_subject("wild", BTC, "long"))
    assert reading.released(position_subject("wild", BTC, "long"))
    assert not reading.released(position_subject("nobody", BTC, "long"))


def test_a_subject_is_not_released_while_its_strategy_rests_on_what_was_not_seen() -> None:
    rule = replace(PER_POSITION, where=Selector((("strategy", Match(any_of=("scalp",))),)))
    stale = a_surface(Surface.CONDITIONAL_ORDERS, "calm", quality=Quality.STALE)
    reading = read(rule, two_accounts(surfaces=[stale]))
    assert not reading.released(position_subject("calm", BTC, "long"))
    assert reading.released(position_subject("wild", BTC, "long"))


def test_a_ladder_judges_each_position_by_its_own_size() -> None:
    ladder = a_ladder(MeasureRef("share_of_equity"), (2.5, {"breach": 20.0}), (math.inf, {"breach": 3.0}))
    rule = a_rule(ladder, measure="position_leverage", grain=Grain.POSITION)
    reading = read(rule, two_accounts())
    assert reading.values.tolist() == pytest.approx([10.0, 10.0, 10.0])
    assert reading.levels.tolist() == [0, 2, 0]
    assert reading.limits.tolist() == [20.0, 3.0, 20.0]
    thresholds = [reading.thresholds(row) for row in range(3)]
    assert [t.levels[0][2] for t in thresholds if t is not None] == [20.0, 3.0, 20.0]


def test_a_ladder_whose_size_is_unknown_is_unknown() -> None:
    ladder = a_ladder(MeasureRef("share_of_equity"), (math.inf, {"breach": 3.0}))
    rule = a_rule(ladder, measure="position_leverage", grain=Grain.POSITION)
    blind = a_surface(Surface.BALANCES, "wild", quality=Quality.BLIND, reason="timeout")
    reading = read(rule, two_accounts(surfaces=[blind]))
    assert reading.levels.tolist() == [2, -1, -1]
    assert reading.thresholds(1) is None
    assert reading.unknown[1] == "its limit: share_of_equity is unknown"


def test_the_selector_of_a_rule_bounds_what_its_measure_counts() -> None:
    rule = replace(LEVERAGE, where=Selector((("symbol", Match(any_of=("BTC*",))),)))
    assert read(rule, two_accounts()).values.tolist() == pytest.approx([2.0, 3.0])


def test_a_ladder_and_a_selector_work_on_the_same_rows() -> None:
    ladder = a_ladder(MeasureRef("share_of_equity"), (2.5, {"breach": 20.0}), (math.inf, {"breach": 3.0}))
    rule = a_rule(
        ladder,
        measure="position_leverage",
        grain=Grain.POSITION,
        where=Selector((("account", Match(any_of=("wild",))),)),
    )
    reading = read(rule, two_accounts())
    assert reading.limits.tolist() == [3.0, 20.0]
    assert reading.levels.tolist() == [2, 0]


def test_calendars_tighten_by_the_moment_of_judging() -> None:
    weekend = Calendar(name="weekend", tz="UTC", weekdays=(5, 6))
    rule = replace(LEVERAGE, during=((weekend, at_most(warn=1.5, breach=3, critical=5)),))
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert read(rule, two_accounts()).levels.tolist() == [0, 2]
    assert read(rule, two_accounts(), now=saturday).levels.tolist() == [1, 3]


def test_use_of_a_minimum_and_of_a_band() -> None:
    low = a_rule(
        at_least(warn=0.4, breach=0.2), measure="liquidation_distance", grain=Grain.POSITION, unit=Unit.RATIO
    )
    reading = read(low, two_accounts())
    assert reading.utilisation.tolist() == pytest.approx((0.2 / reading.values).tolist())
    band = a_rule(within(breach=(-2.0, 2.0)), measure="net_delta", unit=Unit.RATIO)
    reading = read(band, two_accounts())
    assert reading.utilisation.tolist() == pytest.approx((np.abs(reading.values) / 2.0).tolist())
    assert reading.limits.tolist() == [2.0, 2.0]


def test_the_use_of_a_minimum_is_without_end_once_the_value_is_gone() -> None:
    low = a_rule(at_least(breach=0.2), measure="stop_coverage", grain=Grain.POSITION, unit=Unit.RATIO)
    assert np.isinf(read(low, two_accounts()).utilisation).all()


def test_use_has_no_meaning_without_a_breach_limit_or_with_a_limit_of_zero() -> None:
    for limit in (at_most(warn=4), at_most(breach=0)):
        assert np.isnan(read(a_rule(limit), two_accounts()).utilisation).all()


def test_verdicts_say_the_same_for_people_and_for_the_record() -> None:
    blind = a_surface(Surface.BALANCES, "wild", quality=Quality.BLIND, reason="timeout")
    calm, wild = verdicts(read(LEVERAGE, two_accounts(surfaces=[blind])))
    assert (calm.outcome, calm.value, calm.limit, calm.unknown) == (Outcome.OK, 2.0, 4.0, "")
    assert (wild.outcome, wild.value, wild.limit, wild.utilisation) == (Outcome.UNKNOWN, None, None, None)
    assert "timeout" in wild.unknown


def test_a_rule_that_raises_is_unknown_for_all_and_stops_no_other() -> None:
    absent = a_rule(measure="no_such_measure", id="test/absent")
    wrong_grain = a_rule(measure="leverage", grain=Grain.HEDGE, id="test/grain")
    snapshot = two_accounts()
    broken, _, fine = evaluate(
        [absent, wrong_grain, LEVERAGE], Book.of(snapshot, a_history(snapshot)), now=NOW
    )
    assert broken.levels.tolist() == [-1, -1]
    assert broken.unknown[0].startswith("the rule could not be evaluated: KeyError")
    assert not broken.released(account_subject("calm"))
    assert fine.levels.tolist() == [0, 2]


def test_a_rule_whose_subjects_cannot_even_be_told_is_one_unknown_subject() -> None:
    class Torn(Book):
        def universe(self, grain: Grain) -> NoReturn:
            raise KeyError(grain)

    snapshot = two_accounts()
    torn = Torn(tables_of(snapshot, a_history(snapshot)))
    (reading,) = evaluate([a_rule(measure="share_of_gross", grain=Grain.CLUSTER)], torn, now=NOW)
    assert reading.levels.tolist() == [-1]
    assert str(reading.subject(0)) == "cluster"


def test_rules_share_what_they_measure() -> None:
    tighter = replace(LEVERAGE, id="test/tighter", limit=at_most(breach=1))
    snapshot = two_accounts()
    one, two = evaluate([LEVERAGE, tighter], Book.of(snapshot, a_history(snapshot)), now=NOW)
    assert one.values is two.values


def test_an_empty_book_has_no_verdicts() -> None:
    reading = read(PER_POSITION, a_snapshot(accounts=[an_account("main")]))
    assert len(reading) == 0
    assert list(verdicts(reading)) == []
