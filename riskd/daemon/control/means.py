"""What the sockets reach of the daemon, and nothing else of it: no key, no sender, no setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from riskd.act.waiting import Terms
from riskd.adapters.kill_switch import Switches
from riskd.cycle import CycleResult
from riskd.daemon.account_view import AccountView, account_views
from riskd.daemon.arming import Arming
from riskd.daemon.decisions import Decisions, Remembers
from riskd.daemon.handling import Handling
from riskd.daemon.people import People
from riskd.execution import PlanResult
from riskd.model.alert import AlertKey, AlertState
from riskd.model.message import Message
from riskd.model.order import Plan
from riskd.ports import Clock


class Knows(Remembers, Protocol):
    """What is used of ``riskd.daemon.memory.Memory``."""

    states: Mapping[AlertKey, AlertState]

    @property
    def journal_fault(self) -> str:
        """Why nothing new may be begun; empty: it may."""
        ...


class Picture:
    """The newest cycle, and what was made of it for people: made once, when the first of them asks. A listener."""

    def __init__(self) -> None:
        self.result: CycleResult | None = None
        self.cycles = 0
        self._views: tuple[AccountView, ...] = ()

    def after_cycle(self, result: CycleResult) -> None:
        """Take in the newest."""
        self.result, self._views = result, ()
        self.cycles += 1

    def after_plan(self, result: PlanResult) -> None:
        """Plans are told from the journal."""

    def accounts(self) -> tuple[AccountView, ...]:
        """The accounts as they stood when the newest cycle was taken."""
        if not self._views and self.result is not None:
            self._views = account_views(self.result, self.result.snapshot.taken_at)
        return self._views


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Everything that requests are answered from.

    Attributes:
        mode: The ceiling, in a word.
        accounts: Their ids.
        say: Makes a message durable and queues it.
        flatten: The plan that closes everything of an account, or why there is none.
        propose: Records a plan, lets it wait on terms and tells people; False when it could not be made durable.
        decide_within: How long people have.
        ledger_fault: Why the ledger cannot be written; empty: it can.
        standing: What waits for a person, though riskd goes on; empty when nothing does.
    """

    clock: Clock
    mode: str
    accounts: tuple[str, ...]
    people: People
    picture: Picture
    memory: Knows
    decisions: Decisions
    handling: Handling
    arming: Arming
    switches: Switches
    say: Callable[[Message], None]
    flatten: Callable[[str, datetime], Plan | str]
    propose: Callable[[Plan, Terms], bool]
    decide_within: timedelta = timedelta(minutes=5)
    ledger_fault: Callable[[], str] = field(default=lambda: "")
    standing: Callable[[], str] = field(default=lambda: "")
