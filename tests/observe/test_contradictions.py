"""Answers of one account that contradict each other, or lack what must be there, are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from riskd.model.desk import AccountProfile, Desk, HedgeDefinition, HedgeLeg, LegKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from tests.fakes.clock import NOON
from tests.observe.rows import a_fill, an_order
from tests.observe.world import DESK, Held, Watch, World, at, quality, reason, report, reports


def test_positions_that_do_not_sum_to_the_accounts_totals_are_doubtful() -> None:
    answers = World().answers()
    balances: Any = answers[Surface.BALANCES]
    doubled: Any = World(
        held=[*World().held, Held(symbol="BTCUSDT", quantity="0.5", entry="58000")]
    ).answers()
    for name in ("totalMaintMargin", "totalUnrealizedProfit", "totalMarginBalance"):
        balances[name] = doubled[Surface.BALANCES][name]

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert quality(snapshot, Surface.BALANCES) is Quality.PARTIAL


def test_a_position_as_it_was_before_a_fill_is_an_old_answer() -> None:
    fill = a_fill(7, "SELL", "0.100", at=NOON - timedelta(seconds=30))

    snapshot = Watch().see(reports(World(trades={"BTCUSDT": [fill]}).answers()))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "before a fill" in reason(snapshot, Surface.POSITIONS)


def test_no_orders_while_margin_is_reserved_for_orders_is_doubtful() -> None:
    answers = World().answers()
    balances: Any = answers[Surface.BALANCES]
    balances["totalOpenOrderInitialMargin"] = "150.00000000"

    empty = Watch().see(reports(answers))
    answers[Surface.ORDERS] = [an_order()]
    there = Watch().see(reports(answers))

    assert quality(empty, Surface.ORDERS) is Quality.PARTIAL
    assert quality(there, Surface.ORDERS) is Quality.OK


def test_positions_of_the_other_position_mode_are_said() -> None:
    answers = World().answers() | {Surface.POSITION_MODE: {"dualSidePosition": True}}

    assert quality(Watch().see(reports(answers)), Surface.POSITION_MODE) is Quality.PARTIAL


def test_two_margin_pools_are_not_one_ratio() -> None:
    answers = World().answers()
    balances: Any = answers[Surface.BALANCES]
    usdc = {**balances["assets"][0], "asset": "USDC"}
    balances["assets"].append(usdc)

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.BALANCES) is Quality.PARTIAL
    assert "USDT, USDC" in reason(snapshot, Surface.BALANCES)


def test_a_single_pool_in_another_dollar_is_the_account() -> None:
    answers = World(held=[]).answers()
    balances: Any = answers[Surface.BALANCES]
    usdc = {**balances["assets"][0], "asset": "USDC", "initialMargin": "5.00000000"}
    zero = dict.fromkeys([name for name in balances if name.startswith("total")], "0.00000000")
    balances.update(zero, availableBalance="0.00000000", assets=[usdc])

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.BALANCES) is Quality.OK
    assert snapshot.accounts.equity.tolist() == [100_000.0]


@pytest.mark.parametrize("surface", [Surface.SYMBOL_SETTINGS, Surface.BRACKETS])
def test_settings_that_are_missing_for_a_held_contract_are_said(surface: Surface) -> None:
    answers = World().answers()
    rows: Any = answers[surface]
    del rows[0]

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, surface) is Quality.PARTIAL
    assert np.isnan(snapshot.positions.leverage_setting[0]) == (surface is Surface.SYMBOL_SETTINGS)


def test_an_account_whose_brackets_differ_from_those_shown_is_told() -> None:
    desk = Desk(accounts=tuple(AccountProfile(id=name, venue="binanceusdm") for name in ("main", "vip")))
    special = World().answers()
    table: Any = special[Surface.BRACKETS]
    table[0]["brackets"][0]["maintMarginRatio"] = 0.003
    table[0]["brackets"][1]["cum"] = 600.0

    snapshot = Watch(desk=desk).see(reports(World().answers()), reports(special, account="vip"))

    assert quality(snapshot, Surface.BRACKETS, "main") is Quality.OK
    assert quality(snapshot, Surface.BRACKETS, "vip") is Quality.PARTIAL


def test_a_coin_that_is_missing_from_the_spot_wallet_once_is_not_sold() -> None:
    leg = HedgeLeg(account="main", kind=LegKind.SPOT, name="ETH")
    other = HedgeLeg(account="main", kind=LegKind.PERPETUAL, name="ETH/USDT:USDT")
    watch = Watch(desk=Desk(accounts=DESK.accounts, hedges=(HedgeDefinition(id="h", legs=(leg, other)),)))
    watch.see(reports(World(spot={"ETH": "10"}).answers()))

    first = watch.see([report(Surface.SPOT_BALANCES, {"balances": []}, at=at(1))])
    second = watch.see([report(Surface.SPOT_BALANCES, {"balances": []}, at=at(2))])

    assert quality(first, Surface.SPOT_BALANCES) is Quality.PARTIAL
    assert first.spot.quantity.tolist() == [10.0]
    assert quality(second, Surface.SPOT_BALANCES) is Quality.OK
    assert second.spot.quantity.tolist() == [0.0]
