"""Everything that can send, behind the gate. Where nothing may be sent, no object exists that could."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from riskd.act.identity import Identity
from riskd.adapters.binance_sender import BinanceSender
from riskd.adapters.kill_switch import KillSwitch
from riskd.daemon.actions import Actions
from riskd.daemon.carrier import Armed, Carrier
from riskd.daemon.connections import Connections
from riskd.daemon.fresh import FreshReader
from riskd.daemon.gate import Gatekeeper, Health, house_bounds
from riskd.daemon.memory import Memory
from riskd.daemon.post import Post
from riskd.daemon.recording import Recording
from riskd.daemon.service import Listener
from riskd.daemon.settings import Settings
from riskd.daemon.unblock import Unblocker
from riskd.execution import Executor
from riskd.model.desk import Mode
from riskd.ports import Clock, VenueReader


def hands(
    settings: Settings,
    readers: Sequence[VenueReader],
    *,
    connections: Connections,
    clock: Clock,
    identity: Identity,
    executor: type[Executor],
    listeners: Sequence[Listener],
    ceiling: Mode,
    memory: Memory,
    recording: Recording,
    post: Post,
    switch: KillSwitch,
) -> Actions:
    """What acts on the proposals of a cycle.

    Args:
        settings: The configuration.
        readers: Of all accounts, for the read before each order.
        executor: Carries out plans.
        listeners: Told of every plan that ended.
        ceiling: How far riskd may go at all.
        switch: Read before every order.
    """
    gatekeeper = Gatekeeper(
        now=clock.now,
        halted=switch.is_pulled,
        health=lambda: Health(journal_ok=memory.journal_ok, ledger_ok=recording.ledger_ok),
        books=memory.books,
        bounds=house_bounds(settings.orders),
    )
    carrier = Carrier(
        armed=_armed(settings, ceiling, readers, connections, clock, gatekeeper, memory),
        memory=memory,
        gatekeeper=gatekeeper,
        clock=clock,
        identity=identity,
        settings=settings.orders,
        say=post.say,
        listeners=listeners,
        executor=executor,
    )
    return Actions(carrier=carrier, memory=memory, gatekeeper=gatekeeper, clock=clock, say=post.say)


def _armed(
    settings: Settings,
    ceiling: Mode,
    readers: Sequence[VenueReader],
    connections: Connections,
    clock: Clock,
    gatekeeper: Gatekeeper,
    memory: Memory,
) -> dict[str, Armed]:
    """A sender for each account of which an order may be sent: by the policy, or once a person has released it."""
    if ceiling is Mode.OBSERVE:
        return {}
    modes = {profile.id: profile.mode for profile in settings.desk().accounts}
    by_account = {reader.account: reader for reader in readers}
    armed = {}
    for account in settings.accounts:
        if modes[account.id] is Mode.OBSERVE or account.trading_credential is None:
            continue
        reader = by_account[account.id]
        listing = partial(gatekeeper.listing, account.venue)
        sender = BinanceSender(connections.trading(account), account=account.id, clock=clock)
        armed[account.id] = Armed(
            sender=sender,
            read=FreshReader(reader, listing, partial(gatekeeper.changed_at, account.id)),
            unblock=Unblocker(reader, sender, listing=listing, note=memory.cancelling, now=clock.now),
        )
    return armed
