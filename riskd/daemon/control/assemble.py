"""Puts together what people reach of the daemon, on its sockets and in Slack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from riskd.act.remedies.flatten import flattening
from riskd.act.waiting import Terms
from riskd.adapters.kill_switch import Switches
from riskd.daemon.arming import Arming
from riskd.daemon.control.means import Knows, Means, Picture
from riskd.daemon.decisions import Decisions
from riskd.daemon.handling import Handling
from riskd.daemon.people import People
from riskd.daemon.settings import Settings
from riskd.model.message import Message
from riskd.model.order import Plan
from riskd.ports import Clock


def means_of(
    settings: Settings,
    *,
    clock: Clock,
    people: People,
    picture: Picture,
    memory: Knows,
    decisions: Decisions,
    switches: Switches,
    say: Callable[[Message], None],
    propose: Callable[[Plan, Terms], bool],
    ledger_fault: Callable[[], str],
    standing: Callable[[], str],
) -> Means:
    """What requests are answered from; see ``Means`` for each part."""

    def flatten(account: str, now: datetime) -> Plan | str:
        if picture.result is None:
            return "no cycle is complete yet"
        made = flattening(picture.result.book, account, now)
        return made if isinstance(made, Plan) else made.text

    return Means(
        clock=clock,
        mode=settings.mode,
        accounts=tuple(account.id for account in settings.accounts),
        people=people,
        picture=picture,
        memory=memory,
        decisions=decisions,
        handling=Handling(memory),
        arming=Arming(memory),
        switches=switches,
        say=say,
        flatten=flatten,
        propose=propose,
        decide_within=timedelta(seconds=settings.orders.decide_within),
        ledger_fault=ledger_fault,
        standing=standing,
    )
