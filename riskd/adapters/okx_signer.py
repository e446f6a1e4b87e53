"""Signatures of OKX's v5 interface, and how it bounds the life of a request.

Source: OKX's documentation, REST authentication (HMAC-SHA256 in base 64 over time stamp, method, path with query, and
body) and Transaction timeouts: with the header ``expTime`` an order is not processed once the server's clock has passed
it. That header is heeded for orders and not for conditional orders. Every request expires 30 seconds after its time stamp
(50102), so the stamp of a conditional order is set back until that is the moment at which it must not be booked any more.
Should the venue allow less than 30 seconds the request is refused, provably; should it allow more it is as good as an
unchanged stamp.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from riskd.adapters.credentials import VenueKey
from riskd.adapters.signed_transport import SignedRequest, milliseconds_left
from riskd.model.wire import VenueCall

ORIGIN = "https://www.okx.com"
_VALID_FOR = timedelta(seconds=30)
_HEEDS_EXPIRY = frozenset({"/api/v5/trade/order"})


class OkxSigner:
    """Signs for one key. Its key never shows in a representation.

    Raises:
        ValueError: The key has no passphrase.
    """

    def __init__(self, key: VenueKey) -> None:
        if key.passphrase is None or not key.passphrase.reveal():
            raise ValueError(
                f"credential {key.name!r} has no passphrase; OKX's keys have three parts: add passphrase=... to its file"
            )
        self._key = key
        self._passphrase = key.passphrase

    def sign(self, call: VenueCall, now: datetime) -> SignedRequest:
        """The request with its headers, bound to the request's expiry.

        Raises:
            VenueUnavailable: ``unsent:expired``.
        """
        milliseconds_left(call, now, at_most=1)
        stamp = _iso(_stamped_at(call, now))
        query = urlencode(call.params)
        target = f"{call.path}?{query}" if query else call.path
        headers = (
            ("Content-Type", "application/json"),
            ("OK-ACCESS-KEY", self._key.api_key.reveal()),
            ("OK-ACCESS-PASSPHRASE", self._passphrase.reveal()),
            ("OK-ACCESS-TIMESTAMP", stamp),
            ("OK-ACCESS-SIGN", _code(self._key.secret.reveal(), stamp + call.method + target + call.body)),
            *_expiry(call),
        )
        return SignedRequest(target=target, headers=headers, body=call.body)

    def __repr__(self) -> str:
        return "OkxSigner(***)"


def _expiry(call: VenueCall) -> tuple[tuple[str, str], ...]:
    if call.expires_at is None or call.path not in _HEEDS_EXPIRY:
        return ()
    return (("expTime", str(int(call.expires_at.timestamp() * 1000))),)


def _stamped_at(call: VenueCall, now: datetime) -> datetime:
    """The time stamp: now, or as far back as the request's expiry demands where nothing else bounds it."""
    if call.expires_at is None or call.path in _HEEDS_EXPIRY:
        return now
    return min(now, call.expires_at - _VALID_FOR)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _code(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
