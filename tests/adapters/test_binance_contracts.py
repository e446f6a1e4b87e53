"""Contract by contract: each is asked for by the venue's name, and one that fails takes no other with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.model.liquidity import LEVELS_READ
from riskd.model.report import JsonValue, Report, Surface
from riskd.model.wire import VenueCall
from tests.fakes.clock import ManualClock
from tests.fakes.transport import Reply, ScriptedTransport, error, param, replied

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def read(
    script: Callable[[VenueCall], Reply], surface: Surface, symbols: Sequence[str] = ()
) -> tuple[Report, list[VenueCall]]:
    transport = ScriptedTransport(script)
    reader = BinanceReader(transport, account="", clock=ManualClock())
    [report] = asyncio.run(reader.read([surface], symbols=symbols))
    return report, transport.asked


def named(call: VenueCall) -> Reply:
    """An answer that tells what it was about."""
    return replied({"path": call.path, "symbol": param(call, "symbol")})


def told(path: str, symbol: str) -> JsonValue:
    return {"path": path, "symbol": symbol}


def test_order_books_are_asked_for_without_a_signature_and_with_the_levels_that_are_charged() -> None:
    report, asked = read(named, Surface.ORDER_BOOKS, [BTC, ETH])
    assert report.payload == {
        "BTCUSDT": told("/fapi/v1/depth", "BTCUSDT"),
        "ETHUSDT": told("/fapi/v1/depth", "ETHUSDT"),
    }
    assert (report.failure, report.complete) == ("", True)
    assert {(call.signed, param(call, "limit")) for call in asked} == {(False, str(LEVELS_READ))}


def test_turnover_is_two_answers_about_each_contract() -> None:
    report, asked = read(named, Surface.TURNOVER, [BTC])
    assert report.payload == {
        "BTCUSDT": {
            "ticker": told("/fapi/v1/ticker/24hr", "BTCUSDT"),
            "open_interest": told("/fapi/v1/openInterest", "BTCUSDT"),
        }
    }
    assert not any(call.signed for call in asked)


def test_a_contract_that_is_gone_is_left_out_and_said() -> None:
    def script(call: VenueCall) -> Reply:
        return error(-1121) if param(call, "symbol") == "BTCUSDT" else named(call)

    for surface in (Surface.ORDER_BOOKS, Surface.TURNOVER):
        report, _ = read(script, surface, [BTC, ETH])
        assert isinstance(report.payload, dict)
        assert set(report.payload) == {"ETHUSDT"}
        assert (report.failure, report.complete) == ("", False)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ("timeout", "timeout"),
        (error(-1003, 429), "http:429:-1003"),
        (replied("[]"), "guard:not_an_object"),
    ],
)
def test_a_venue_that_answers_about_none_is_a_failure(reply: Reply, failure: str) -> None:
    report, _ = read(lambda _: reply, Surface.ORDER_BOOKS, [BTC, ETH])
    assert (report.payload, report.failure) == (None, failure)


def test_a_symbol_that_is_no_contract_is_never_asked_for() -> None:
    report, asked = read(named, Surface.ORDER_BOOKS, ["BTC/USD:BTC"])
    assert (report.failure, asked) == ("unsent:symbol", [])


def test_collateral_is_one_list_of_the_venue() -> None:
    report, [asked] = read(lambda _: replied([{"symbol": "USDTUSD"}]), Surface.ASSET_INDEX)
    assert report.payload == [{"symbol": "USDTUSD"}]
    assert (asked.path, asked.params, asked.signed) == ("/fapi/v1/assetIndex", (), False)
