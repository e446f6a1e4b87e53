"""A read that cannot be believed makes what rests on it unknown, and says so."""

from __future__ import annotations

import math

import pytest

from riskd.measure.catalogue import CATALOGUE
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain
from tests.builders import BTC, a_hedge, a_position, a_snapshot, a_spot, a_stop, a_surface, an_account
from tests.measure.books import measured, reason, value, values


def test_a_partial_list_of_positions_is_quoted_as_the_reason() -> None:
    bad = a_surface(Surface.POSITIONS, quality=Quality.PARTIAL, reason="2 of 3 rows")
    snapshot = a_snapshot(positions=[a_position()], surfaces=[bad])
    assert reason(snapshot, "leverage", Grain.ACCOUNT) == "positions: PARTIAL, 2 of 3 rows"


def test_a_surface_that_was_never_read_is_missing() -> None:
    blind = a_surface(Surface.BALANCES, quality=Quality.BLIND, age_seconds=None, reason="timeout")
    snapshot = a_snapshot(positions=[a_position()], surfaces=[blind])
    assert reason(snapshot, "leverage", Grain.ACCOUNT) == "balances: BLIND, timeout"


@pytest.mark.parametrize("surface", [Surface.ORDERS, Surface.CONDITIONAL_ORDERS])
def test_without_either_order_list_stop_coverage_is_unknown_and_never_zero(surface: Surface) -> None:
    for orders in ([], [a_stop(BTC, "SELL", 1, 57_000)]):
        bad = a_surface(surface, quality=Quality.STALE, age_seconds=600.0)
        snapshot = a_snapshot(positions=[a_position()], orders=orders, surfaces=[bad])
        assert math.isnan(value(snapshot, "stop_coverage", Grain.POSITION))


def test_a_bad_account_does_not_harm_its_neighbour() -> None:
    bad = a_surface(Surface.POSITIONS, "b", quality=Quality.STALE)
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        positions=[a_position(BTC, 1, "a"), a_position(BTC, 1, "b")],
        surfaces=[bad],
    )
    first, second = values(snapshot, "leverage", Grain.ACCOUNT)
    assert first == 0.6
    assert math.isnan(second)


def test_a_subject_over_many_accounts_names_the_one_that_fails() -> None:
    bad = a_surface(Surface.POSITIONS, "b", quality=Quality.STALE, reason="91 s old")
    snapshot = a_snapshot(accounts=[an_account("a"), an_account("b")], surfaces=[bad])
    assert reason(snapshot, "leverage", Grain.PORTFOLIO) == "positions: STALE, 91 s old, in b"


def test_what_belongs_to_a_venue_fails_for_each_of_its_accounts() -> None:
    bad = a_surface(Surface.MARKS, quality=Quality.STALE, venue="one")
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one"), an_account("b", venue="two")],
        positions=[a_position(BTC, 1, "a"), a_position(BTC, 1, "b")],
        surfaces=[bad],
    )
    first, second = values(snapshot, "funding_rate", Grain.POSITION)
    assert math.isnan(first)
    assert second == pytest.approx(0.0001 / 8)


def test_spot_balances_matter_only_where_a_hedge_names_them() -> None:
    bad = a_surface(Surface.SPOT_BALANCES, quality=Quality.BLIND, age_seconds=None)
    plain = a_snapshot(positions=[a_position()], surfaces=[bad])
    hedged = a_snapshot(positions=[a_position()], spot=[a_spot()], hedges=(a_hedge(),), surfaces=[bad])
    assert value(plain, "net_delta", Grain.ACCOUNT) == 0.6
    assert math.isnan(value(hedged, "net_delta", Grain.ACCOUNT))


def test_an_absurd_number_is_unknown_where_infinity_means_nothing() -> None:
    snapshot = a_snapshot(accounts=[an_account("a", wallet=1e308), an_account("b", wallet=1e308)])
    found = measured(snapshot, "equity_at_venue", Grain.EXCHANGE)
    assert math.isnan(found.values[0])
    assert found.unknown[0]


def test_values_and_reasons_are_as_many_as_subjects_for_every_measure_of_an_empty_desk() -> None:
    snapshot = a_snapshot(accounts=[])
    for name, spec in CATALOGUE.items():
        for grain in spec.grains:
            given = {p.name: p.words[0] if p.words else 60.0 for p in spec.parameters if p.default is None}
            found = measured(snapshot, name, grain, **given)
            assert len(found.values) == len(found.subjects) == len(found.unknown)
