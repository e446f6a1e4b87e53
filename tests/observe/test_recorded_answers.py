"""Answers recorded by others are read, or refused by name; none is read into something it does not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from tests.observe.rows import VENUE, listing
from tests.shared_data import shared_path

pytestmark = pytest.mark.shared
BINANCE = dialect_of(VENUE)
LISTING = listing("BTC", "WLD", "SUSHI")


def recorded(method: str) -> list[Any]:
    """Raw answers of Binance USD-M to one question, in the order of the file."""
    data = json.loads(shared_path("fixtures/venue_payloads.json").read_text(encoding="utf-8"))
    return [
        fixture["http"]
        for fixture in data["fixtures"]
        if fixture["exchange"] == "binanceusdm" and fixture["method"] == method
    ]


def test_the_present_version_of_a_position_is_read_whole() -> None:
    read = BINANCE.positions(recorded("fetch_positions")[0], LISTING, PLAUSIBLE)

    assert read.faults == ()
    assert str(read.value.rows[0].quantity) == "5"


def test_an_empty_slot_is_no_position() -> None:
    row = {**recorded("fetch_positions")[1][0], "notional": "0"}

    read = BINANCE.positions([row], LISTING, PLAUSIBLE)

    assert read.value.rows == ()
    assert len(read.value.flat) == 1


def test_coin_margined_positions_are_not_taken_for_linear_ones() -> None:
    read = BINANCE.positions(recorded("fetch_positions")[2], LISTING, PLAUSIBLE)

    assert read.value.rows == ()
    assert "not a perpetual" in read.faults[0].reason


def test_an_older_version_that_tells_no_margins_is_read_with_holes_and_says_so() -> None:
    read = BINANCE.positions(recorded("fetch_positions")[3], LISTING, PLAUSIBLE)

    assert read.value.rows[0].maintenance_margin is None
    assert read.value.rows[0].leverage == 100
    assert read.faults


def test_every_recorded_balance_is_of_another_kind_of_account_or_read_with_its_faults() -> None:
    refused, told = 0, 0
    for payload in recorded("fetch_balance"):
        try:
            read = BINANCE.balances(payload, LISTING, PLAUSIBLE)
        except Rubbish:
            refused += 1
        else:
            told += bool(read.faults)

    assert (refused, told) == (6, 1)


def test_recorded_brackets_are_read_and_coin_margined_ones_are_left_alone() -> None:
    linear, inverse = (
        BINANCE.brackets(payload, LISTING, PLAUSIBLE) for payload in recorded("fetch_leverage_tiers")
    )

    assert list(linear.value) == ["SUSHI/USDT:USDT"]
    assert inverse.value == {}
