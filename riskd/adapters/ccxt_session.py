"""The session that ccxt is given instead of aiohttp's: every request of riskd to a venue passes through here.

It refuses writes where nothing may be written, sends to the paper venue while ccxt keeps the official addresses,
bounds time and size, and keeps the venue's raw answer for the caller. ccxt itself is told ``{}``: it signs and
addresses requests, but never reads an answer, so that none of its parsers or error tables can change or lose one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

import aiohttp
import yarl

from riskd.adapters.credentials import Secret
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer

_BODY_MAX_BYTES = 32 * 1024 * 1024  # exchangeInfo of 700 contracts is 1 MB
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEPT_HEADERS = ("date", "retry-after", "content-type")
_KEPT_PREFIX = "x-mbx-"
_HIDDEN = "***"


class Rights(Enum):
    """What may leave through a session."""

    READ = "read"  # GET only
    TRADE = "trade"


@dataclass(slots=True)
class Capture:
    """What became of the one request that the current task makes.

    Attributes:
        sent: True once the request was handed to the network.
        answer: The whole answer; None while there is none.
    """

    sent: bool = False
    answer: VenueAnswer | None = None


CAPTURE: ContextVar[Capture] = ContextVar("CAPTURE")
"""Where the session leaves the answer for the task that asked."""


class Redactor:
    """Takes known secrets out of a text that came from outside."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = tuple(secrets)

    def clean(self, text: str) -> str:
        """``text`` without any of the secrets."""
        for secret in self._secrets:
            if secret.reveal() in text:
                text = text.replace(secret.reveal(), _HIDDEN)
        return text

    def __repr__(self) -> str:
        return "Redactor(***)"


@dataclass(slots=True, kw_only=True)
class GuardedSession:
    """Stands where ccxt expects an ``aiohttp.ClientSession``.

    Attributes:
        rights: What may leave.
        timeout_seconds: Longest time for one request, from first byte to last.
        redactor: Takes our own secrets out of answers.
        base_url: Origin of the paper venue, which must be on this machine; empty for the real venue.
        tls: Context of the connections; None: aiohttp's default.
        headers: ccxt adds these to each request.

    Raises:
        ValueError: ``base_url`` is not on this machine. Keys must not be sent anywhere else by a setting.
    """

    rights: Rights
    timeout_seconds: float
    redactor: Redactor
    base_url: str = ""
    tls: ssl.SSLContext | None = None
    headers: dict[str, str] = field(default_factory=dict)
    _http: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        if self.base_url and yarl.URL(self.base_url).host not in _LOOPBACK:
            raise ValueError(
                f"{self.base_url!r} is not on this machine; a base URL is only for the paper venue"
            )

    def get(
        self, url: yarl.URL, *, headers: dict[str, str] | None = None, data: bytes | None = None, **_: object
    ) -> _Exchange:
        """One GET, as an asynchronous context manager."""
        return _Exchange(self, "GET", url, headers or {}, data)

    def post(
        self, url: yarl.URL, *, headers: dict[str, str] | None = None, data: bytes | None = None, **_: object
    ) -> _Exchange:
        """One POST; refused with READ rights."""
        return _Exchange(self, "POST", url, headers or {}, data)

    def put(
        self, url: yarl.URL, *, headers: dict[str, str] | None = None, data: bytes | None = None, **_: object
    ) -> _Exchange:
        """One PUT; refused with READ rights."""
        return _Exchange(self, "PUT", url, headers or {}, data)

    def delete(
        self, url: yarl.URL, *, headers: dict[str, str] | None = None, data: bytes | None = None, **_: object
    ) -> _Exchange:
        """One DELETE; refused with READ rights."""
        return _Exchange(self, "DELETE", url, headers or {}, data)

    def patch(
        self, url: yarl.URL, *, headers: dict[str, str] | None = None, data: bytes | None = None, **_: object
    ) -> _Exchange:
        """One PATCH; refused with READ rights."""
        return _Exchange(self, "PATCH", url, headers or {}, data)

    async def close(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def carry(
        self, method: str, url: yarl.URL, headers: dict[str, str], body: bytes | None
    ) -> VenueAnswer:
        """Send one request once; return the whole answer.

        Raises:
            VenueUnavailable: Writing is refused here, or no whole answer arrived.
        """
        if self.rights is Rights.READ and method != "GET":
            raise VenueUnavailable(
                f"{method} {url.path} is refused: this session only reads", reason="unsent:read_only"
            )
        outcome = await self._attempt(method, self._address(url), headers, body)
        if isinstance(outcome, VenueAnswer):
            return outcome
        # Raised here, outside any `except`, so that no client exception with its signed URL hangs on the chain.
        raise VenueUnavailable(f"{method} {url.path}: {_MEANING.get(outcome, outcome)}", reason=outcome)

    def _address(self, url: yarl.URL) -> yarl.URL:
        if not self.base_url:
            return url
        return yarl.URL(self.base_url.rstrip("/") + url.raw_path_qs, encoded=True)

    async def _attempt(
        self, method: str, url: yarl.URL, headers: dict[str, str], body: bytes | None
    ) -> VenueAnswer | str:
        """The answer, or the reason why there is none."""
        http = self._connections()
        try:
            async with asyncio.timeout(self.timeout_seconds):
                async with http.request(
                    method, url, headers=headers, data=body, allow_redirects=False
                ) as response:
                    data = await _body(response)
                    return "guard:too_large" if data is None else self._answer(response, data)
        except TimeoutError:
            return "timeout"
        except aiohttp.ClientError as error:
            return _reason(error)
        except OSError:
            return "reset"

    def _answer(self, response: aiohttp.ClientResponse, data: bytes) -> VenueAnswer:
        return VenueAnswer(
            status=response.status,
            headers=tuple(
                (name.lower(), self.redactor.clean(value))
                for name, value in response.headers.items()
                if name.lower() in _KEPT_HEADERS or name.lower().startswith(_KEPT_PREFIX)
            ),
            text=self.redactor.clean(data.decode("utf-8", errors="replace")),
        )

    def _connections(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(ssl=self.tls if self.tls is not None else True, limit=16)
            self._http = aiohttp.ClientSession(
                connector=connector,
                # asyncio.timeout above bounds the whole exchange, reading included.
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._http


class _Exchange:
    """One request and its answer, as ccxt wants to use it: ``async with session.get(...) as response``."""

    def __init__(
        self, session: GuardedSession, method: str, url: yarl.URL, headers: dict[str, str], body: bytes | None
    ) -> None:
        self._session = session
        self._method = method
        self._url = url
        self._headers = headers
        self._body = body

    async def __aenter__(self) -> _Told:
        capture = CAPTURE.get()
        capture.sent = True
        capture.answer = await self._session.carry(self._method, self._url, self._headers, self._body)
        return _Told()

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        return None


class _Told:
    """What ccxt is told of every answer: success, and nothing else."""

    status = 200
    reason = "OK"
    content = b"{}"

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    async def text(self, **_: object) -> str:
        """An empty object."""
        return "{}"


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """The whole body, decompressed; None when it is larger than any answer may be."""
    data = bytearray()
    async for chunk in response.content.iter_chunked(256 * 1024):
        data += chunk
        if len(data) > _BODY_MAX_BYTES:
            return None
    return bytes(data)


_MEANING = {
    "timeout": "no whole answer in time",
    "reset": "the connection broke before an answer",
    "truncated": "the answer broke off",
    "bad_http": "the answer is not HTTP",
    "unsent:dns": "the host name does not resolve",
    "unsent:tls": "no trusted TLS connection",
    "unsent:connect": "no connection",
    "guard:too_large": f"the answer is larger than {_BODY_MAX_BYTES} bytes",
}


def _reason(error: aiohttp.ClientError) -> str:
    """One word for a client error. ``unsent:`` only where no connection ever existed."""
    kinds: tuple[tuple[type[aiohttp.ClientError], str], ...] = (
        (aiohttp.ClientConnectorDNSError, "unsent:dns"),
        (aiohttp.ClientSSLError, "unsent:tls"),
        (aiohttp.ClientConnectorError, "unsent:connect"),
        (aiohttp.ClientPayloadError, "truncated"),
        (aiohttp.ClientResponseError, "bad_http"),
        (aiohttp.ClientConnectionError, "reset"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "network")
