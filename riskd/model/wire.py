"""One request to a venue and its answer, before and after any transport has carried them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCall:
    """One request in the venue's own words. A transport adds time stamp, key and signature.

    Attributes:
        method: ``GET``, ``POST`` or ``DELETE``.
        path: Path on the venue's host, such as ``/fapi/v3/positionRisk``.
        params: Parameters in the order in which they are signed, as the venue wants them spelt.
        signed: True when the venue demands a key and a signature.
        body: JSON text to be sent and signed as it is, at venues whose orders are JSON; ``params`` are then the query.
        expires_at: Aware UTC: the venue must not carry the request out later. A transport says so in the venue's own
            way. None where ``params`` say it, or where it does not matter.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    signed: bool = False
    body: str = ""
    expires_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAnswer:
    """An HTTP answer that arrived whole, whatever it says.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        text: The body; hostile text.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    def header(self, name: str) -> str:
        """Value of a header, by its lower-case name; empty when absent."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def ok(self) -> bool:
        """True for a status of 200 to 299. It says nothing of the body."""
        return 200 <= self.status < 300

    @property
    def retry_after_seconds(self) -> float | None:
        """What the venue asked us to wait; None when it did not say, or not in plain seconds."""
        text = self.header("retry-after").strip()
        return float(text) if text.isascii() and text.isdigit() else None
