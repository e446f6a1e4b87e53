"""Who may ask what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from riskd.paper.dialect.auth import Security, Timing, authenticate, sign
from riskd.paper.dialect.http import ApiKey, HttpRequest, Rights
from riskd.paper.dialect.parameters import parse_parameters
from riskd.paper.engine.types import Rejection

NOW_MS = 1_772_452_800_000
KEY = ApiKey(account="alpha", key="alpha-key", secret="alpha-secret", rights=Rights.TRADE)
READER = ApiKey(account="alpha", key="reader-key", secret="reader-secret", rights=Rights.READ)
KEYS = {KEY.key: KEY, READER.key: READER}


def request(*, query: str = "", body: str = "", key: ApiKey = KEY) -> HttpRequest:
    return HttpRequest(method="GET", path="/", query=query, body=body, headers={"x-mbx-apikey": key.key})


def signed(payload: str, key: ApiKey = KEY) -> HttpRequest:
    return request(query=f"{payload}&signature={sign(key.secret, payload)}", key=key)


def check(sent: HttpRequest, security: Security = Security.TRADE, now_ms: int = NOW_MS) -> ApiKey | None:
    return authenticate(sent, parse_parameters(sent.query, sent.body), KEYS, security, now_ms=now_ms)


def code_of(sent: HttpRequest, security: Security = Security.TRADE, now_ms: int = NOW_MS) -> int:
    with pytest.raises(Rejection) as refused:
        check(sent, security, now_ms)
    return refused.value.code


def test_the_signature_is_the_one_of_the_venues_own_example() -> None:
    # Binance USD-M documentation, "SIGNED Endpoint Examples for POST /fapi/v1/order".
    secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
    payload = (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
        "&timestamp=1591702613943"
    )
    assert sign(secret, payload) == "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"


def test_a_well_signed_request_is_let_in() -> None:
    assert check(signed(f"symbol=BTCUSDT&timestamp={NOW_MS}")) is KEY


def test_query_and_body_are_signed_together_without_anything_between() -> None:
    query, body = "symbol=BTCUSDT&side=BUY", f"quantity=1&timestamp={NOW_MS}"
    signature = sign(KEY.secret, query + body)
    assert check(request(query=query, body=f"{body}&signature={signature}")) is KEY


def test_one_changed_character_breaks_the_signature() -> None:
    good = signed(f"symbol=BTCUSDT&timestamp={NOW_MS}")
    assert code_of(replace(good, query=good.query.replace("BTCUSDT", "ETHUSDT"))) == -1022


def test_a_signature_that_is_no_text_of_ours_is_refused_and_not_a_crash() -> None:
    for odd in ("%C3%A4%F0%9F%98%80", "%FF", "\udcff"):
        assert code_of(request(query=f"timestamp={NOW_MS}&signature={odd}")) == -1022


def test_without_a_key_the_answer_is_2014_and_with_an_unknown_one_2015() -> None:
    assert code_of(HttpRequest(method="GET", path="/")) == -2014
    assert code_of(request(key=replace(KEY, key="nobody"))) == -2015


def test_a_timestamp_and_a_signature_are_mandatory() -> None:
    assert code_of(request(query=f"timestamp={NOW_MS}")) == -1102
    assert code_of(signed("symbol=BTCUSDT")) == -1102


@pytest.mark.parametrize(
    ("sent_ms", "window", "accepted"),
    [
        (NOW_MS - 5000, None, True),
        (NOW_MS - 5001, None, False),
        (NOW_MS - 60_000, 60_000, True),
        (NOW_MS - 60_001, 60_000, False),
        (NOW_MS + 999, None, True),
        (NOW_MS + 1000, None, False),
    ],
)
def test_a_request_counts_only_within_its_window(sent_ms: int, window: int | None, accepted: bool) -> None:
    payload = f"timestamp={sent_ms}" + (f"&recvWindow={window}" if window else "")
    if accepted:
        assert check(signed(payload)) is KEY
    else:
        assert code_of(signed(payload)) == -1021


def test_a_window_above_a_minute_is_refused() -> None:
    assert code_of(signed(f"timestamp={NOW_MS}&recvWindow=60001")) == -1131


def test_a_reading_key_reads_and_does_not_trade() -> None:
    sent = signed(f"timestamp={NOW_MS}", READER)
    assert check(sent, Security.READ) is READER
    assert code_of(sent, Security.TRADE) == -2015


def test_a_lenient_venue_wants_a_timestamp_and_takes_any() -> None:
    def lenient(sent: HttpRequest) -> ApiKey | None:
        parameters = parse_parameters(sent.query, sent.body)
        return authenticate(sent, parameters, KEYS, Security.TRADE, now_ms=NOW_MS, timing=Timing.LENIENT)

    assert lenient(signed("timestamp=1")) is KEY
    with pytest.raises(Rejection) as refused:
        lenient(signed("symbol=BTCUSDT"))
    assert refused.value.code == -1102


def test_public_endpoints_ask_for_nothing() -> None:
    assert check(HttpRequest(method="GET", path="/"), Security.NONE) is None


def test_a_printed_key_does_not_show_its_secret() -> None:
    assert "alpha-secret" not in repr(KEY)
