"""A policy after compilation: no text, no units left to parse, every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum

from riskd.measure.spec import MeasureRef, Unit
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.formula import Formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where something stands in its file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Match:
    """A test of one attribute: any of ``any_of`` (globs), or none of ``none_of``."""

    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """Tests that must all hold, by attribute.

    Attributes are ``account``, ``venue``, ``desk``, ``book``, ``strategy``, ``symbol``, ``asset``, ``hedge``,
    ``grid`` and ``labels.<key>``. Keys are ANDed, values of one key ORed.
    """

    tests: tuple[tuple[str, Match], ...] = ()


class Bound(StrEnum):
    """Which side of the limit is bad."""

    MAX = "max"  # bad above
    MIN = "min"  # bad below
    BAND = "band"  # bad outside


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limit of each level that has one, in base units, worst last.

    Attributes:
        levels: ``(level, low, high)``. For MAX only ``high`` counts (low is -inf), for MIN only ``low``.
    """

    levels: tuple[tuple[Level, float, float], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder: these thresholds hold while the ``by`` measure is <= ``upto`` (inf for the last)."""

    upto: float
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule's limit. Exactly one of ``thresholds`` and ``steps`` is used.

    Attributes:
        bound: Which side is bad.
        thresholds: A plain limit.
        by: The measure a ladder goes by, of the same subject; None for a plain limit.
        steps: The ladder, rising, the last open.
    """

    bound: Bound
    thresholds: Thresholds | None = None
    by: MeasureRef | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Recurring or dated hours in which a tighter limit holds.

    Attributes:
        tz: IANA zone name.
        weekdays: 0 Monday .. 6 Sunday; empty: every day.
        dates: ``YYYY-MM-DD``; empty: no restriction by date.
        between: Local start (inclusive) and end (exclusive); None: the whole day.
    """

    name: str
    tz: str
    weekdays: tuple[int, ...] = ()
    dates: tuple[str, ...] = ()
    between: tuple[time, time] | None = None


class MissingThen(StrEnum):
    """What missing data means once it has lasted longer than ``hold``."""

    ALERT = "alert"
    BREACH = "breach"
    IGNORE = "ignore"


class ActionKind(StrEnum):
    """The closed vocabulary of ``then``."""

    NOTIFY = "notify"
    BLOCK_NEW_RISK = "block_new_risk"
    CANCEL_ORDERS = "cancel_orders"
    PLACE_STOP = "place_stop"
    DELEVERAGE = "deleverage"
    CLOSE = "close"


class Approval(StrEnum):
    """Who releases an order: the policy itself, or a person."""

    AUTO = "auto"
    HUMAN = "human"
    FOUR_EYES = "four_eyes"  # two different people

    @property
    def people(self) -> int:
        """How many different people must release the order; 0: nobody need."""
        return tuple(Approval).index(self)


class Urgency(StrEnum):
    """How long orders that reduce may wait for a better price."""

    CALM = "calm"  # first an order that waits to be taken, then orders that take
    URGENT = "urgent"  # orders that take, at once


class Objective(StrEnum):
    """What a deleverage plan optimises."""

    MIN_COST = "min_cost"
    PRO_RATA = "pro_rata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of one level.

    Attributes:
        to: ``deleverage``: target of the rule's own measure, in base units; None: the clear level.
        max_step: ``deleverage`` and ``close``: largest share of a position that one plan may close, (0, 1].
        distance: ``place_stop``: distance from mark, fraction.
        which: ``cancel_orders``: ``all``, ``risk_increasing`` or ``grid``.
        urgency: ``deleverage`` and ``close``: how the orders meet the market; None: as the level that fires asks.
    """

    kind: ActionKind
    approval: Approval = Approval.AUTO
    to: float | None = None
    objective: Objective = Objective.MIN_COST
    max_step: float = 1.0
    distance: float | None = None
    which: str = "risk_increasing"
    urgency: Urgency | None = None


SENDS_ORDERS = frozenset(
    {ActionKind.DELEVERAGE, ActionKind.CLOSE, ActionKind.PLACE_STOP, ActionKind.CANCEL_ORDERS}
)
"""What riskd does at a venue, with a key that may trade and on somebody's word. ``block_new_risk`` is a word to bots."""

REDUCES = frozenset({ActionKind.DELEVERAGE, ActionKind.CLOSE})
"""What makes positions smaller at once. Cancelling an order or placing a stop trades nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A policy's blast radius. None means that the policy sets no such bound; the house bounds still hold.

    Attributes:
        actions_per_hour_max: Plans begun in any hour.
        notional_per_hour_max: Reduced notional in any hour, USD.
        positions_touched_max: Share of the account's positions that one plan may touch.
        cooldown_seconds: Rest between plans of one account.
    """

    actions_per_hour_max: int | None = None
    notional_per_hour_max: Decimal | None = None
    positions_touched_max: float | None = None
    cooldown_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A rule that another one refines: its limits hold for the other's subjects too, and the tightest counts.

    Attributes:
        id: ``policy/rule`` of the parent.
        places: Where each of its keys stands in its file.
    """

    id: str
    limit: Limit
    during: tuple[tuple[Calendar, Limit], ...]
    mark: Mark
    places: tuple[tuple[str, Mark], ...] = ()

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Its limit and those of its calendars."""
        return (self.limit, *(limit for _, limit in self.during))

    def place(self, *keys: str) -> Mark:
        """Where the first of ``keys`` that it has stands; the rule itself when it has none of them."""
        return _first_place(self.places, keys, self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A measure written as SQL in the policy: one statement that returns ``(subject, value)`` for every subject.

    Attributes:
        mark: Where it begins in its file: at the ``|`` of a block.
    """

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to be judged.

    Attributes:
        id: ``policy/rule``: stable identity.
        where: Scope of the policy and ``where`` of the rule, joined.
        during: Tighter limits by calendar; the tightest of all that hold counts.
        hold_seconds: ``for``: how long a level must be exceeded before it fires.
        clear_margin: Fraction of the limit by which the value must come back inside.
        clear_seconds: For how long.
        missing_hold_seconds: How long missing data keeps the last state before it is said.
        actions: By level; a firing level runs its own list only.
        mode: Weakest of policy and rule.
        refines: ``policy/rule`` of the rule that this one tightens; empty: none.
        chain: The parent, its parent and so on; filled in when all policies are loaded together.
        formula: The arithmetic of an ``expr:`` rule; then ``measure.name`` is ``expr``.
        query: The statement of a ``sql:`` rule; then ``measure.name`` is ``sql``.
        places: Where each of its keys stands in the file.
    """

    id: str
    policy: str
    title: str
    why: str
    measure: MeasureRef
    unit: Unit
    grain: Grain
    where: Selector
    limit: Limit
    during: tuple[tuple[Calendar, Limit], ...]
    hold_seconds: tuple[tuple[Level, float], ...]
    clear_margin: float
    clear_seconds: float
    missing_hold_seconds: float
    missing_then: MissingThen
    actions: tuple[tuple[Level, tuple[Action, ...]], ...]
    mode: Mode
    guard: Guard
    mark: Mark
    refines: str = ""
    chain: tuple[Ancestor, ...] = ()
    formula: Formula | None = None
    query: Query | None = None
    places: tuple[tuple[str, Mark], ...] = ()

    @property
    def measure_words(self) -> str:
        """What it measures, for people: ``margin ratio``; of a measure of the policy's own, the rule's name."""
        is_own = self.formula is not None or self.query is not None
        name = self.id.rpartition("/")[2].replace("-", " ") if is_own else self.measure.name
        return name.replace("_", " ")

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Its own limit, those of its calendars, and those of the rules that it refines."""
        own = (self.limit, *(limit for _, limit in self.during))
        return (*own, *(limit for ancestor in self.chain for limit in ancestor.limits))

    def place(self, *keys: str) -> Mark:
        """Where the first of ``keys`` that the rule has stands; the rule itself when it has none of them."""
        return _first_place(self.places, keys, self.mark)

    def hold(self, level: Level) -> float:
        """Seconds that ``level`` must be exceeded before it fires; 0 when the rule says nothing of it."""
        return dict(self.hold_seconds).get(level, 0.0)

    def actions_at(self, level: Level) -> tuple[Action, ...]:
        """The actions of ``level``; none below WARN."""
        return dict(self.actions).get(level, ())


def _first_place(places: tuple[tuple[str, Mark], ...], keys: tuple[str, ...], otherwise: Mark) -> Mark:
    known = dict(places)
    return next((known[key] for key in keys if key in known), otherwise)
