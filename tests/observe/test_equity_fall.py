"""A fall of equity is believed only with a reason: bookings for the cash, positions for the rest."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from tests.observe.rows import a_fill, an_entry
from tests.observe.world import Held, Watch, World, at, not_ok, quality, reason, report, reports

LEVERED = [Held(symbol="BTCUSDT", quantity="5", entry="60000")]


def test_balances_of_zero_are_blind_and_not_a_loss_of_everything() -> None:
    watch = Watch()
    watch.see(reports(World().answers()))

    for cycle in (1, 2, 3):
        answers = World(at=at(cycle), held=[], wallet="0").answers()
        snapshot = watch.see([report(Surface.BALANCES, answers[Surface.BALANCES], at=at(cycle))])

        assert quality(snapshot, Surface.BALANCES) is Quality.BLIND
        assert "equity fell from 102000" in reason(snapshot, Surface.BALANCES)
        assert np.isnan(snapshot.accounts.equity).all()


def test_a_wallet_that_was_never_anything_but_empty_is_not_the_one_that_trades() -> None:
    snapshot = Watch().see(reports(World(held=[], wallet="0").answers()))

    assert quality(snapshot, Surface.BALANCES) is Quality.BLIND
    assert "not the wallet that trades" in reason(snapshot, Surface.BALANCES)


def test_a_withdrawal_explains_the_fall() -> None:
    watch = Watch()
    watch.see(reports(World(held=[]).answers()))
    taken = an_entry("TRANSFER", "-100000", at=at(0) + timedelta(seconds=5))
    world = World(at=at(1), held=[], wallet="0", income=[taken])

    snapshot = watch.see(reports(world.answers(), at=at(1)))

    assert not_ok(snapshot) == {}
    assert snapshot.accounts.equity.tolist() == [0.0]


def test_income_that_comes_later_ends_the_doubt() -> None:
    watch = Watch()
    watch.see(reports(World(held=[]).answers()))
    poor = World(at=at(1), held=[], wallet="20000")
    doubtful = watch.see(reports({Surface.BALANCES: poor.answers()[Surface.BALANCES]}, at=at(1)))
    taken = an_entry("TRANSFER", "-80000", at=at(0) + timedelta(seconds=5))
    world = World(at=at(2), held=[], wallet="20000", income=[taken])

    snapshot = watch.see(reports(world.answers(), at=at(2)))

    assert quality(doubtful, Surface.BALANCES) is Quality.BLIND
    assert snapshot.accounts.equity.tolist() == [20_000.0]
    assert quality(snapshot, Surface.BALANCES) is Quality.OK


def test_a_small_entry_does_not_explain_a_great_fall() -> None:
    watch = Watch()
    watch.see(reports(World(held=[]).answers()))
    fee = an_entry("FUNDING_FEE", "-12", at=at(0) + timedelta(seconds=5))
    world = World(at=at(1), held=[], wallet="0", income=[fee])

    assert quality(watch.see(reports(world.answers(), at=at(1))), Surface.BALANCES) is Quality.BLIND


@pytest.mark.parametrize("price", ["44000", "41000"])
def test_a_crash_that_the_positions_show_is_a_loss_and_no_fault(price: str) -> None:
    watch = Watch()
    watch.see(reports(World(held=LEVERED).answers()))
    crash = World(at=at(1), held=LEVERED, marks={"BTCUSDT": price, "ETHUSDT": "2900"})

    snapshot = watch.see(reports(crash.answers(), at=at(1)))

    assert not_ok(snapshot) == {}
    assert snapshot.accounts.equity[0] < 50_000


def test_a_loss_that_the_positions_do_not_show_is_not_believed() -> None:
    watch = Watch()
    watch.see(reports(World(held=LEVERED).answers()))
    crash = World(at=at(1), held=LEVERED, marks={"BTCUSDT": "44000", "ETHUSDT": "2900"}).answers()
    calm = World(at=at(1), held=LEVERED).answers()

    snapshot = watch.see(reports(calm | {Surface.BALANCES: crash[Surface.BALANCES]}, at=at(1)))

    assert quality(snapshot, Surface.BALANCES) is Quality.BLIND
    assert "positions do not show" in reason(snapshot, Surface.BALANCES)


def test_fills_explain_realised_losses_where_income_was_not_read() -> None:
    watch = Watch()
    watch.see(reports(World(held=LEVERED).answers()))
    fill = a_fill(1, "SELL", "5", at=at(0) + timedelta(seconds=5), realizedPnl="-80000")
    answers = World(
        at=at(1),
        held=[],
        wallet="19999.50",
        trades={"BTCUSDT": [fill]},
        marks={"BTCUSDT": "44000", "ETHUSDT": "2900"},
    ).answers()
    del answers[Surface.INCOME]

    snapshot = watch.see(reports(answers, at=at(1)))

    assert quality(snapshot, Surface.BALANCES) is Quality.OK
    assert snapshot.accounts.equity.tolist() == [19_999.5]


def test_a_rise_needs_no_reason() -> None:
    watch = Watch()
    watch.see(reports(World(held=[], wallet="100").answers()))

    snapshot = watch.see(reports(World(at=at(1), held=[], wallet="1000000").answers(), at=at(1)))

    assert snapshot.accounts.equity.tolist() == [1_000_000.0]


def test_collateral_that_left_in_a_coin_explains_a_fall_that_nobody_can_price() -> None:
    watch = Watch()
    watch.see(reports(World(held=[]).answers()))
    taken = an_entry("TRANSFER", "-1", at=at(0) + timedelta(seconds=5)) | {"asset": "BTC"}
    world = World(at=at(1), held=[], wallet="30000", income=[taken])

    assert quality(watch.see(reports(world.answers(), at=at(1))), Surface.BALANCES) is Quality.OK
