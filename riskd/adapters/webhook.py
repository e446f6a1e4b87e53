"""A signed POST: a bot that gets one can tell that it comes from this riskd, that nobody changed it, and how old it is.

The signature is HMAC-SHA256 over the time of sending, a full stop and the body, keyed with a secret that both sides
hold. The time is inside it, so that a recorded request is worth nothing later. docs/pausing.md tells receivers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from riskd.adapters.credentials import Secret
from riskd.errors import CredentialError, NotifierError

TIMESTAMP_HEADER = "Riskd-Timestamp"
SIGNATURE_HEADER = "Riskd-Signature"
KEY_HEADER = "Idempotency-Key"
TIMEOUT_SECONDS = 10.0
SECRET_LENGTH_MIN = 32

_ACCEPTED = range(200, 300)


class Webhook:
    """One receiver.

    Args:
        url: Where to post; redirects are not followed, for the next place was never agreed on.
        secret: Shared with the receiver.
        now: The wall clock, which is signed.
        timeout_seconds: For one request, its answer included.

    Raises:
        CredentialError: The secret is too short to be one.
    """

    def __init__(
        self,
        url: str,
        secret: Secret,
        *,
        now: Callable[[], datetime],
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        if len(secret.reveal()) < SECRET_LENGTH_MIN:
            raise CredentialError(
                f"secret of the webhook at {_host(url)}: shorter than {SECRET_LENGTH_MIN} characters; "
                "make one with `openssl rand -hex 32`"
            )
        self._url = url
        self._secret = secret
        self._now = now
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    @property
    def name(self) -> str:
        """Its host. The rest of an address may be a secret in itself and is never shown."""
        return _host(self._url)

    async def post(self, body: bytes, *, key: str) -> None:
        """Send once.

        Args:
            body: JSON.
            key: The same for every attempt at one message, so that a receiver can tell a repetition.

        Raises:
            NotifierError: It was not accepted, or nobody said that it was; it may have arrived all the same.
        """
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(self._secret, timestamp, body),
            KEY_HEADER: key,
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The error's own words may hold the whole address.
            raise NotifierError(f"webhook at {self.name}: no answer ({type(error).__name__})") from None
        if status not in _ACCEPTED:
            seconds = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else None
            raise NotifierError(
                f"webhook at {self.name}: answered {status}, expected 2xx", retry_after_seconds=seconds
            )


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """``v1=`` and the hexadecimal HMAC-SHA256 over ``timestamp.body``."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


def _host(url: str) -> str:
    return urlsplit(url).hostname or "?"
