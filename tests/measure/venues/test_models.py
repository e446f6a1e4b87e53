"""The models as data: complete, consistent, and on the page as they are in the code."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from riskd.measure.venues import MODELS, MarginModel, venues_page
from riskd.measure.venues.model import ClosingFee, FundingInterval, MarginRule

WANTED = {
    "binance_usdm", "binance_coinm", "bybit", "okx", "bitget", "gate", "kucoin", "kraken_futures", "deribit", "hyperliquid",
    "dydx", "bitmex",
}  # fmt: skip
EACH = pytest.mark.parametrize("model", list(MODELS.values()), ids=lambda model: model.name)


def test_every_venue_that_is_spoken_of_has_a_model() -> None:
    assert {name for name in WANTED if any(model.startswith(name) for model in MODELS)} == WANTED


@EACH
def test_every_value_has_a_source_that_can_be_found_again(model: MarginModel) -> None:
    assert model.sources
    for source in model.sources:
        assert source.title
        assert source.at
        assert source.dated
        assert source.says


@EACH
def test_a_fee_rate_is_there_exactly_where_a_fee_is(model: MarginModel) -> None:
    fees = {model.isolated_fee, model.cross_fee, model.bankruptcy_fee}
    assert (model.fee_rate > 0.0) == (fees != {ClosingFee.NONE})


@EACH
def test_intervals_and_rates_of_funding_fit_together(model: MarginModel) -> None:
    rule = model.funding
    assert (rule.interval_hours == 0.0) == (rule.interval is FundingInterval.CONTINUOUS)
    assert rule.interval_hours <= rule.rate_hours
    assert 0.0 <= rule.band < 0.01


@EACH
def test_what_is_assumed_is_a_field_of_the_model(model: MarginModel) -> None:
    assert set(model.assumed) <= {field.name for field in fields(MarginModel)}


def test_nothing_of_the_live_venue_is_assumed() -> None:
    assert MODELS["binance_usdm"].assumed == ()


def test_only_deribit_has_margin_that_grows_with_size() -> None:
    growing = [model.name for model in MODELS.values() if model.margin_rule is MarginRule.LINEAR_IN_SIZE]
    assert growing == ["deribit"]


def test_the_page_is_what_the_code_says() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "venues.md"
    assert page.read_text(encoding="utf-8") == venues_page(), "write venues_page() to it again"
