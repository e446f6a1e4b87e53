"""Everything that can send, behind the gate. Where nothing may be sent, no object exists that could."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from riskd.act.modes import Permissions
from riskd.adapters.binance_lookup import BinanceLookup
from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.kill_switch import Switches
from riskd.adapters.senders import make_sender
from riskd.daemon.acting import Acting
from riskd.daemon.actions import Actions
from riskd.daemon.aftermath import Aftermath
from riskd.daemon.carrier import Carrier
from riskd.daemon.drop_copy import DropCopy
from riskd.daemon.gate import Books, Gatekeeper, Health
from riskd.daemon.mandate import Mandate
from riskd.daemon.memory import Memory
from riskd.daemon.recording import Recording
from riskd.daemon.settings import Settings
from riskd.daemon.strays import StrayAlarm, StrayWatch
from riskd.daemon.surroundings import Surroundings
from riskd.model.desk import Mode
from riskd.model.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What acts, and what watches that nobody else does it in riskd's name.

    Attributes:
        strays: A listener of the service; None where nothing may be sent.
        aftermath: Another one, which is told of plans, too.
    """

    actions: Actions
    strays: StrayWatch | None
    aftermath: Aftermath


def hands(
    settings: Settings,
    given: Surroundings,
    *,
    ceiling: Mode,
    memory: Memory,
    recording: Recording,
    mandate: Mandate,
    switches: Switches,
    say: Callable[[Message], None],
) -> Hold:
    """What acts on the proposals of a cycle.

    Args:
        settings: The configuration.
        ceiling: How far riskd may go at all.
        mandate: What people and the house allow.
        switches: Read before every order.
        say: Makes a message durable and queues it.
    """
    clock, arming = given.clock, mandate.arming
    modes = {profile.id: profile.mode for profile in settings.desk().accounts}

    def permit(account: str) -> Permissions:
        return Permissions(ceiling=ceiling, policy=ceiling, rule=ceiling, account=modes[account])

    def books(account: str, rule: str, now: datetime) -> Books:
        return memory.books(account, rule, now, since=arming.rearmed_at(rule, now))

    gatekeeper = Gatekeeper(
        now=clock.now,
        halted=switches.is_pulled,
        health=lambda: Health(journal_ok=memory.journal_ok, ledger_ok=recording.ledger_ok),
        books=books,
        bounds=mandate.house.bounds,
        disarmed=arming.refusal,
    )
    aftermath = Aftermath(say=say, clock=clock)
    armed = _armed(settings, ceiling, given, gatekeeper, memory)
    carrier = Carrier(
        armed=armed,
        memory=memory,
        gatekeeper=gatekeeper,
        clock=clock,
        identity=given.identity,
        bounds=mandate.house.bounds,
        say=say,
        listeners=(aftermath, *given.listeners),
        executor=given.executor,
    )
    actions = Actions(
        carrier=carrier,
        memory=memory,
        mandate=mandate,
        gatekeeper=gatekeeper,
        clock=clock,
        permit=permit,
        settings=settings.orders,
        say=say,
    )
    return Hold(actions=actions, strays=_strays(armed, given, memory, mandate, say), aftermath=aftermath)


def _strays(
    armed: Mapping[str, Acting],
    given: Surroundings,
    memory: Memory,
    mandate: Mandate,
    say: Callable[[Message], None],
) -> StrayWatch | None:
    if not armed:
        return None

    async def name_of(account: str, symbol: str, order_id: str) -> str:
        return await armed[account].name_of(symbol, order_id)

    return StrayWatch(
        DropCopy(
            list(armed),
            identity=given.identity,
            known=memory,
            found=StrayAlarm(memory, mandate.arming, say=say, clock=given.clock),
            name_of=name_of,
        )
    )


def _armed(
    settings: Settings, ceiling: Mode, given: Surroundings, gatekeeper: Gatekeeper, memory: Memory
) -> dict[str, Acting]:
    """A sender for each account of which an order may be sent: by the policy, or once a person has released it."""
    if ceiling is Mode.OBSERVE:
        return {}
    clock = given.clock
    modes = {profile.id: profile.mode for profile in settings.desk().accounts}
    armed = {}
    for account in settings.accounts:
        if modes[account.id] is Mode.OBSERVE or account.trading_credential is None:
            continue
        listing = partial(gatekeeper.listing, account.venue)
        way = given.connections.trading(account)
        armed[account.id] = Acting(
            BinanceReader(way, account=account.id, clock=clock, venue=account.venue),
            make_sender(account.venue, way, account=account.id, clock=clock, listing=listing),
            listing=listing,
            changed_at=partial(gatekeeper.changed_at, account.id),
            resting=partial(gatekeeper.resting, account.id),
            note=memory.cancelling,
            now=clock.now,
            ask_name=BinanceLookup(way, clock=clock).name_of,
        )
    return armed
