"""Signatures of Bybit's v5 interface, and how it bounds the life of a request.

Source: Bybit's documentation, v5/guide, Authentication: HMAC-SHA256 in hexadecimal digits over time stamp, key, receive
window and query string (GET) or body (POST); a request is taken while ``server_time - recv_window <= timestamp <
server_time + 1000``.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from riskd.adapters.credentials import VenueKey
from riskd.adapters.signed_transport import SignedRequest, milliseconds_left
from riskd.model.wire import VenueCall

ORIGIN = "https://api.bybit.com"
_WINDOW_MS = 5000


class BybitSigner:
    """Signs for one key. Its key never shows in a representation."""

    def __init__(self, key: VenueKey) -> None:
        self._key = key

    def sign(self, call: VenueCall, now: datetime) -> SignedRequest:
        """The request with its headers. The receive window ends with the request's expiry.

        Raises:
            VenueUnavailable: ``unsent:expired``.
        """
        window = str(milliseconds_left(call, now, at_most=_WINDOW_MS))
        stamp = str(int(now.timestamp() * 1000))
        query = urlencode(call.params)
        key = self._key.api_key.reveal()
        signed = f"{stamp}{key}{window}{query if call.method == 'GET' else call.body}"
        headers = (
            ("Content-Type", "application/json"),
            ("X-BAPI-API-KEY", key),
            ("X-BAPI-TIMESTAMP", stamp),
            ("X-BAPI-RECV-WINDOW", window),
            ("X-BAPI-SIGN", _code(self._key.secret.reveal(), signed)),
        )
        return SignedRequest(
            target=f"{call.path}?{query}" if query else call.path, headers=headers, body=call.body
        )

    def __repr__(self) -> str:
        return "BybitSigner(***)"


def _code(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
