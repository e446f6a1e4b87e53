"""After every cycle: what the venues show of orders under riskd's mark, beside what the journal meant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Protocol

from riskd.act.identity import Identity
from riskd.cycle import CycleResult
from riskd.errors import VenueUnavailable
from riskd.execution import PlanResult
from riskd.execution.reconcile import Seen, Stray, strays
from riskd.model.flow import TradeRow
from riskd.observe.known import AccountMemory

ASKED_AT_ONCE = 5
"""Fills name no client order id: so many of their orders are asked for theirs after a cycle, the newest first."""

_WAITING_MAX = 200
_NAMED_MAX = 5000

NameOf = Callable[[str, str, str], Awaitable[str]]
"""Asks the venue for the client order id of an order, by account, unified symbol and the venue's order id."""


class Known(Protocol):
    """What the journal says of orders."""

    def meant(self, account: str) -> frozenset[str]:
        """Client order ids of every intent of an account, and of strays that a person has accepted."""
        ...

    def venue_orders(self, account: str) -> frozenset[str]:
        """The venue's ids of our orders, as far as receipts name them."""
        ...


class DropCopy:
    """A listener of the service.

    Args:
        accounts: Those that may send; of others nothing of ours can be there.
        identity: Ours.
        known: What the journal says.
        found: Told of strays, each once in a life of the daemon: disarms their account durably, and calls a person.
        name_of: Asks a venue; None: fills whose orders never rested stay unnamed.
    """

    def __init__(
        self,
        accounts: Sequence[str],
        *,
        identity: Identity,
        known: Known,
        found: Callable[[tuple[Stray, ...]], None],
        name_of: NameOf | None = None,
    ) -> None:
        self._accounts = tuple(accounts)
        self._identity = identity
        self._known = known
        self._found = found
        self._name_of = name_of
        self._told: set[str] = set()
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._unnamed: OrderedDict[tuple[str, str], TradeRow] = OrderedDict()

    def after_cycle(self, result: CycleResult) -> None:
        """Look at what the cycle knows: resting orders, conditional ones, and fills whose order has a name."""
        for account in self._accounts:
            memory = result.known.account(account)
            self._judge(account, (*_resting(account, memory), *self._filled(account, memory)))

    def after_plan(self, _result: PlanResult) -> None:
        """Nothing: the next cycle shows it."""

    async def ask(self) -> None:
        """Ask the venues for the names of some orders that have filled and never rested. Failures wait for the next time."""
        if self._name_of is None:
            return
        for (account, order_id), fill in list(self._unnamed.items())[-ASKED_AT_ONCE:]:
            try:
                name = await self._name_of(account, fill.symbol, order_id)
            except VenueUnavailable:
                return
            del self._unnamed[account, order_id]
            self._remember(account, order_id, name)
            self._judge(account, [_seen(account, name, fill)])

    def _judge(self, account: str, seen: Iterable[Seen]) -> None:
        found = strays(seen, identity=self._identity, meant=self._known.meant(account))
        new = tuple(stray for stray in found if stray.client_order_id not in self._told)
        if new:
            self._told.update(stray.client_order_id for stray in new)
            self._found(new)

    def _filled(self, account: str, memory: AccountMemory) -> Iterator[Seen]:
        ours = self._known.venue_orders(account)
        for flow in memory.fills.values():
            for fill in flow.rows:
                key = account, fill.order_id
                name = memory.order_ids.get(fill.order_id) or self._names.get(key)
                if name is not None:
                    yield _seen(account, name, fill)
                elif fill.order_id not in ours and self._name_of is not None:
                    self._unnamed[key] = fill
        while len(self._unnamed) > _WAITING_MAX:
            self._unnamed.popitem(last=False)

    def _remember(self, account: str, order_id: str, name: str) -> None:
        self._names[account, order_id] = name
        while len(self._names) > _NAMED_MAX:
            self._names.popitem(last=False)


def _resting(account: str, memory: AccountMemory) -> Iterator[Seen]:
    for heard in (memory.orders, memory.conditional_orders):
        for order in heard.value or ():
            yield Seen(
                account=account,
                client_order_id=order.client_order_id,
                what=f"resting order {order.order_id} of {order.symbol} on {account}",
            )


def _seen(account: str, name: str, fill: TradeRow) -> Seen:
    return Seen(
        account=account,
        client_order_id=name,
        what=f"filled order {fill.order_id} of {fill.symbol} on {account}",
    )
