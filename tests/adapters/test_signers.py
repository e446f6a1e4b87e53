"""Signatures are those of ccxt and of the documentation, and the life of a request ends with its expiry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from riskd.adapters.bybit_signer import BybitSigner
from riskd.adapters.credentials import Secret, VenueKey
from riskd.adapters.okx_signer import OkxSigner
from riskd.adapters.signed_transport import SignedRequest
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueCall
from tests.fakes.clock import NOON

KEY = VenueKey(
    name="main",
    api_key=Secret("canary-key"),
    secret=Secret("canary-secret"),
    passphrase=Secret("canary-phrase"),
)
BODY = json.dumps({"instId": "BTC-USDT-SWAP", "clOrdId": "0" * 32}, separators=(",", ":"))


def of_ccxt(venue: str, path: str, method: str, params: dict[str, str]) -> Mapping[str, Any]:
    """What ccxt puts onto the wire at noon."""
    import ccxt

    client = getattr(ccxt, venue)(
        {
            "apiKey": "canary-key",
            "secret": "canary-secret",
            "password": "canary-phrase",
            "options": {"recvWindow": 5000},
        }
    )
    client.nonce = lambda: int(NOON.timestamp() * 1000)
    signed: Mapping[str, Any] = client.sign(path, ["private"], method, params)
    return signed


def headers_of(request: SignedRequest) -> dict[str, str]:
    return dict(request.headers)


def test_bybit_requests_are_signed_as_ccxt_signs_them() -> None:
    asked = VenueCall(
        method="GET", path="/v5/order/realtime", params=(("category", "linear"), ("orderLinkId", "ab"))
    )
    order = {"category": "linear", "symbol": "BTCUSDT"}
    sent = VenueCall(method="POST", path="/v5/order/create", body=json.dumps(order, separators=(",", ":")))

    for call, theirs in (
        (asked, of_ccxt("bybit", "v5/order/realtime", "GET", dict(asked.params))),
        (sent, of_ccxt("bybit", "v5/order/create", "POST", order)),
    ):
        ours = BybitSigner(KEY).sign(call, NOON)
        assert theirs["url"].endswith(ours.target)
        assert (theirs["body"] or "") == ours.body
        assert headers_of(ours).items() <= theirs["headers"].items()


def test_okx_requests_are_signed_as_ccxt_signs_them() -> None:
    asked = VenueCall(
        method="GET",
        path="/api/v5/trade/order",
        params=(("instId", "BTC-USDT-SWAP"), ("clOrdId", "ab")),
    )
    sent = VenueCall(method="POST", path="/api/v5/trade/order", body=BODY)

    for call, theirs in (
        (asked, of_ccxt("okx", "trade/order", "GET", dict(asked.params))),
        (sent, of_ccxt("okx", "trade/order", "POST", json.loads(BODY))),
    ):
        ours = OkxSigner(KEY).sign(call, NOON)
        assert theirs["url"].endswith(ours.target)
        assert (theirs["body"] or "") == ours.body
        wanted = {name: value for name, value in theirs["headers"].items() if name.startswith("OK-ACCESS")}
        assert wanted.items() <= headers_of(ours).items()


def test_a_bybit_window_ends_with_the_expiry_and_is_never_longer_than_five_seconds() -> None:
    def window(seconds: float) -> str:
        call = VenueCall(method="POST", path="/v5/order/create", expires_at=NOON + timedelta(seconds=seconds))
        return headers_of(BybitSigner(KEY).sign(call, NOON))["X-BAPI-RECV-WINDOW"]

    assert (window(1.25), window(60)) == ("1250", "5000")


def test_an_okx_order_bears_its_expiry() -> None:
    call = VenueCall(method="POST", path="/api/v5/trade/order", expires_at=NOON + timedelta(seconds=4))

    headers = headers_of(OkxSigner(KEY).sign(call, NOON))

    assert headers["expTime"] == str(int(NOON.timestamp() * 1000) + 4000)
    assert headers["OK-ACCESS-TIMESTAMP"] == "2026-03-02T12:00:00.000Z"


def test_an_okx_stop_is_stamped_so_that_thirty_seconds_later_it_has_expired() -> None:
    call = VenueCall(method="POST", path="/api/v5/trade/order-algo", expires_at=NOON + timedelta(seconds=4))

    headers = headers_of(OkxSigner(KEY).sign(call, NOON))

    assert "expTime" not in headers  # it is not heeded there
    assert headers["OK-ACCESS-TIMESTAMP"] == "2026-03-02T11:59:34.000Z"


@pytest.mark.parametrize("signer", [BybitSigner, OkxSigner])
def test_what_has_expired_is_not_signed(signer: type[BybitSigner] | type[OkxSigner]) -> None:
    call = VenueCall(method="POST", path="/api/v5/trade/order", expires_at=NOON)

    with pytest.raises(VenueUnavailable) as caught:
        signer(KEY).sign(call, NOON)

    assert caught.value.reason == "unsent:expired"


def test_no_representation_shows_a_secret() -> None:
    call = VenueCall(method="POST", path="/api/v5/trade/order", body=BODY)
    for signer in (BybitSigner(KEY), OkxSigner(KEY)):
        shown = f"{signer!r} {signer.sign(call, NOON)!r}"
        assert "canary" not in shown


def test_an_okx_key_without_its_third_part_is_refused_with_the_cure() -> None:
    key = VenueKey(name="main", api_key=Secret("a"), secret=Secret("b"))

    with pytest.raises(ValueError, match="add passphrase="):
        OkxSigner(key)
