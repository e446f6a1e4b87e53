"""Client order ids: 128 bits that say whose order it is, without a look into the journal.

    magic (16 bits) | instance (16) | sequence (40) | authentication code (56)      as 32 hexadecimal digits

The code covers account, symbol, side and quantity too, so that an id cannot be lifted onto another order. It is
deterministic: the journal's intent and this function give the same id again. Hexadecimal digits spell no SQL keyword
for a venue's firewall to trip on, and fit OKX's 32 alphanumeric characters exactly.

Source: docs/safety.md 3.2 for the layout and the limits of each venue.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from riskd.model.order import Direction

MAGIC = 0x7264  # "rd"
INSTANCE_MAX = 0xFFFF
SEQUENCE_MAX = (1 << 40) - 1
KEY_BYTES_MIN = 16

_CODE_BYTES = 7
_FORM = re.compile(r"[0-9a-f]{32}")


class Owner(StrEnum):
    """Whose order a client order id belongs to."""

    OURS = "ours"
    FOREIGN = (
        "foreign"  # riskd's mark, but another instance, key or order: two daemons, or somebody pretending
    )
    NOT_RISKD = "not_riskd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One daemon's hand. Its key never shows in a representation.

    Attributes:
        key: Secret of the installation, 16 to 32 bytes.
        instance: Number of this daemon, 0 to 65,535; another daemon on the same accounts has another.
    """

    key: bytes = field(repr=False)
    instance: int

    def __post_init__(self) -> None:
        """Refuse a key that does not protect and an instance that does not fit.

        Raises:
            ValueError: The key is not 16 to 32 bytes long, or the instance is not within 16 bits.
        """
        if not KEY_BYTES_MIN <= len(self.key) <= hashlib.blake2s.MAX_KEY_SIZE:
            raise ValueError(f"expected a key of {KEY_BYTES_MIN} to 32 bytes, found {len(self.key)}")
        if not 0 <= self.instance <= INSTANCE_MAX:
            raise ValueError(f"expected an instance from 0 to {INSTANCE_MAX}, found {self.instance}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What an id is bound to, as the journal or the venue states it.

    Attributes:
        symbol: The venue's own name, which the venue repeats with its orders.
        quantity: Ordered, not filled; base units. ``0.10`` and ``0.1`` are the same.
    """

    account: str
    symbol: str
    direction: Direction
    quantity: Decimal


def client_order_id(identity: Identity, sequence: int, facts: OrderFacts) -> str:
    """The id of the order with this sequence number: 32 lower-case hexadecimal digits.

    Args:
        identity: Who sends.
        sequence: The journal's sequence number of the intent, 0 to 2**40 - 1, never used twice.
        facts: What is ordered.

    Raises:
        ValueError: The sequence does not fit into 40 bits.
    """
    if not 0 <= sequence <= SEQUENCE_MAX:
        raise ValueError(f"expected a sequence from 0 to {SEQUENCE_MAX}, found {sequence}")
    head = f"{MAGIC:04x}{identity.instance:04x}{sequence:010x}"
    return head + _code(identity, sequence, facts)


def classify_id(identity: Identity, text: str, facts: OrderFacts) -> Owner:
    """Whose order carries the id ``text``.

    One in 65,536 random ids of 32 hexadecimal digits bears riskd's mark by chance and counts as foreign: that stops
    orders, never the watch.

    Args:
        identity: Who asks.
        text: The client order id as the venue states it; may be anything.
        facts: What the venue says was ordered under it.
    """
    instance = instance_of(text)
    if instance is None:
        return Owner.NOT_RISKD
    if instance != identity.instance:
        return Owner.FOREIGN
    genuine = _code(identity, sequence_of(text), facts)
    return Owner.OURS if hmac.compare_digest(text[18:], genuine) else Owner.FOREIGN


def instance_of(text: str) -> int | None:
    """The instance inside an id that bears riskd's mark, whoever made it; None for any other text.

    One in 65,536 random ids of 32 hexadecimal digits bears the mark by chance.
    """
    if not _FORM.fullmatch(text) or int(text[:4], 16) != MAGIC:
        return None
    return int(text[4:8], 16)


def sequence_of(text: str) -> int:
    """The sequence number inside an id that riskd made."""
    return int(text[8:18], 16)


def _code(identity: Identity, sequence: int, facts: OrderFacts) -> str:
    """56 bits of keyed BLAKE2s over everything, each field with its length so that none can run into the next."""
    quantity = format(facts.quantity.normalize(), "f")
    fields = (
        str(identity.instance),
        str(sequence),
        facts.account,
        facts.symbol,
        facts.direction.value,
        quantity,
    )
    code = hashlib.blake2s(key=identity.key, digest_size=_CODE_BYTES, person=b"order-id")
    for text in fields:
        encoded = text.encode()
        code.update(len(encoded).to_bytes(4, "big") + encoded)
    return code.hexdigest()
