"""A position that is missing from an answer is unknown, not flat, until its closing is corroborated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from riskd.model.report import JsonValue, Surface
from riskd.model.snapshot import Quality, Snapshot
from tests.fakes.clock import NOON
from tests.observe.rows import a_fill, ms
from tests.observe.world import (
    Held,
    Watch,
    World,
    at,
    not_ok,
    quality,
    reason,
    report,
    reports,
)

ONLY_ETH = World().held[1:]


def watched() -> Watch:
    """A watch that has seen both positions."""
    watch = Watch()
    watch.see(reports(World().answers()))
    return watch


def without_btc(cycle: int, *, wallet: str) -> dict[Surface, JsonValue]:
    """The world after BTC was closed, or as a venue in trouble pretends it."""
    return World(at=at(cycle), held=ONLY_ETH, wallet=wallet).answers()


def test_one_answer_without_it_keeps_the_position_unconfirmed() -> None:
    watch = watched()

    snapshot = watch.see(reports(without_btc(1, wallet="100985"), at=at(1)))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "is missing" in reason(snapshot, Surface.POSITIONS)
    assert snapshot.positions.confirmed.tolist() == [False, True]
    assert snapshot.positions.quantity_exact[0] == Decimal("0.500")
    for column in ("quantity", "notional", "unrealized_pnl", "maintenance_margin"):
        assert np.isnan(getattr(snapshot.positions, column)[0]), column


def test_a_second_answer_and_a_wallet_that_moved_prove_the_closing() -> None:
    watch = watched()
    watch.see(reports(without_btc(1, wallet="100985"), at=at(1)))

    snapshot = watch.see(reports(without_btc(2, wallet="100985"), at=at(2)))

    assert not_ok(snapshot) == {}
    assert snapshot.positions.quantity_exact == (Decimal("-10.000"),)


def test_a_venue_in_trouble_that_answers_nothing_for_minutes_is_never_flat() -> None:
    watch = watched()

    for cycle in range(1, 30):
        answers = World(at=at(cycle), held=[]).answers()
        snapshot = watch.see(reports(answers, at=at(cycle)))

        assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
        assert snapshot.positions.confirmed.tolist() == [False, False]
    back = watch.see(reports(World(at=at(30)).answers(), at=at(30)))

    assert not_ok(back) == {}
    assert back.positions.quantity.tolist() == [0.5, -10.0]


def test_empty_positions_beside_balances_that_still_list_them_are_never_flat() -> None:
    watch = watched()

    for cycle in (1, 2, 3):
        answers = World(at=at(cycle)).answers() | {Surface.POSITIONS: []}
        snapshot = watch.see(reports(answers, at=at(cycle)))

        assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
        assert len(snapshot.positions) == 2


def test_an_absence_counts_only_with_balances_that_were_read_after_it() -> None:
    watch = watched()
    watch.see([report(Surface.POSITIONS, without_btc(1, wallet="0")[Surface.POSITIONS], at=at(1))])

    snapshot = watch.see([report(Surface.POSITIONS, without_btc(2, wallet="0")[Surface.POSITIONS], at=at(2))])

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_an_answer_that_contains_it_again_ends_the_doubt() -> None:
    watch = watched()
    watch.see(reports(World(at=at(1)).answers() | {Surface.POSITIONS: []}, at=at(1)))

    snapshot = watch.see(reports(World(at=at(2)).answers(), at=at(2)))

    assert not_ok(snapshot) == {}


@pytest.mark.parametrize(
    ("sold", "proven"),
    [
        (["0.500"], True),
        (["0.200", "0.300"], True),
        (["0.499"], False),
        (["0.500", "0.100"], False),
        ([], False),
    ],
)
def test_fills_prove_the_closing_when_they_add_up_to_it(sold: list[str], proven: bool) -> None:
    watch = watched()
    fills = [
        a_fill(number, "SELL", quantity, at=NOON + timedelta(seconds=number))
        for number, quantity in enumerate(sold, start=1)
    ]
    world = World(at=at(1), held=ONLY_ETH, wallet="100985", trades={"BTCUSDT": fills})

    snapshot = watch.see(reports(world.answers(), at=at(1)))

    assert (quality(snapshot, Surface.POSITIONS) is Quality.OK) is proven


def test_fills_that_do_not_reach_back_to_the_position_prove_nothing() -> None:
    watch = watched()
    answers = without_btc(1, wallet="100985")
    fill = a_fill(1, "SELL", "0.500", at=NOON + timedelta(seconds=5))
    answers.pop(Surface.TRADES)
    late = report(Surface.TRADES, {"BTCUSDT": [fill]}, at=at(1), covers_from=NOON - timedelta(minutes=30))

    snapshot = watch.see(reports(answers, at=at(1)), [late])

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_a_truncated_read_of_fills_proves_nothing_about_what_came_after_it() -> None:
    watch = watched()
    answers = without_btc(1, wallet="100985")
    answers.pop(Surface.TRADES)
    fills: list[JsonValue] = [a_fill(1, "BUY", "0.100", at=NOON - timedelta(minutes=50))]
    cut = report(Surface.TRADES, {"BTCUSDT": fills}, at=at(1), complete=False)

    snapshot = watch.see(reports(answers, at=at(1)), [cut])

    assert quality(snapshot, Surface.TRADES) is Quality.PARTIAL
    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_a_row_that_says_zero_closes_at_once() -> None:
    watch = watched()
    answers = without_btc(1, wallet="100985")
    rows = answers[Surface.POSITIONS]
    assert isinstance(rows, list)
    rows.append({"symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "0.000", "notional": "0"})

    snapshot = watch.see(reports(answers, at=at(1)))

    assert not_ok(snapshot) == {}
    assert len(snapshot.positions) == 1


def test_a_row_that_cannot_be_read_is_a_position_that_is_there() -> None:
    watch = watched()
    for cycle in (1, 2, 3):
        answers = World(at=at(cycle), wallet=f"10000{cycle}").answers()
        rows = answers[Surface.POSITIONS]
        assert isinstance(rows, list)
        assert isinstance(rows[0], dict)
        rows[0]["markPrice"] = "NaN"

        snapshot = watch.see(reports(answers, at=at(cycle)))

        assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
        assert snapshot.positions.confirmed.tolist() == [False, True]


def test_both_legs_of_a_hedge_vanish_one_by_one() -> None:
    long = Held(symbol="BTCUSDT", side="LONG", quantity="0.500", entry="58000")
    short = Held(symbol="BTCUSDT", side="SHORT", quantity="-0.500", entry="58000")
    watch = Watch()
    watch.see(reports(World(hedge_mode=True, held=[long, short]).answers()))
    world = World(at=at(1), hedge_mode=True, held=[long], wallet="100010")

    snapshot = watch.see(reports(world.answers(), at=at(1)))

    assert snapshot.positions.position_side == ("LONG", "SHORT")
    assert snapshot.positions.confirmed.tolist() == [True, False]


def test_an_empty_first_answer_is_checked_against_the_balances() -> None:
    snapshot = Watch().see(reports(World().answers() | {Surface.POSITIONS: []}))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "list 0.500" in reason(snapshot, Surface.POSITIONS)


def test_positions_without_any_balances_to_check_them_with_are_not_ok() -> None:
    answers = World().answers()
    del answers[Surface.BALANCES]

    snapshot = Watch().see(reports(answers))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL


def test_an_account_that_truly_holds_nothing_is_ok() -> None:
    snapshot = Watch().see(reports(World(held=[]).answers()))

    assert not_ok(snapshot) == {}
    assert len(snapshot.positions) == 0


def test_a_position_in_a_contract_that_nobody_listed_is_said() -> None:
    watch = watched()
    later = NOON + timedelta(minutes=6)
    world = World(at=later, marks={"BTCUSDT": "60000", "ETHUSDT": "3000", "NEWUSDT": "7"})
    held = Held(symbol="NEWUSDT", quantity="3", entry="6", changed_at=later - timedelta(minutes=1))
    answers = replace(world, held=(*world.held, held)).answers()
    del answers[Surface.INSTRUMENTS]

    snapshot = watch.see(reports(answers, at=later))

    assert quality(snapshot, Surface.POSITIONS) is Quality.PARTIAL
    assert "'NEWUSDT' is not a perpetual" in reason(snapshot, Surface.POSITIONS)


def test_a_closing_seen_twice_is_not_reopened_by_a_replayed_answer() -> None:
    watch = watched()
    old = World().answers()
    for cycle in (1, 2):
        watch.see(reports(without_btc(cycle, wallet="100985"), at=at(cycle)))
    answers = without_btc(3, wallet="100985") | {Surface.POSITIONS: old[Surface.POSITIONS]}

    snapshot: Snapshot = watch.see(reports(answers, at=at(3)))

    state = snapshot.state("main", Surface.POSITIONS)
    assert state is not None
    assert state.observed_at == at(2)
    assert snapshot.positions.quantity_exact == (Decimal(-10),)
    assert ms(at(3)) > ms(NOON)


def test_a_position_that_is_opened_again_is_believed_at_once() -> None:
    watch = watched()
    for cycle in (1, 2):
        watch.see(reports(without_btc(cycle, wallet="100985"), at=at(cycle)))
    anew = Held(symbol="BTCUSDT", quantity="0.500", entry="58000", changed_at=at(2) + timedelta(seconds=4))
    answers = World(at=at(3), held=(anew, *ONLY_ETH), wallet="100985").answers()

    snapshot = watch.see(reports(answers, at=at(3)))

    assert quality(snapshot, Surface.POSITIONS) is Quality.OK
    assert snapshot.positions.quantity.tolist() == [0.5, -10.0]


def test_a_position_that_is_still_there_minutes_after_its_closing_was_proven_is_believed() -> None:
    watch = watched()
    for cycle in (1, 2):
        watch.see(reports(without_btc(cycle, wallet="100985"), at=at(cycle)))
    later = at(2) + timedelta(minutes=3)

    snapshot = watch.see(reports(World(at=later).answers(), at=later))

    assert quality(snapshot, Surface.POSITIONS) is Quality.OK
    assert snapshot.positions.quantity.tolist() == [0.5, -10.0]
