"""Requests over HTTP through ccxt's raw endpoints: ccxt addresses and signs, riskd does everything else."""

from __future__ import annotations

import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from riskd.adapters.ccxt_session import CAPTURE, Capture, GuardedSession, Redactor, Rights
from riskd.adapters.credentials import VenueKey
from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.ports import Clock

VENUES = ("binanceusdm",)
"""Venues whose dialect riskd reads itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one venue is to be reached.

    Attributes:
        venue: ccxt's id of the venue.
        key: The key to sign with; None for what is public.
        rights: READ refuses everything but GET.
        base_url: Origin of a paper venue on this machine; empty for the real venue.
        timeout_seconds: Longest time for one request.
        recv_window_ms: The venue refuses a request that reaches its engine later than this after it was signed.
    """

    venue: str
    key: VenueKey | None = None
    rights: Rights = Rights.READ
    base_url: str = ""
    timeout_seconds: float = 10.0
    recv_window_ms: int = 5000


def open_transport(access: Access, *, clock: Clock, budget: RequestBudget) -> CcxtTransport:
    """A transport to a venue. The first call imports ccxt, which takes a second and 100 MB.

    Args:
        access: Venue, key and rights.
        clock: Time stamps of signatures come from it.
        budget: Shared by every transport to this venue.

    Raises:
        ValueError: The venue is unknown, or ``base_url`` is not on this machine.
        RuntimeError: ccxt would repeat requests by itself.
    """
    if access.venue not in VENUES:
        raise ValueError(f"venue {access.venue!r}: riskd reads {', '.join(VENUES)}")
    # Everything of ccxt logs request headers, and with them the key, at DEBUG (measured).
    logging.getLogger("ccxt").setLevel(logging.CRITICAL + 1)
    import ccxt.async_support as ccxt  # here, so that only a process that opens a venue pays for it

    secrets = () if access.key is None else (access.key.api_key, access.key.secret)
    session = GuardedSession(
        rights=access.rights,
        timeout_seconds=access.timeout_seconds,
        redactor=Redactor(secrets),
        base_url=access.base_url,
    )
    exchange: _Exchange = getattr(ccxt, access.venue)(_configuration(access, session))
    if not access.base_url:
        session.tls = _trusted(exchange.cafile)
    _tame(exchange, clock)
    refuse_repetition(exchange.options)
    return CcxtTransport(access=access, exchange=exchange, session=session, budget=budget)


class _Exchange(Protocol):
    """The little of ccxt's exchange class that riskd touches."""

    cafile: str
    options: Mapping[str, Any]
    nonce: Callable[[], int]
    milliseconds: Callable[[], int]
    logger: logging.Logger
    verbose: bool
    ssl_context: object
    timeout_on_exit: int

    def request(
        self, path: str, api: list[str], method: str, params: dict[str, str]
    ) -> Awaitable[object]: ...

    def close(self) -> Awaitable[None]: ...


class CcxtTransport:
    """VenueTransport over HTTP. Make one with ``open_transport``."""

    def __init__(
        self, *, access: Access, exchange: _Exchange, session: GuardedSession, budget: RequestBudget
    ) -> None:
        self._exchange = exchange
        self._session = session
        self._budget = budget
        self._urgency = Urgency.ACT if access.rights is Rights.TRADE else Urgency.WATCH

    async def call(self, call: VenueCall) -> VenueAnswer:
        """Send one request once and return the answer that arrived, whatever its status.

        Raises:
            VenueUnavailable: No whole answer arrived, or the budget or the rights forbid the request.
        """
        host = call.path.split("/", 2)[1]
        async with self._budget.first_alone(host):
            return await self._ask(call, host)

    async def close(self) -> None:
        """Close connections."""
        await self._session.close()
        await self._exchange.close()

    def __repr__(self) -> str:
        return "CcxtTransport(***)"

    async def _ask(self, call: VenueCall, host: str) -> VenueAnswer:
        self._budget.admit(request_weight(call), host=host, urgency=self._urgency)
        capture = Capture()
        token = CAPTURE.set(capture)
        failure = ""
        try:
            await self._exchange.request(
                call.path.split("/", 3)[3], [_section(call)], call.method, dict(call.params)
            )
        except VenueUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a client library may raise anything; none of it may pass
            failure = type(error).__name__
        finally:
            CAPTURE.reset(token)
        if capture.answer is None:
            raise VenueUnavailable(
                f"{call}: ccxt raised {failure or 'nothing'} instead of asking the venue",
                reason="client" if capture.sent else "unsent:client",
            )
        self._budget.learn(capture.answer, host=host)
        return capture.answer


@lru_cache(maxsize=1)
def _trusted(cafile: str) -> ssl.SSLContext:
    """The TLS context of all transports; a store of certificates takes a megabyte."""
    return ssl.create_default_context(cafile=cafile)


def request_weight(call: VenueCall) -> int:
    """What Binance charges for a request, of its 2400 a minute.

    Source: developers.binance.com, USDS-margined futures, "Request Weight" of each endpoint.
    """
    if call.method != "GET":
        return 1
    if call.path in _WEIGHTS_BY_LIMIT:
        limit = int(next((value for name, value in call.params if name == "limit"), "500"))
        return next(weight for most, weight in _WEIGHTS_BY_LIMIT[call.path] if limit <= most)
    whole, one = _WEIGHTS.get(call.path, (1, 1))
    return one if any(name == "symbol" for name, _ in call.params) else whole


# (largest limit, weight), rising
_WEIGHTS_BY_LIMIT: Mapping[str, tuple[tuple[float, int], ...]] = {
    "/fapi/v1/markPriceKlines": ((99, 1), (499, 2), (1000, 5), (math.inf, 10)),
    "/fapi/v1/depth": ((50, 2), (100, 5), (500, 10), (math.inf, 20)),
}


# (without a symbol, with one)
_WEIGHTS: Mapping[str, tuple[int, int]] = {
    "/fapi/v1/premiumIndex": (10, 1),
    "/fapi/v1/ticker/24hr": (40, 1),
    "/fapi/v1/assetIndex": (10, 1),
    "/fapi/v3/account": (5, 5),
    "/fapi/v3/positionRisk": (5, 5),
    "/fapi/v1/symbolConfig": (5, 5),
    "/fapi/v1/userTrades": (5, 5),
    "/fapi/v1/positionSide/dual": (30, 30),
    "/fapi/v1/income": (30, 30),
    "/fapi/v1/openOrders": (40, 1),
    "/fapi/v1/openAlgoOrders": (40, 1),
    "/api/v3/account": (20, 20),
}

_SECTIONS: Mapping[tuple[str, bool], str] = {
    ("/fapi/v1/", True): "fapiPrivate",
    ("/fapi/v1/", False): "fapiPublic",
    ("/fapi/v2/", True): "fapiPrivateV2",
    ("/fapi/v3/", True): "fapiPrivateV3",
    ("/api/v3/", True): "private",
    ("/api/v3/", False): "public",
}


def _section(call: VenueCall) -> str:
    """The name in ccxt of the group of endpoints that a path belongs to."""
    prefix = "/".join(call.path.split("/", 3)[:3]) + "/"
    try:
        return _SECTIONS[prefix, call.signed]
    except KeyError:
        raise VenueUnavailable(f"{call}: no such group of endpoints", reason="unsent:path") from None


def _configuration(access: Access, session: GuardedSession) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "session": session,
        "enableRateLimit": False,  # RequestBudget does it
        "enableLastHttpResponse": False,
        "enableLastResponseHeaders": False,
        "options": {"recvWindow": access.recv_window_ms, "fetchCurrencies": False},
    }
    if access.key is not None:
        configuration["apiKey"] = access.key.api_key.reveal()
        configuration["secret"] = access.key.secret.reveal()
    return configuration


def _tame(exchange: _Exchange, clock: Clock) -> None:
    """Give ccxt our clock, and take away its log, its own TLS context and its pause on closing."""

    def milliseconds() -> int:
        return int(clock.now().timestamp() * 1000)

    exchange.nonce = milliseconds
    exchange.milliseconds = milliseconds
    exchange.verbose = False
    exchange.logger = logging.getLogger("ccxt")
    exchange.ssl_context = False
    exchange.timeout_on_exit = 0


def refuse_repetition(options: Mapping[str, Any]) -> None:
    """Check that ccxt was not told to repeat failed requests: it would send orders twice.

    Raises:
        RuntimeError: It was, in general or for one endpoint.
    """
    sections = [
        ("options", options),
        *((name, value) for name, value in options.items() if isinstance(value, dict)),
    ]
    for name, section in sections:
        if section.get("maxRetriesOnFailure", 0):
            raise RuntimeError(
                f"ccxt {name}.maxRetriesOnFailure is {section['maxRetriesOnFailure']}, expected 0: "
                "it would send an order twice"
            )
