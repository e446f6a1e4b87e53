"""Answers that hold rows by symbol: what is not listed is told and left out, and no object is rubbish."""

from __future__ import annotations

import pytest

from riskd.model.report import JsonValue
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from tests.observe.rows import VENUE, listing

BINANCE = dialect_of(VENUE)
LISTING = listing("BTC")
PAYLOAD: JsonValue = {"GONEUSDT": [], "BTCUSDT": []}


def test_candles_of_what_is_not_listed_are_told_and_left_out() -> None:
    read = BINANCE.candles(PAYLOAD, LISTING, PLAUSIBLE)

    assert {symbol: len(candles) for symbol, candles in read.value.items()} == {"BTC/USDT:USDT": 0}
    assert [fault.reason for fault in read.faults] == ["candles of 'GONEUSDT', which is not listed"]


def test_fills_of_what_is_not_listed_are_told_and_left_out() -> None:
    read = BINANCE.trades(PAYLOAD, LISTING, PLAUSIBLE)

    assert read.value == {"BTC/USDT:USDT": ()}
    assert [fault.reason for fault in read.faults] == ["trades of 'GONEUSDT', which is not listed"]


@pytest.mark.parametrize("payload", [None, [], "x", 7])
def test_what_is_no_object_is_rubbish_where_an_object_is_due(payload: JsonValue) -> None:
    for reader in (BINANCE.candles, BINANCE.trades):
        with pytest.raises(Rubbish):
            reader(payload, LISTING, PLAUSIBLE)
