"""Who asks, and whether they may: key, HMAC signature, timestamp, rights.

Source: Binance USD-M futures documentation, "General Info", sections "Endpoint security type" and "Timing security".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import Enum

from riskd.paper.dialect import errors
from riskd.paper.dialect.http import ApiKey, HttpRequest, Rights
from riskd.paper.dialect.parameters import Parameters

KEY_HEADER = "X-MBX-APIKEY"
RECEIVE_WINDOW_DEFAULT_MS = 5_000
RECEIVE_WINDOW_MAX_MS = 60_000
AHEAD_MAX_MS = 1_000


class Timing(Enum):
    """Whether the venue compares the clients' clocks with its own."""

    STRICT = "strict"  # as Binance does
    LENIENT = "lenient"  # for a venue whose time runs faster than the clients': a timestamp must be sent, any will do


class Security(Enum):
    """What an endpoint asks of the caller."""

    NONE = "none"
    READ = "read"  # Binance: USER_DATA
    TRADE = "trade"


def authenticate(
    request: HttpRequest,
    parameters: Parameters,
    keys: Mapping[str, ApiKey],
    security: Security,
    *,
    now_ms: int,
    timing: Timing = Timing.STRICT,
) -> ApiKey | None:
    """The key that signed the request; None where no key is needed.

    Args:
        request: Signed over its raw query and body, in this order, without the signature itself.
        parameters: The same request, parsed.
        keys: Every key of the venue by its public part.
        security: What the endpoint asks.
        now_ms: Time of the server.
        timing: Whether the receive window counts.

    Raises:
        Rejection: -2014 no key, -2015 unknown key or too weak, -1102 no timestamp or signature, -1022 wrong
            signature, -1021 too old or too far ahead, -1131 receive window above a minute.
    """
    if security is Security.NONE:
        return None
    key = _key(request, keys)
    _check_signature(request, parameters, key)
    sent_ms = parameters.required_integer("timestamp")
    if timing is Timing.STRICT:
        _check_window(sent_ms, parameters, now_ms)
    if security is Security.TRADE and key.rights is not Rights.TRADE:
        raise errors.key_refused()
    return key


def sign(secret: str, payload: str) -> str:
    """HMAC-SHA256 in lower-case hexadecimal, as clients send it."""
    return hmac.new(secret.encode(), _bytes(payload), hashlib.sha256).hexdigest()


def _key(request: HttpRequest, keys: Mapping[str, ApiKey]) -> ApiKey:
    sent = request.header(KEY_HEADER)
    if not sent:
        raise errors.key_format()
    key = keys.get(sent)
    if key is None:
        raise errors.key_refused()
    return key


def _check_signature(request: HttpRequest, parameters: Parameters, key: ApiKey) -> None:
    sent = parameters.required_text("signature")
    expected = sign(key.secret, _unsigned(request.query) + _unsigned(request.body))
    # Compared as bytes: the string form refuses anything but ASCII with a TypeError, and clients send what they like.
    if not hmac.compare_digest(_bytes(sent), expected.encode()):
        raise errors.bad_signature()


def _bytes(text: str) -> bytes:
    """Bytes of whatever came over the wire: a server hands on what is no UTF-8 as lone surrogates."""
    return text.encode(errors="surrogatepass")


def _unsigned(raw: str) -> str:
    return "&".join(part for part in raw.split("&") if not part.startswith("signature="))


def _check_window(sent_ms: int, parameters: Parameters, now_ms: int) -> None:
    window_ms = parameters.integer("recvWindow")
    window_ms = RECEIVE_WINDOW_DEFAULT_MS if window_ms is None else window_ms
    if window_ms > RECEIVE_WINDOW_MAX_MS:
        raise errors.window_too_long()
    if sent_ms >= now_ms + AHEAD_MAX_MS:
        raise errors.ahead_of_server()
    if now_ms - sent_ms > window_ms:
        raise errors.outside_window()
