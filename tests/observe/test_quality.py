"""What makes a surface STALE, PARTIAL or BLIND, and what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from tests.fakes.clock import NOON
from tests.observe.rows import ms
from tests.observe.world import Held, Watch, World, at, quality, reason, report, reports


def test_one_failed_read_does_not_make_a_young_answer_worse() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    snapshot = watch.see([report(Surface.POSITIONS, None, failure="timeout", at=at(1))])

    assert quality(snapshot, Surface.POSITIONS) is Quality.OK
    state = snapshot.state("main", Surface.POSITIONS)
    assert state is not None
    assert state.observed_at == NOON


def test_an_answer_that_is_too_old_is_stale_and_its_numbers_stay_visible() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    snapshot = watch.see(
        [report(Surface.POSITIONS, None, failure="timeout", at=at(4))], now=NOON + timedelta(seconds=40)
    )

    assert quality(snapshot, Surface.POSITIONS) is Quality.STALE
    assert "40 s old, 30 s are allowed; the newest attempt failed: timeout" in reason(
        snapshot, Surface.POSITIONS
    )
    assert quality(snapshot, Surface.BALANCES) is Quality.STALE
    assert snapshot.positions.quantity.tolist() == [0.5, -10.0]
    assert snapshot.accounts.equity.tolist() == [102_000.0]


def test_rubbish_makes_blind_at_once_and_hides_the_numbers() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    snapshot = watch.see(
        [
            report(Surface.POSITIONS, None, failure="guard:html", at=at(1)),
            report(Surface.BALANCES, None, failure="guard:empty", at=at(1)),
        ]
    )

    assert quality(snapshot, Surface.POSITIONS) is Quality.BLIND
    assert quality(snapshot, Surface.BALANCES) is Quality.BLIND
    assert np.isnan(snapshot.accounts.equity).all()
    assert not snapshot.positions.confirmed.any()
    assert len(snapshot.positions) == 2


def test_age_is_measured_from_when_the_request_left() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    just = watch.see(now=NOON + timedelta(seconds=30))
    over = watch.see(now=NOON + timedelta(seconds=30.1))

    assert quality(just, Surface.POSITIONS) is Quality.OK
    assert quality(over, Surface.POSITIONS) is Quality.STALE


def test_a_clock_set_back_does_not_make_old_answers_young() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    snapshot = watch.see(now=NOON - timedelta(hours=1))

    assert quality(snapshot, Surface.POSITIONS) is Quality.STALE
    assert "set back" in reason(snapshot, Surface.POSITIONS)


def test_the_watch_goes_on_after_the_clock_was_set_back() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))
    before = NOON - timedelta(hours=1)

    snapshot = watch.see(reports(World().answers(), at=before))

    assert quality(snapshot, Surface.POSITIONS) is Quality.OK


def test_an_answer_that_was_asked_for_earlier_but_came_later_changes_nothing() -> None:
    watch = Watch()
    watch.see(reports(World(at=at(1)).answers(), at=at(1)))
    late = World(held=[Held(symbol="BTCUSDT", quantity="9", entry="58000")]).answers()

    snapshot = watch.see([report(Surface.POSITIONS, late[Surface.POSITIONS])], now=at(1))

    assert snapshot.positions.quantity.tolist() == [0.5, -10.0]


def test_a_position_that_goes_back_in_time_is_a_replayed_answer() -> None:
    watch = Watch()
    changed = World(held=[Held(symbol="BTCUSDT", quantity="0.400", entry="58000", changed_at=NOON)])
    watch.see(reports(changed.answers()))
    old = World(held=[Held(symbol="BTCUSDT", quantity="0.500", entry="58000")])

    snapshot = watch.see([report(Surface.POSITIONS, old.answers()[Surface.POSITIONS], at=at(1))])

    assert snapshot.positions.quantity.tolist() == [0.4]
    state = snapshot.state("main", Surface.POSITIONS)
    assert state is not None
    assert state.observed_at == NOON


def test_replayed_marks_and_balances_are_refused() -> None:
    watch = Watch()
    watch.see(reports(World(at=at(1), wallet="100000").answers(), at=at(1)))
    old = World(wallet="99000", marks={"BTCUSDT": "59000", "ETHUSDT": "2900"}).answers()

    snapshot = watch.see(
        [report(surface, old[surface], at=at(2)) for surface in (Surface.MARKS, Surface.BALANCES)]
    )

    assert snapshot.quotes.mark_price.tolist() == [60_000.0, 3_000.0]
    assert snapshot.accounts.wallet_balance.tolist() == [100_000.0]


def test_an_asset_that_leaves_the_account_does_not_make_later_balances_look_replayed() -> None:
    watch = Watch()
    answers = World().answers()
    balances: Any = answers[Surface.BALANCES]
    zero = dict.fromkeys([name for name in balances["assets"][0] if name not in ("asset", "updateTime")], "0")
    balances["assets"].append(zero | {"asset": "BNB", "updateTime": ms(at(9))})
    watch.see(reports(answers))
    later = World(at=at(1), wallet="99990").answers()

    snapshot = watch.see([report(Surface.BALANCES, later[Surface.BALANCES], at=at(1))])

    assert snapshot.accounts.wallet_balance.tolist() == [99_990.0]


def test_fills_are_a_surface_while_somebody_needs_them_and_no_fault_when_nobody_does() -> None:
    watch = Watch()
    asked = watch.see(reports(World().answers()))
    answers = World(at=at(200)).answers()
    del answers[Surface.TRADES]
    not_asked = watch.see(reports(answers, at=at(200)))
    failed = watch.see([report(Surface.TRADES, None, failure="timeout", at=at(201))])

    assert quality(asked, Surface.TRADES) is Quality.OK
    assert not_asked.state("main", Surface.TRADES) is None
    assert quality(failed, Surface.TRADES) is Quality.STALE
