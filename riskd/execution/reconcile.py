"""Compares what a venue shows with what the journal meant: every order under riskd's mark must be one of ours.

A substitute for a drop copy. An order of our own instance that the journal does not know means that the journal lost
something or that somebody holds our key; one of another instance means that two daemons act on one account. Either way
riskd must not send another order there until a person has looked.

Source: docs/safety.md 3.1.7 and 3.3; RTS 6 article 17.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from riskd.act.identity import Identity, instance_of


class StrayKind(StrEnum):
    """Why an order is not as it should be."""

    NOT_IN_JOURNAL = "not_in_journal"  # our mark and our instance, and the journal never meant it
    OTHER_INSTANCE = "other_instance"  # another riskd acts on the account: a split brain


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An order as the venue shows it.

    Attributes:
        client_order_id: As the venue states it; may be anything.
        what: In words: where it was seen, and of which contract.
    """

    account: str
    client_order_id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """An order under riskd's mark that the journal does not know."""

    account: str
    client_order_id: str
    kind: StrayKind
    what: str

    def __str__(self) -> str:
        if self.kind is StrayKind.OTHER_INSTANCE:
            return f"{self.what} bears the mark of another riskd: two daemons act on {self.account}"
        return f"{self.what} bears our own mark and the journal never meant it"


def strays(orders: Iterable[Seen], *, identity: Identity, meant: Container[str]) -> tuple[Stray, ...]:
    """The orders that should not be there, each once, in the order in which they were seen.

    Args:
        orders: What the venue shows: resting orders of every list, and the orders of fills.
        identity: Ours.
        meant: Client order ids that the journal knows, and those that a person has accepted.
    """
    found: dict[str, Stray] = {}
    for order in orders:
        instance = instance_of(order.client_order_id)
        if instance is None or order.client_order_id in meant:
            continue
        ours = instance == identity.instance
        found.setdefault(
            order.client_order_id,
            Stray(
                account=order.account,
                client_order_id=order.client_order_id,
                kind=StrayKind.NOT_IN_JOURNAL if ours else StrayKind.OTHER_INSTANCE,
                what=order.what,
            ),
        )
    return tuple(found.values())
