"""Hourly candles: only whole hours that are over count, and what was known of other contracts stays."""

from __future__ import annotations

from datetime import timedelta

from riskd.model.report import JsonValue, Surface
from riskd.observe.facts import CandleFacts
from tests.fakes.clock import NOON
from tests.observe.rows import ms
from tests.observe.world import BTC, Watch, World, report, reports

ETH = "ETH/USDT:USDT"
HOUR = timedelta(hours=1)


def candle(hours_ago: int, close: str, **changes: JsonValue) -> list[JsonValue]:
    """The candle that ended so many hours before NOON, from 0.5 to 100,000; ``at2`` changes its third number."""
    end = NOON - hours_ago * HOUR
    row: list[JsonValue] = [
        ms(end - HOUR),
        "1",
        "100000",
        "0.5",
        close,
        "0",
        ms(end) - 1,
        "0",
        3600,
        "0",
        "0",
        "0",
    ]
    for place, value in changes.items():
        row[int(place.removeprefix("at"))] = value
    return row


def seen(watch: Watch, payload: JsonValue, *, minutes: int = 0) -> dict[str, CandleFacts]:
    at = NOON + timedelta(minutes=minutes)
    watch.see(reports(World(at=at).answers(), at=at), [report(Surface.CANDLES, payload, at=at)])
    return dict(watch.known.venue("binanceusdm").candles.value or {})


def test_closes_are_of_full_hours_oldest_first() -> None:
    found = seen(Watch(), {"BTCUSDT": [candle(0, "60000"), candle(2, "59000"), candle(1, "59500.5")]})
    assert found[BTC].close.tolist() == [59000.0, 59500.5, 60000.0]
    assert found[BTC].closed_ms[-1] == ms(NOON)


def test_a_candle_has_its_extremes() -> None:
    found = seen(Watch(), {"BTCUSDT": [candle(0, "60000", at2="60100.5", at3="59900")]})[BTC]
    assert (found.high.tolist(), found.low.tolist(), found.close.tolist()) == (
        [60100.5],
        [59900.0],
        [60000.0],
    )


def test_the_running_hour_is_left_out() -> None:
    found = seen(Watch(), {"BTCUSDT": [candle(0, "60000"), candle(-1, "61000")]}, minutes=30)
    assert found[BTC].close.tolist() == [60000.0]


def test_what_was_read_of_another_contract_stays() -> None:
    watch = Watch()
    seen(watch, {"BTCUSDT": [candle(0, "60000")]})
    found = seen(watch, {"ETHUSDT": [candle(0, "3000")]}, minutes=1)
    assert {symbol: one.close.tolist() for symbol, one in found.items()} == {BTC: [60000.0], ETH: [3000.0]}


def test_rows_that_are_no_candle_of_an_hour_are_left_out_and_said() -> None:
    watch = Watch()
    rows: list[JsonValue] = [
        candle(0, "60000"),
        candle(1, "-5"),
        candle(2, "59000", at0=ms(NOON - 3 * HOUR) + 1),
        candle(3, "59000", at6=ms(NOON)),
        candle(4, "59000", at2="58999"),
        candle(5, "59000", at3="59001"),
        candle(6, "59000", at3="a bit less"),
        [1, 2, 3],
        "59000",
    ]
    found = seen(watch, {"BTCUSDT": rows, "GONEUSDT": [], "ETHUSDT": "none"})
    assert found[BTC].close.tolist() == [60000.0]
    faults = [fault.reason for fault in watch.known.venue("binanceusdm").candles.faults]
    assert len(faults) == 10
    assert sum("is not between its low" in reason for reason in faults) == 2
    assert any("which is no full hour" in reason for reason in faults)
    assert any("GONEUSDT" in reason for reason in faults)


def test_an_answer_that_is_no_answer_changes_nothing() -> None:
    watch = Watch()
    before = seen(watch, {"BTCUSDT": [candle(0, "60000")]})
    assert seen(watch, [], minutes=1) == before
    assert watch.known.venue("binanceusdm").candles.failure == "guard:not_an_object"


def test_the_venues_clock_is_told_as_far_as_a_young_answer_tells_it() -> None:
    watch = Watch()
    far = World().answers() | {Surface.SERVER_TIME: {"serverTime": ms(NOON + timedelta(seconds=3))}}
    ((venue, offset),) = watch.see(reports(far)).clock_offsets
    assert (venue, round(offset, 3)) == ("binanceusdm", 2.95)
    later = World(at=NOON + HOUR).answers()
    del later[Surface.SERVER_TIME]
    assert watch.see(reports(later, at=NOON + HOUR)).clock_offsets == ()
