"""Requests over HTTP that riskd signs itself: the same guarded session and budget as ccxt's transport, without ccxt.

ccxt signs with one validity for all requests of a client and has no place for a header of one request, and both Bybit
and OKX bound an order's life by such headers. A signature is thirty lines; a test holds them to ccxt's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import yarl

from riskd.adapters.ccxt_session import GuardedSession, Redactor
from riskd.adapters.ccxt_transport import Access
from riskd.adapters.credentials import VenueKey
from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it goes onto the wire.

    Attributes:
        target: Path and query.
        headers: Key, time stamp and signature among them.
    """

    target: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def __repr__(self) -> str:
        return "SignedRequest(***)"


class Signer(Protocol):
    """Signs for one key, in the venue's way."""

    def sign(self, call: VenueCall, now: datetime) -> SignedRequest:
        """The request with its signature.

        Raises:
            VenueUnavailable: ``unsent:expired`` when it may not leave any more.
        """
        ...


def open_signed(
    access: Access, *, origin: str, signer: Callable[[VenueKey], Signer], clock: Clock, budget: RequestBudget
) -> SignedTransport:
    """A transport to a venue that riskd signs for.

    Args:
        access: Key, rights, and where a stand-in on this machine listens.
        origin: The venue's own.
        signer: Makes the signer of a key.
        clock: Time stamps come from it.
        budget: Shared by every transport to this venue.

    Raises:
        ValueError: There is no key, the key lacks what the venue needs, or ``base_url`` is not on this machine.
    """
    key = access.key
    if key is None:
        raise ValueError(f"{access.venue}: riskd only sends orders there, and orders need a key")
    secrets = [secret for secret in (key.api_key, key.secret, key.passphrase) if secret is not None]
    session = GuardedSession(
        rights=access.rights,
        timeout_seconds=access.timeout_seconds,
        redactor=Redactor(secrets),
        base_url=access.base_url,
    )
    return SignedTransport(
        session=session,
        signer=signer(key),
        origin=origin,
        host=access.venue,
        clock=clock,
        budget=budget,
    )


class SignedTransport:
    """VenueTransport over HTTP. Make one with ``open_signed``."""

    def __init__(
        self,
        *,
        session: GuardedSession,
        signer: Signer,
        origin: str,
        host: str,
        clock: Clock,
        budget: RequestBudget,
    ) -> None:
        self._session = session
        self._signer = signer
        self._origin = origin
        self._host = host
        self._clock = clock
        self._budget = budget

    async def call(self, call: VenueCall) -> VenueAnswer:
        """Send one request once and return the answer that arrived, whatever its status.

        Raises:
            VenueUnavailable: No whole answer arrived, or the budget, the rights or its expiry forbid the request.
        """
        async with self._budget.first_alone(self._host):
            self._budget.admit(1, host=self._host, urgency=Urgency.ACT)
            request = self._signer.sign(call, self._clock.now())
            answer = await self._session.carry(
                call.method,
                yarl.URL(self._origin + request.target, encoded=True),
                dict(request.headers),
                request.body.encode() if request.body else None,
            )
            self._budget.learn(answer, host=self._host)
            return answer

    async def close(self) -> None:
        """Close connections."""
        await self._session.close()

    def __repr__(self) -> str:
        return "SignedTransport(***)"


def milliseconds_left(call: VenueCall, now: datetime, *, at_most: int) -> int:
    """For how long the venue may still carry a request out.

    Raises:
        VenueUnavailable: Not at all: it must not leave any more.
    """
    if call.expires_at is None:
        return at_most
    left = int((call.expires_at - now).total_seconds() * 1000)
    if left <= 0:
        raise VenueUnavailable(f"{call}: expired before it was sent", reason="unsent:expired")
    return min(left, at_most)
