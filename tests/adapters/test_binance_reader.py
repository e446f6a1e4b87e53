"""Long lists are read page by page within bounds, each read goes on where the last one ended, and no is no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from riskd.adapters.binance_reader import BinanceReader, refusal_of, venue_symbol
from riskd.errors import VenueUnavailable
from riskd.model.report import Report, Surface
from riskd.model.wire import VenueCall
from tests.fakes.clock import NOON, ManualClock
from tests.fakes.transport import Reply, ScriptedTransport, error, param, replied
from tests.observe.rows import ms

START = ms(NOON - timedelta(days=1))


def reader_of(script: Callable[[VenueCall], Reply]) -> tuple[BinanceReader, ScriptedTransport, ManualClock]:
    transport, clock = ScriptedTransport(script), ManualClock()
    return BinanceReader(transport, account="main", clock=clock), transport, clock


def read(reader: BinanceReader, surface: Surface, symbols: Sequence[str] = ()) -> Report:
    [report] = asyncio.run(reader.read([surface], symbols=symbols))
    return report


def entries(count: int, *, step_ms: int = 1000) -> list[dict[str, Any]]:
    """Wallet entries, one every step since START."""
    return [{"tranId": number, "time": START + number * step_ms} for number in range(count)]


def income_of(rows: list[dict[str, Any]]) -> Callable[[VenueCall], Reply]:
    """A venue that answers with the first thousand rows from startTime on, as Binance does."""

    def script(call: VenueCall) -> Reply:
        start = int(param(call, "startTime"))
        return replied([row for row in rows if row["time"] >= start][: int(param(call, "limit"))])

    return script


def fills_of(rows: list[dict[str, Any]]) -> Callable[[VenueCall], Reply]:
    """A venue that counts fills by number after the first page."""

    def script(call: VenueCall) -> Reply:
        if param(call, "fromId"):
            assert not param(call, "startTime"), "the venue refuses a time beside a number"
            found = [row for row in rows if row["id"] >= int(param(call, "fromId"))]
        else:
            found = [row for row in rows if row["time"] >= int(param(call, "startTime"))]
        return replied(found[: int(param(call, "limit"))])

    return script


def test_pages_of_income_are_joined() -> None:
    reader, transport, _ = reader_of(income_of(entries(2500)))

    report = read(reader, Surface.INCOME)

    assert report.complete
    payload: Any = report.payload
    assert {row["tranId"] for row in payload} == set(range(2500))
    assert len(transport.asked) == 3


def test_income_beyond_the_bound_is_incomplete_and_goes_on_next_time() -> None:
    reader, transport, clock = reader_of(income_of(entries(11_500)))

    first = read(reader, Surface.INCOME)
    clock.advance(60)
    second = read(reader, Surface.INCOME)

    assert not first.complete
    assert len(transport.asked) == 10 + 2
    assert second.complete
    assert second.covers_from is not None
    assert first.covers_from is not None
    assert ms(second.covers_from) == START + 9990 * 1000 - 60_000  # the last row read, less the overlap


def test_a_page_full_of_one_instant_cannot_be_passed_and_says_so() -> None:
    reader, transport, _ = reader_of(income_of(entries(1500, step_ms=0)))

    report = read(reader, Surface.INCOME)

    assert not report.complete
    assert len(transport.asked) == 2


def test_the_next_read_begins_a_little_before_the_last_row() -> None:
    reader, transport, clock = reader_of(income_of(entries(3)))
    read(reader, Surface.INCOME)
    clock.advance(600)

    report = read(reader, Surface.INCOME)

    assert int(param(transport.asked[-1], "startTime")) == START + 2000 - 60_000
    assert report.covers_from is not None
    assert ms(report.covers_from) == START + 2000 - 60_000


def test_a_failed_read_is_repeated_from_where_it_began() -> None:
    replies: Iterator[Reply] = iter(["timeout", replied([])])
    reader, transport, clock = reader_of(lambda _: next(replies))

    failed = read(reader, Surface.INCOME)
    clock.advance(10)
    again = read(reader, Surface.INCOME)

    assert (failed.failure, failed.payload, failed.covers_from) == ("timeout", None, None)
    assert again.failure == ""
    assert [int(param(call, "startTime")) for call in transport.asked] == [
        ms(NOON - timedelta(days=31)),
        ms(NOON - timedelta(days=31)) + 10_000,
    ]


def test_after_a_long_silence_no_read_reaches_further_back_than_the_venue() -> None:
    reader, transport, clock = reader_of(fills_of([{"id": 1, "time": START}]))
    read(reader, Surface.TRADES, ["BTC/USDT:USDT"])
    clock.advance(30 * 86400)

    read(reader, Surface.TRADES, ["BTC/USDT:USDT"])

    oldest = clock.now() - timedelta(days=7)
    assert int(param(transport.asked[-1], "startTime")) > ms(oldest)


def test_fills_are_paged_by_number_and_kept_apart_by_contract() -> None:
    rows = [{"id": 100 + number, "time": START + number} for number in range(1200)]
    reader, transport, _ = reader_of(fills_of(rows))

    report = read(reader, Surface.TRADES, ["BTC/USDT:USDT", "ETH/USDT:USDT"])

    payload: Any = report.payload
    assert {name: len(found) for name, found in payload.items()} == {"BTCUSDT": 1200, "ETHUSDT": 1200}
    assert param(transport.asked[1], "fromId") == "1100"
    assert report.complete


def test_fills_of_one_contract_are_not_lost_when_another_cannot_be_read() -> None:
    some, failing = [{"id": number, "time": START + number} for number in range(3)], {"ETHUSDT"}

    def script(call: VenueCall) -> Reply:
        name = param(call, "symbol")
        return error(-1000, 502) if name in failing else fills_of(some)(call)

    reader, _, clock = reader_of(script)
    lost = read(reader, Surface.TRADES, ["BTC/USDT:USDT", "ETH/USDT:USDT"])
    failing.clear()
    clock.advance(20)
    report = read(reader, Surface.TRADES, ["BTC/USDT:USDT", "ETH/USDT:USDT"])

    assert lost.failure == "http:502:-1000"
    payload: Any = report.payload
    assert [row["id"] for row in payload["BTCUSDT"]] == [0, 1, 2]


def test_a_contract_that_is_asked_for_the_first_time_is_read_as_far_back_as_the_venue_goes() -> None:
    reader, _, clock = reader_of(fills_of([{"id": 1, "time": START}]))
    read(reader, Surface.TRADES, ["BTC/USDT:USDT"])
    clock.advance(20)

    report = read(reader, Surface.TRADES, ["BTC/USDT:USDT", "ETH/USDT:USDT"])

    assert report.covers_from is not None
    assert report.covers_from < NOON - timedelta(days=6)


def test_fills_beyond_the_bound_are_incomplete() -> None:
    rows = [{"id": number, "time": START + number} for number in range(12_000)]
    reader, _, _ = reader_of(fills_of(rows))

    assert not read(reader, Surface.TRADES, ["BTC/USDT:USDT"]).complete


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (error(-2015, 401), "http:401:-2015"),
        (error(-1003, 429), "http:429:-1003"),
        (replied("<html>WAF</html>", 403), "http:403"),
        (replied("", 503), "http:503"),
        (replied(""), "guard:empty"),
        (replied("<html>captcha</html>"), "guard:html"),
        (replied("null"), "guard:null"),
        (replied("{}"), "guard:not_a_list"),
        (replied('[{"positionAmt": NaN}]'), "guard:nan"),
        (error(-1007, 200), "guard:error_object"),
        ("reset", "reset"),
        ("unsent:silence", "unsent:silence"),
    ],
)
def test_every_no_has_a_name(reply: Reply, failure: str) -> None:
    reader, _, _ = reader_of(lambda _: reply)

    report = read(reader, Surface.POSITIONS)

    assert (report.failure, report.payload) == (failure, None)


@pytest.mark.parametrize("row", [7, {"time": "late"}, {}])
def test_rows_without_a_time_are_rubbish(row: Any) -> None:
    reader, _, _ = reader_of(lambda _: replied([row]))

    assert read(reader, Surface.INCOME).failure.startswith("guard:")


def test_everything_private_is_signed_and_nothing_public_is() -> None:
    reader, transport, _ = reader_of(lambda _: replied("[]"))

    asyncio.run(reader.read([Surface.POSITIONS, Surface.MARKS, Surface.INCOME]))

    assert {call.path: call.signed for call in transport.asked} == {
        "/fapi/v3/positionRisk": True,
        "/fapi/v1/premiumIndex": False,
        "/fapi/v1/income": True,
    }
    assert {call.method for call in transport.asked} == {"GET"}


def test_names_are_translated_for_linear_perpetuals_only() -> None:
    assert venue_symbol("1000PEPE/USDT:USDT") == "1000PEPEUSDT"
    for name in ("BTC/USD:BTC", "BTC/USDT", "BTC/USDT:USDT-260626", "BTC", ""):
        with pytest.raises(VenueUnavailable, match="no linear perpetual"):
            venue_symbol(name)


def test_a_symbol_that_cannot_be_asked_for_is_a_failure_and_no_exception() -> None:
    reader, transport, _ = reader_of(lambda _: replied("[]"))

    assert read(reader, Surface.TRADES, ["BTC"]).failure == "unsent:symbol"
    assert transport.asked == []


def test_a_refusal_shows_the_venues_code_where_there_is_one() -> None:
    assert refusal_of(error(-4061)) == "http:400:-4061"
    assert refusal_of(replied('{"code": "x"}', 400)) == "http:400"
    assert refusal_of(replied("[" * 50_000, 400)) == "http:400"


def test_candles_are_read_whole_once_a_day_and_else_only_the_newest() -> None:
    rows = [[0, "1", "1", "1", "1", "0", 1, "0", 60, "0", "0", "0"]]
    reader, transport, clock = reader_of(lambda _: replied(rows))
    limits = []
    for _ in range(4):
        report = read(reader, Surface.CANDLES, ["BTC/USDT:USDT", "ETH/USDT:USDT"])
        assert report.payload == {"BTCUSDT": rows, "ETHUSDT": rows}
        limits.append([param(call, "limit") for call in transport.asked[-2:]])
        clock.advance(12 * 3600.0)
    assert limits == [["1000", "1000"], ["99", "99"], ["1000", "1000"], ["99", "99"]]
    assert {call.path for call in transport.asked} == {"/fapi/v1/markPriceKlines"}
    assert {param(call, "interval") for call in transport.asked} == {"1h"}


def test_the_past_is_read_page_by_page_from_the_newest_back_for_two_hundred_and_sixty_days() -> None:
    hour, now = 3_600_000, 10_000

    def answer(call: VenueCall) -> Reply:
        asked = {name: int(value) for name, value in call.params if name in ("limit", "endTime")}
        newest = asked.get("endTime", now * hour) // hour
        return replied([[at * hour, "1"] for at in range(newest - asked["limit"] + 1, newest + 1)])

    reader, transport, _ = reader_of(answer)
    payload = read(reader, Surface.CANDLES, ["BTC/USDT:USDT"]).payload
    assert isinstance(payload, dict)
    rows = payload["BTCUSDT"]
    assert isinstance(rows, list)
    assert rows == [[at * hour, "1"] for at in range(now - 6_999, now + 1)]
    assert len(transport.asked) == 7
    assert len(rows) >= (250 + 10) * 24 + 1


def test_a_contract_that_is_listed_for_a_short_time_takes_as_many_pages_as_it_has() -> None:
    pages = iter([replied([[5_000 + row, "1"] for row in range(1000)]), replied([[7, "1"]])])
    reader, transport, _ = reader_of(lambda _: next(pages))
    payload = read(reader, Surface.CANDLES, ["NEW/USDT:USDT"]).payload
    assert isinstance(payload, dict)
    assert payload["NEWUSDT"] == [[7, "1"], *([5_000 + row, "1"] for row in range(1000))]
    assert [param(call, "endTime") for call in transport.asked[1:]] == ["4999"]


@pytest.mark.parametrize("row", [[], "x", None, ["1", "1"]])
def test_a_page_of_nonsense_is_not_followed(row: object) -> None:
    reader, transport, _ = reader_of(lambda _: replied([row] * 1000))
    assert not read(reader, Surface.CANDLES, ["BTC/USDT:USDT"]).failure
    assert len(transport.asked) == 1


def test_candles_that_could_not_be_read_whole_are_asked_for_whole_again() -> None:
    replies = iter([error(-1000, 500), replied([])])
    reader, transport, _ = reader_of(lambda _: next(replies))
    assert read(reader, Surface.CANDLES, ["BTC/USDT:USDT"]).failure
    assert not read(reader, Surface.CANDLES, ["BTC/USDT:USDT"]).failure
    assert [param(call, "limit") for call in transport.asked] == ["1000", "1000"]
