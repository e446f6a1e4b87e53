"""A daemon as the sockets know it: a journal in memory, one account at nine times its equity, and people with roles."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from riskd.act.decision import Role
from riskd.act.waiting import Terms
from riskd.adapters.kill_switch import KillSwitch, Switches
from riskd.cycle import CycleResult
from riskd.daemon.arming import Arming
from riskd.daemon.control.means import Means, Picture
from riskd.daemon.decisions import Decided, Decisions
from riskd.daemon.handling import Handling
from riskd.daemon.memory import Memory
from riskd.daemon.people import People
from riskd.daemon.places import Places
from riskd.daemon.settings_people import PersonSettings
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.order import Plan
from riskd.record.plan_text import plan_body
from tests.act.waiting_plans import LIFE, terms
from tests.builders import NOW
from tests.daemon.control.one_cycle import one_cycle
from tests.fakes.clock import ManualClock
from tests.fakes.journal import MemoryJournal
from tests.record.builder import a_plan

EVERYTHING = (Role.OPERATOR, Role.APPROVER)


def me(*roles: Role, name: str = "Ada") -> People:
    """The user who runs the tests, with these roles; everything where none is given."""
    person = PersonSettings(name=name, unix="me", roles=roles or EVERYTHING)
    return People([person], uid_of={"me": os.getuid()}.get, own_uid=os.getuid())


@dataclass(slots=True)
class ControlledDesk:
    """What a test sees of a daemon beside its sockets."""

    folder: Path
    people: People = field(default_factory=me)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    said: list[Message] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    flatten: Callable[[str, datetime], Plan | str] = lambda _account, _now: a_plan("flat-1")
    memory: Memory = field(init=False)
    means: Means = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.journal, channels=["room"], now=NOW)
        decisions = Decisions(self.memory, tell=self.decided.append)
        places = self.places
        self.means = Means(
            clock=self.clock,
            mode="enforce",
            accounts=("main",),
            people=self.people,
            picture=Picture(),
            memory=self.memory,
            decisions=decisions,
            handling=Handling(self.memory),
            arming=Arming(self.memory),
            switches=Switches(KillSwitch(places.kill_switch), places.account_switches),
            say=self.said.append,
            flatten=self.flatten,
            propose=self.propose,
            decide_within=LIFE,
        )

    @property
    def places(self) -> Places:
        return Places(self.folder)

    def propose(self, plan: Plan, on: Terms) -> bool:
        """Record a plan and let it wait."""
        now = self.clock.now()
        return self.memory.note(EntryKind.PLAN, plan_body(plan), now) and self.means.decisions.ask(
            plan, on, now
        )

    def waits(self, on: Terms | None = None) -> ControlledDesk:
        """A plan waits for people."""
        assert self.propose(a_plan(), on or terms())
        return self

    def looks(self) -> CycleResult:
        """One cycle: the account breaks its rule."""
        result = one_cycle()
        self.memory.cycle(result, self.clock.now())
        self.means.picture.after_cycle(result)
        return result

    def restarted(self) -> ControlledDesk:
        """The same disk after a kill."""
        return ControlledDesk(self.folder, people=self.people, journal=MemoryJournal(self.journal.lines))

    def decisions(self) -> list[tuple[str, str, str]]:
        """What the journal holds of people: what, who, and about what."""
        return [
            (str(entry.body["what"]), str(entry.body["actor"]), str(entry.body["target"]))
            for entry in self.journal.entries()
            if entry.kind == EntryKind.DECISION and entry.body["actor"]
        ]
