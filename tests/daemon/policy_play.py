"""A daemon's policies over cycles, without the daemon: real files, real judging, a clock that is told the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.daemon.policies import Opening, PolicySource, opening
from riskd.daemon.policy_keeper import PolicyKeeper
from riskd.model.alert import AlertEvent, AlertKey, AlertState
from riskd.model.desk import Mode
from riskd.model.history import History
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.snapshot import Snapshot
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.record.fields import JsonObject
from riskd.record.fold import Remembered
from tests.builders import BTC, NOW, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.fakes.queries import NoQueries

SECONDS = 10.0


def policy(*rules: str, mode: str = "observe", tests: str = "") -> str:
    """A policy of rules that are written in one line each."""
    listed = "\n".join(f"  - {rule}" for rule in rules)
    return f"""riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: {mode}
defaults: {{for: 0s, clear: {{margin: 5%, for: 60s}}, missing: {{hold: 2m, then: alert}}}}
rules:
{listed}
{tests}"""


def leverage(limit: str = "{warn: 3x}", *, name: str = "leverage", more: str = "") -> str:
    """A rule on the leverage of every account."""
    return f"{{id: {name}, title: Leverage, why: It kills., measure: leverage, per: account, max: {limit}{more}}}"


ACTING = (
    ", then: {warn: [notify, {deleverage: {to: 2x, objective: min_cost, max_step: 50%, approval: auto}}]}"
)
TESTED = """tests:
  - {name: at once, rule: leverage, every: 10s, series: "1x, 9x", expect: [{at: 10s, is: firing, level: warn}]}
"""


@dataclass(slots=True)
class Notes:
    """A journal and the states of alerts, in memory; it can be full."""

    states: Mapping[AlertKey, AlertState] = field(default_factory=dict)
    noted: list[tuple[EntryKind, JsonObject]] = field(default_factory=list)
    is_full: bool = False

    def note(self, kind: EntryKind, body: JsonObject, now: datetime) -> bool:
        if not self.is_full:
            self.noted.append((kind, body))
        return not self.is_full

    def owe(self, kind: EntryKind, body: JsonObject, now: datetime) -> None:
        self.noted.append((kind, body))

    def of(self, kind: EntryKind) -> list[JsonObject]:
        """The bodies of one kind."""
        return [body for noted, body in self.noted if noted is kind]


class Play:
    """Cycles under policies that may change.

    Args:
        folder: For the policy file.
        text: Of the policy at the start.
    """

    def __init__(
        self,
        folder: Path,
        text: str,
        *,
        shadow_cycles: int = 3,
        may_send: bool = False,
        found: Remembered | None = None,
    ) -> None:
        self.file = folder / "policy.yaml"
        self.file.write_text(text, encoding="utf-8")
        self.now = NOW
        self.memory = Notes()
        self.said: list[Message] = []
        self.events: list[AlertEvent] = []
        self.leverage = 1.0
        source = PolicySource(names=(str(self.file),), desk=a_book(1.0, NOW).desk, queries=NoQueries())
        self.opening: Opening = opening(source, found or Remembered(), NOW)
        self.keeper = PolicyKeeper(
            self.opening,
            source=source,
            memory=self.memory,
            say=self.said.append,
            shadow_cycles=shadow_cycles,
            may_send=may_send,
        )
        self.keeper.begin("", NOW)

    @property
    def headlines(self) -> list[str]:
        """What was said."""
        return [message.headline for message in self.said]

    @property
    def hash(self) -> str:
        """Of the policies in force."""
        return self.keeper.bundle.hash

    def write(self, text: str) -> None:
        """Somebody saves the policy."""
        self.file.write_text(text, encoding="utf-8")

    def turn(self, leverage: float | None = None) -> CycleResult:
        """One cycle."""
        self.now += timedelta(seconds=SECONDS)
        self.leverage = leverage or self.leverage
        self.keeper.look(self.now)
        before = self.memory.states
        snapshot = a_book(self.leverage, self.now)
        result = run_cycle(
            _input(snapshot, before, self.keeper), observe=lambda *_, **__: (snapshot, Known())
        )
        self.memory.states = result.advance.states
        self.events.extend(result.advance.events)
        self.keeper.after_cycle(result, before, self.now)
        return result

    def turns(self, count: int, leverage: float | None = None) -> None:
        """Several cycles."""
        for _ in range(count):
            self.turn(leverage)

    def changes(self, of: Iterable[AlertEvent] | None = None) -> list[str]:
        """What happened to alerts, such as ``desk/leverage fired held``."""
        return [f"{event.key.rule} {event.kind.value} {event.reason}" for event in of or self.events]


def a_book(leverage: float, at: datetime) -> Snapshot:
    """One account at this leverage."""
    return a_snapshot(
        accounts=[an_account("main", wallet=10_000)],
        instruments=[an_instrument(BTC, mark=10_000.0)],
        positions=[a_position(BTC, leverage, entry=10_000)],
        taken_at=at,
    )


def _input(snapshot: Snapshot, states: Mapping[AlertKey, AlertState], keeper: PolicyKeeper) -> CycleInput:
    def past(_snapshot: Snapshot, _known: Known) -> History:
        return a_history(snapshot)

    return CycleInput(
        snapshot_id=snapshot.id,
        now=snapshot.taken_at,
        reports=(),
        known=Known(),
        desk=snapshot.desk,
        freshness=Freshness(),
        bundle=keeper.bundle,
        states=states,
        remember=past,
        attempts={},
        ceiling=Mode.OBSERVE,
        duration_seconds=0.0,
        changed_rules=keeper.changed_rules,
    )
