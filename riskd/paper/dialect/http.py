"""Requests and responses as values, and the keys that sign them: what the dialect knows of HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from riskd.model.report import JsonValue

JSON_CONTENT_TYPE = "application/json;charset=UTF-8"


class Rights(Enum):
    """What a key may do."""

    READ = "read"
    TRADE = "trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of one account.

    Attributes:
        account: The account that it opens.
        key: What the client sends in ``X-MBX-APIKEY``.
        secret: What both sides sign with; never shown.
        rights: A read key is refused with -2015 where a trade key is needed.
    """

    account: str
    key: str
    secret: str = field(repr=False)
    rights: Rights = Rights.TRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, unparsed, because the signature covers the raw text.

    Attributes:
        method: Upper case.
        path: Without host and query.
        query: Raw query string without the question mark.
        body: Raw body.
        headers: Names in any case.
        remote: Address of the client: request weight is counted per address, as at Binance.
    """

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    remote: str = "127.0.0.1"

    def header(self, name: str) -> str:
        """Value of a header, whatever the case of its name; empty when it was not sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One answer.

    Attributes:
        status: HTTP status.
        headers: Includes ``Content-Type``.
        body: Text.
    """

    status: int
    headers: Mapping[str, str]
    body: str


def json_response(
    value: JsonValue, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A value as an answer, in the compact form that Binance writes."""
    return HttpResponse(
        status=status,
        headers={"Content-Type": JSON_CONTENT_TYPE, **(headers or {})},
        body=json.dumps(value, separators=(",", ":"), allow_nan=False),
    )
