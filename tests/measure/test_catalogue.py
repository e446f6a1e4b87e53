"""The catalogue is complete, documented, and taken in one way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from riskd.measure.catalogue import CATALOGUE, select_all, take, with_defaults
from riskd.measure.document import measure_lines, measures_page
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Unit
from riskd.model.subject import Grain
from riskd.policy.text.units import parse
from tests.builders import a_position, a_snapshot
from tests.measure.books import book_of, measured

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measures.md"
WANTED = {
    "leverage", "position_leverage", "risk_per_trade", "open_risk", "stop_coverage", "stop_distance",
    "stop_to_liquidation", "liquidation_distance", "liquidation_divergence", "account_shock", "margin_ratio",
    "share_of_equity", "share_of_gross", "equity_at_venue", "funding_rate", "funding_cost", "net_delta", "hedge_ratio",
    "basis", "grid_worst_leverage", "grid_worst_loss", "grid_worst_liquidation_distance", "grid_breakout", "drawdown",
    "loss_today", "order_rate", "holding_time", "data_age", "unlabelled", "adl_rank", "independent_bets", "volatility",
    "liquidation_distance_vol", "correlation", "var", "expected_shortfall", "stress_loss", "reject_rate", "clock_skew",
    "reconciliation_gap", "beta_shock", "asset_shock", "shocked_margin_ratio", "beta_delta",
    "touch_probability", "correlated_risk", "portfolio_volatility", "stop_distance_vol", "stop_distance_atr",
    "hedge_effectiveness", "hedge_ratio_gap", "give_back", "time_in_loss",
    "filled_leverage", "filled_asset_share", "filled_liquidation_distance", "stop_age", "reward_to_risk", "risk_multiple",
    "open_positions", "one_sidedness", "hhi", "leg_liquidation_distance", "leg_adl_rank", "leg_margin_imbalance",
    "funding_flip", "funding_to_horizon", "losing_streak", "fee_burn", "fees_paid", "realized_loss", "loss_and_heat",
    "exit_time", "share_of_volume", "share_of_open_interest", "share_of_depth", "exit_cost", "spread", "peg_gap",
    "collateral_share", "collateral_stress",
}  # fmt: skip


def test_the_catalogue_holds_the_measures_of_this_release() -> None:
    assert set(CATALOGUE) == WANTED


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_measure_is_documented(spec: MeasureSpec) -> None:
    for text in (spec.meaning, spec.formula, spec.source, spec.unknown_when):
        assert len(text) > 10
        assert text == text.strip()
    assert spec.meaning.endswith(".")
    assert "\n" not in spec.meaning
    assert spec.grains
    assert spec.function.__doc__
    for parameter in spec.parameters:
        assert parameter.meaning.endswith(".")


def test_the_page_of_measures_is_current() -> None:
    cure = "python -c 'from riskd.measure.document import measures_page as m; print(m(), end=\"\")' > docs/measures.md"
    assert PAGE.read_text(encoding="utf-8") == measures_page(), f"regenerate it: {cure}"


def test_a_default_is_written_as_a_policy_would_write_it() -> None:
    given = [(spec, parameter) for spec in CATALOGUE.values() for parameter in spec.parameters]
    written = {
        (spec.name, parameter.name): dict(measure_lines(spec))[f"parameter {parameter.name}"]
        for spec, parameter in given
        if parameter.default is not None and parameter.unit is not None
    }
    assert len(written) > 5
    for spec, parameter in given:
        if (told := written.get((spec.name, parameter.name))) is not None:
            quantity = parse(told.rpartition("default ")[2].removesuffix("."))
            assert (quantity.unit, quantity.value) == (parameter.unit, parameter.default), told


def test_the_lines_of_a_measure_name_its_unit_and_formula() -> None:
    lines = dict(measure_lines(CATALOGUE["drawdown"]))
    assert lines["unit"] == "ratio, such as 2% or 40bps"
    assert lines["parameter window"].endswith("must be given.")
    assert lines["infinite when"] == "never"


def test_defaults_are_filled_in_and_what_has_none_must_be_given() -> None:
    assert with_defaults(MeasureRef("grid_worst_loss")).parameters == (("beyond", 0.1),)
    assert with_defaults(MeasureRef("grid_worst_loss", (("beyond", 0.2),))).parameters == (("beyond", 0.2),)
    with pytest.raises(KeyError, match="drawdown needs the parameter window"):
        with_defaults(MeasureRef("drawdown"))


def test_an_unknown_measure_and_a_grain_it_is_not_taken_for_are_refused() -> None:
    book = book_of(a_snapshot())
    with pytest.raises(KeyError):
        take(book, MeasureRef("leverge"), Grain.ACCOUNT, select_all(book))
    with pytest.raises(
        ValueError, match="leverage is taken per account, desk, portfolio, strategy, not per hedge"
    ):
        take(book, MeasureRef("leverage"), Grain.HEDGE, select_all(book))


def test_a_measurement_carries_its_parameters_as_text() -> None:
    found = measured(a_snapshot(positions=[a_position()]), "risk_per_trade", Grain.POSITION, slippage=0.002)
    assert found.measure == "risk_per_trade"
    assert found.parameters == (("fee", "0.0005"), ("slippage", "0.002"))


def test_taking_a_measure_twice_gives_the_same_and_changes_nothing() -> None:
    book = book_of(a_snapshot(positions=[a_position()]))
    for name, spec in CATALOGUE.items():
        for grain in spec.grains:
            given = {p.name: p.words[0] if p.words else 60.0 for p in spec.parameters if p.default is None}
            first = measured(book, name, grain, **given)
            again = measured(book, name, grain, **given)
            assert np.array_equal(first.values, again.values, equal_nan=True)


def test_measures_that_ignore_selections_say_so() -> None:
    assert CATALOGUE["leverage"].counts is Counts.SELECTED_POSITIONS
    assert CATALOGUE["margin_ratio"].counts is Counts.WHOLE_ACCOUNT
    assert {spec.unit for spec in CATALOGUE.values()} <= set(Unit)
