"""Requests reach the venue signed and once; what comes back is the raw answer or a named reason."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import pytest

from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import (
    Access,
    CcxtTransport,
    open_transport,
    refuse_repetition,
    request_weight,
)
from riskd.adapters.credentials import Secret, VenueKey
from riskd.adapters.request_budget import RequestBudget
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer, VenueCall
from tests.fakes.clock import NOON, ManualClock
from tests.fakes.wire import HANG, RESET, Script, Wire, http, wire

KEY = "canary-key-5f2e"
SECRET = "canary-secret-91ab"
POSITIONS = VenueCall(method="GET", path="/fapi/v3/positionRisk", signed=True)
TIME = VenueCall(method="GET", path="/fapi/v1/time")
ORDER = VenueCall(
    method="POST",
    path="/fapi/v1/order",
    params=(("symbol", "BTCUSDT"), ("newClientOrderId", "0123456789abcdef0123456789abcdef")),
    signed=True,
)


def key() -> VenueKey:
    return VenueKey(name="main", api_key=Secret(KEY), secret=Secret(SECRET))


def converse(
    script: Script,
    talk: Callable[[CcxtTransport, Wire], Awaitable[None]],
    *,
    rights: Rights = Rights.READ,
    clock: ManualClock | None = None,
    timeout_seconds: float = 5.0,
) -> None:
    """Run ``talk`` with a transport that is connected to a scripted server."""

    async def run() -> None:
        time = clock or ManualClock()
        async with wire(script) as server:
            access = Access(
                venue="binanceusdm",
                key=key(),
                rights=rights,
                base_url=server.base_url,
                timeout_seconds=timeout_seconds,
            )
            transport = open_transport(access, clock=time, budget=RequestBudget(time))
            try:
                await talk(transport, server)
            finally:
                await transport.close()

    asyncio.run(run())


def answer_to(script: Script, call: VenueCall, *, rights: Rights = Rights.READ) -> VenueAnswer:
    answers: list[VenueAnswer] = []

    async def talk(transport: CcxtTransport, _server: Wire) -> None:
        answers.append(await transport.call(call))

    converse(script, talk, rights=rights)
    return answers[0]


def reason_of(
    script: Script, call: VenueCall, *, rights: Rights = Rights.READ, timeout_seconds: float = 5.0
) -> VenueUnavailable:
    refusals: list[VenueUnavailable] = []

    async def talk(transport: CcxtTransport, _server: Wire) -> None:
        with pytest.raises(VenueUnavailable) as caught:
            await transport.call(call)
        refusals.append(caught.value)

    converse(script, talk, rights=rights, timeout_seconds=timeout_seconds)
    return refusals[0]


def test_a_signed_request_carries_key_clock_and_a_signature_that_verifies() -> None:
    async def talk(transport: CcxtTransport, server: Wire) -> None:
        await transport.call(POSITIONS)

        asked = server.asked[0]
        assert (asked.method, asked.path) == ("GET", "/fapi/v3/positionRisk")
        assert asked.headers["x-mbx-apikey"] == KEY
        assert asked.params["timestamp"] == str(int(NOON.timestamp() * 1000))
        assert asked.params["recvWindow"] == "5000"
        signature = asked.params.pop("signature")
        signed = urlencode(asked.params).encode()
        assert signature == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()

    converse(lambda _: http("[]"), talk)


def test_a_public_request_carries_no_key() -> None:
    async def talk(transport: CcxtTransport, server: Wire) -> None:
        await transport.call(TIME)

        assert "x-mbx-apikey" not in server.asked[0].headers
        assert server.asked[0].params == {}

    converse(lambda _: http('{"serverTime": 1}'), talk)


def test_our_client_order_id_and_window_are_sent_as_given_and_once() -> None:
    async def talk(transport: CcxtTransport, server: Wire) -> None:
        call = VenueCall(
            method="POST", path=ORDER.path, params=(*ORDER.params, ("recvWindow", "1200")), signed=True
        )
        await transport.call(call)

        assert len(server.asked) == 1
        assert server.asked[0].params["newClientOrderId"] == "0123456789abcdef0123456789abcdef"
        assert server.asked[0].params["recvWindow"] == "1200"

    converse(lambda _: http("{}"), talk, rights=Rights.TRADE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", '[{"symbol": "BTCUSDT", "positionAmt": "0.1"}]'),
        ("200 OK", ""),
        ("200 OK", "<html>captcha</html>"),
        ("200 OK", "null"),
        ("400 Bad Request", '{"code": -2022, "msg": "ReduceOnly Order is rejected."}'),
        ("401 Unauthorized", '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}'),
        ("403 Forbidden", "<html>WAF</html>"),
        ("418 I'm a teapot", '{"code": -1003, "msg": "banned"}'),
        (
            "503 Service Unavailable",
            '{"code": -1007, "msg": "Timeout waiting for response from backend server."}',
        ),
        ("502 Bad Gateway", "<html>cloudflare</html>"),
    ],
)
def test_every_answer_that_arrives_is_handed_back_as_it_is(status: str, body: str) -> None:
    answer = answer_to(lambda _: http(body, status=status), POSITIONS)

    assert (answer.status, answer.text) == (int(status[:3]), body)


def test_the_headers_that_matter_are_kept_in_lower_case() -> None:
    headers = "Retry-After: 17\r\nX-MBX-USED-WEIGHT-1M: 140\r\nSet-Cookie: session=1"

    answer = answer_to(lambda _: http("[]", status="429 Too Many", headers=headers), POSITIONS)

    assert answer.retry_after_seconds == 17.0
    assert answer.header("x-mbx-used-weight-1m") == "140"
    assert answer.header("set-cookie") == ""


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (RESET, "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n", "bad_http"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_http"),
    ],
)
@pytest.mark.parametrize("call", [POSITIONS, ORDER], ids=str)
def test_no_whole_answer_is_a_named_reason(sent: bytes, reason: str, call: VenueCall) -> None:
    refusal = reason_of(lambda _: sent, call, rights=Rights.TRADE)

    assert refusal.reason == reason


def test_a_hanging_venue_is_left_after_the_time_out() -> None:
    assert reason_of(lambda _: HANG, POSITIONS, timeout_seconds=0.05).reason == "timeout"


def test_an_order_that_met_a_reset_is_not_sent_again() -> None:
    async def talk(transport: CcxtTransport, server: Wire) -> None:
        with pytest.raises(VenueUnavailable):
            await transport.call(ORDER)

        assert len(server.asked) == 1

    converse(lambda _: RESET, talk, rights=Rights.TRADE)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_a_session_that_only_reads_lets_no_write_out(method: str) -> None:
    async def talk(transport: CcxtTransport, server: Wire) -> None:
        with pytest.raises(VenueUnavailable) as caught:
            await transport.call(VenueCall(method=method, path="/fapi/v1/order", signed=True))

        assert caught.value.reason == "unsent:read_only"
        assert server.asked == []

    converse(lambda _: http("{}"), talk)


def test_a_refused_connection_is_known_not_to_have_left() -> None:
    async def run() -> str:
        access = Access(venue="binanceusdm", key=key(), rights=Rights.TRADE, base_url="http://127.0.0.1:1")
        transport = open_transport(access, clock=ManualClock(), budget=RequestBudget(ManualClock()))
        try:
            with pytest.raises(VenueUnavailable) as caught:
                await transport.call(ORDER)
        finally:
            await transport.close()
        return caught.value.reason

    assert asyncio.run(run()) == "unsent:connect"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    answer = answer_to(
        lambda _: http("", status="302 Found", headers="Location: http://127.0.0.1:1/x"), POSITIONS
    )

    assert answer.status == 302


def test_answers_of_requests_in_flight_together_are_not_mixed_up() -> None:
    async def talk(transport: CcxtTransport, _server: Wire) -> None:
        calls = [
            VenueCall(method="GET", path="/fapi/v1/premiumIndex", params=(("symbol", f"S{number}"),))
            for number in range(20)
        ]
        answers = await asyncio.gather(*(transport.call(call) for call in calls))

        assert [answer.text for answer in answers] == [f'{{"s": "S{number}"}}' for number in range(20)]

    converse(lambda asked: http(f'{{"s": "{asked.params["symbol"]}"}}'), talk)


def test_the_venue_is_left_alone_for_as_long_as_it_asked() -> None:
    clock = ManualClock()

    async def talk(transport: CcxtTransport, server: Wire) -> None:
        await transport.call(POSITIONS)
        with pytest.raises(VenueUnavailable) as caught:
            await transport.call(TIME)
        assert (caught.value.reason, caught.value.retry_after_seconds) == ("unsent:silence", 30.0)
        clock.advance(30.0)
        await transport.call(TIME)

        assert [asked.path for asked in server.asked] == ["/fapi/v3/positionRisk", "/fapi/v1/time"]

    converse(lambda _: http("{}", status="429 Slow", headers="Retry-After: 30"), talk, clock=clock)


def test_a_key_is_only_ever_sent_to_the_venue_or_to_this_machine() -> None:
    access = Access(venue="binanceusdm", key=key(), base_url="http://192.0.2.1:8080")

    with pytest.raises(ValueError, match="not on this machine"):
        open_transport(access, clock=ManualClock(), budget=RequestBudget(ManualClock()))


def test_an_unknown_venue_is_refused() -> None:
    with pytest.raises(ValueError, match="binanceusdm"):
        open_transport(Access(venue="mtgox"), clock=ManualClock(), budget=RequestBudget(ManualClock()))


@pytest.mark.parametrize("options", [{"maxRetriesOnFailure": 1}, {"order": {"maxRetriesOnFailure": 3}}])
def test_a_client_that_would_repeat_requests_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="send an order twice"):
        refuse_repetition(options)


def test_a_path_outside_the_dialect_is_refused_before_sending() -> None:
    assert reason_of(lambda _: http("{}"), VenueCall(method="GET", path="/sapi/v1/x")).reason == "unsent:path"


def test_requests_weigh_what_the_venue_charges() -> None:
    every = VenueCall(method="GET", path="/fapi/v1/openOrders", signed=True)
    one = VenueCall(method="GET", path="/fapi/v1/openOrders", params=(("symbol", "BTCUSDT"),), signed=True)

    assert [request_weight(call) for call in (every, one, POSITIONS, TIME, ORDER)] == [40, 1, 5, 1, 1]


@pytest.mark.parametrize("script", [lambda _: RESET, lambda _: http(f"<html>{KEY} {SECRET}</html>")])
def test_no_output_shows_key_or_secret(
    script: Script, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    async def talk(transport: CcxtTransport, _server: Wire) -> None:
        shown.append(repr(transport))
        for call in (POSITIONS, ORDER):
            try:
                shown.append(repr(await transport.call(call)))
            except VenueUnavailable as error:
                shown.append("".join(traceback.format_exception(error)) + repr(_chain(error)))

    with caplog.at_level(logging.DEBUG):
        converse(script, talk, rights=Rights.TRADE)
    output = capsys.readouterr()
    everything = "".join([*shown, caplog.text, output.out, output.err, repr(Access(venue="x", key=key()))])

    assert KEY not in everything
    assert SECRET not in everything
    assert "signature=" not in everything


def _chain(error: BaseException) -> list[str]:
    linked = error.__cause__ or error.__context__
    return [repr(error), *([] if linked is None else _chain(linked))]
