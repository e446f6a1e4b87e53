"""What people and the house allow riskd to do at this moment: decisions, silences, what is disarmed, the bounds in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskd.act.bounds_change import BoundsChange
from riskd.act.guard import HouseBounds
from riskd.act.message_plan import waiting_message
from riskd.daemon.arming import Arming
from riskd.daemon.decisions import Decided, Decisions
from riskd.daemon.handling import Handling
from riskd.daemon.house import House, words_of
from riskd.daemon.memory import Memory
from riskd.daemon.messages import system_message
from riskd.daemon.settings_orders import OrderSettings, house_bounds
from riskd.errors import SettingsError
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.ports import Clock
from riskd.record.bodies import daemon_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What riskd may do, as far as it is not written in policies.

    Attributes:
        decisions: What people say about plans.
        handling: What they say about alerts.
        arming: What riskd has taken out of its own hands.
        house: The bounds of this installation.
    """

    decisions: Decisions
    handling: Handling
    arming: Arming
    house: House

    @classmethod
    def of(
        cls,
        orders: OrderSettings,
        memory: Memory,
        say: Callable[[Message], None],
        *,
        clock: Clock,
        read_again: Callable[[], OrderSettings] | None,
    ) -> Mandate:
        """The mandate of an installation, as the journal remembers it.

        Args:
            orders: The configuration's bounds.
            say: Makes a message durable and queues it.
            read_again: Reads them again; raises SettingsError. None: they stay as they are.
        """

        def bounds() -> HouseBounds:
            return house_bounds(orders if read_again is None else read_again())

        def tell(change: BoundsChange | SettingsError) -> None:
            _tell_bounds(change, memory, say, clock)

        def decided(what: Decided) -> None:
            say(waiting_message(what.waiting))

        return cls(
            decisions=Decisions(memory, tell=decided),
            handling=Handling(memory),
            arming=Arming(memory),
            house=House(house_bounds(orders), read=bounds, tell=tell),
        )


def _tell_bounds(
    change: BoundsChange | SettingsError, memory: Memory, say: Callable[[Message], None], clock: Clock
) -> None:
    """Write down and say what became of new bounds."""
    now = clock.now()
    headline, level, lines = _bounds_words(change)
    memory.note(
        EntryKind.FAULT,
        daemon_body(headline, facts=[(f"line {number}", line) for number, line in enumerate(lines, 1)]),
        now,
    )
    say(system_message(word="bounds", headline=headline, level=level, body=lines, at=now))


def _bounds_words(change: BoundsChange | SettingsError) -> tuple[str, Level, tuple[str, ...]]:
    if isinstance(change, SettingsError):
        return "riskd.yaml is not valid: the bounds stay as they are", Level.CRITICAL, (str(change),)
    level = Level.WARN if change.refused else Level.OK
    headline = "bounds on orders were read again: what is tighter is in force, what is looser needs a restart"
    return headline, level, words_of(change)
