"""Secrets whose text gives them away, and every spelling in which one might turn up."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# Characters that URL encoding changes, so that the encoded form differs from the raw one.
READ_KEY, READ_SECRET = "canary-read-key/7f+Ov=", "canary-read-secret/Zk+2q="
TRADE_KEY, TRADE_SECRET = "canary-trade-key/9c+Wx=", "canary-trade-secret/Lm+5t="
TOKEN = "xoxb-canary/token+8h="
ALL = (READ_KEY, READ_SECRET, TRADE_KEY, TRADE_SECRET, TOKEN)


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret that was found where it must not be."""

    where: str
    secret: str
    spelling: str


def hits(where: str, text: bytes) -> list[Hit]:
    """Every secret in any spelling in a text; case does not matter."""
    lower = text.lower()
    return [
        Hit(where, secret, name)
        for secret in ALL
        for name, spelling in spellings(secret).items()
        if spelling.lower() in lower
    ]


def spellings(secret: str) -> dict[str, bytes]:
    """Raw, hexadecimal, URL-encoded, and base64 at each of the three places in which a text can begin inside another."""
    raw = secret.encode()
    return {
        "raw": raw,
        "hex": raw.hex().encode(),
        "url": quote(secret, safe="").encode(),
        "url-plus": quote_plus(secret).encode(),
        # Without the characters that depend on what stands before and behind.
        **{f"base64-{shift}": b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)},
    }
