"""Collects what the guard looks at, at the moment when it is asked. The guard itself is pure and in `act/guard.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from riskd.act.guard import ApprovalState, GuardFacts, HouseBounds, MarketFacts, Spent
from riskd.act.ladder import Urgency
from riskd.act.proposal import Proposal
from riskd.adapters.senders import REDUCE_ONLY_VERIFIED
from riskd.cycle import CycleResult
from riskd.daemon.market_facts import market_facts
from riskd.model.instrument import Instrument
from riskd.model.order import Intent, Reduction
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.observe.facts import OrderFact, PositionKey
from riskd.policy.rule import Approval

# What an order rests on. Resting orders are not among it: a list of orders that failed must not keep an account that is
# about to be liquidated from being reduced.
NEEDED = (Surface.POSITIONS, Surface.BALANCES, Surface.MARKS, Surface.INSTRUMENTS, Surface.POSITION_MODE)

# Their age is bounded by their own freshness; only what moves with the market must be seconds old.
_MOVING = frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.MARKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether what must be written can be."""

    journal_ok: bool
    ledger_ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the journal says of one account's orders.

    Attributes:
        unresolved: Intents whose outcome is not known.
        open_plan: A plan that has not ended; empty when there is none.
    """

    unresolved: int
    open_plan: str
    spent: Spent


def _nothing_disarmed(_account: str, _rule: str, _now: datetime) -> str:
    return ""


class Gatekeeper:
    """Answers with the facts about an account as they are now.

    Args:
        now: The clock.
        halted: Reads the kill switch of an account and that of the installation.
        health: Tells whether journal and ledger can be written.
        books: Tells what the journal says of an account, and of a rule, at a moment.
        bounds: The house's bounds at this moment.
        disarmed: Why nothing is done for a rule on an account until a person arms it again; empty: nothing is disarmed.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        halted: Callable[[str], bool],
        health: Callable[[], Health],
        books: Callable[[str, str, datetime], Books],
        bounds: Callable[[], HouseBounds],
        disarmed: Callable[[str, str, datetime], str] = _nothing_disarmed,
    ) -> None:
        self._now = now
        self._halted = halted
        self._health = health
        self._books = books
        self._bounds = bounds
        self._disarmed = disarmed
        self._result: CycleResult | None = None
        self._complete_cycles: dict[str, int] = {}

    def after_cycle(self, result: CycleResult) -> None:
        """Take in the newest picture and count the complete ones in a row."""
        self._result = result
        for profile in result.snapshot.desk.accounts:
            complete = not incomplete(result, profile.id)
            count = self._complete_cycles.get(profile.id, 0)
            self._complete_cycles[profile.id] = count + 1 if complete else 0

    def listing(self, venue: str) -> Mapping[str, Instrument]:
        """A venue's instruments as the last cycle knew them, by the venue's own symbol; empty before the first."""
        known = None if self._result is None else self._result.known.venue(venue).instruments.value
        return {instrument.venue_symbol: instrument for instrument in (known or {}).values()}

    def changed_at(self, account: str) -> Mapping[PositionKey, int]:
        """When each position last changed, in the venue's milliseconds, as far as the last cycle knew."""
        book = () if self._result is None else self._result.known.account(account).book
        return {held.fact.key: held.fact.updated_ms for held in book}

    def resting(self, account: str) -> tuple[OrderFact, ...]:
        """Ordinary orders that rested when the last cycle looked."""
        return () if self._result is None else self._result.known.account(account).orders.value or ()

    def facts(
        self,
        proposal: Proposal,
        *,
        own_plan: str = "",
        leaving: Intent | None = None,
        about: Reduction | None = None,
        urgency: Urgency = Urgency.URGENT,
    ) -> GuardFacts:
        """Everything the guard looks at for a plan, or for the next order of a running one.

        Args:
            own_plan: The running plan, which does not stand in its own way.
            leaving: The order that is durable and about to be sent, which does not either.
            about: The reduction whose order comes next; its market is looked at.
            urgency: Of the plan: what cannot wait is not held up by what its market looks like.
        """
        assert self._result is not None, "no proposal exists before the first cycle"
        now, account = self._now(), proposal.plan.account
        bounds = self._bounds()
        health, books = self._health(), self._books(account, proposal.plan.rule, now)
        return GuardFacts(
            now=now,
            permissions=proposal.permissions,
            approval=_approval(proposal),
            halted=self._halted(account),
            snapshot_age_seconds=_age(self._result, account, now),
            incomplete=incomplete(self._result, account),
            clock_skew_seconds=_skew(self._result, account),
            cycles_since_start=self._complete_cycles.get(account, 0),
            journal_ok=health.journal_ok,
            ledger_ok=health.ledger_ok,
            reduce_only_verified=_venue(self._result, account) in REDUCE_ONLY_VERIFIED,
            unresolved_intents=books.unresolved - (leaving is not None),
            open_plan="" if books.open_plan == own_plan else books.open_plan,
            position_count=_count(self._result, account),
            gross_notional=_gross(self._result, account),
            spent=books.spent,
            guard=proposal.guard,
            house=bounds,
            disarmed=self._disarmed(account, proposal.plan.rule, now),
            urgent=urgency is Urgency.URGENT,
            market=MarketFacts() if about is None else self._market(account, about, bounds),
            leaving=int(leaving is not None),
        )

    def _market(self, account: str, about: Reduction, bounds: HouseBounds) -> MarketFacts:
        assert self._result is not None, "no proposal exists before the first cycle"
        return market_facts(
            self._result.known,
            _venue(self._result, account),
            about.symbol,
            about.held,
            collar_rate=float(bounds.collar_rate),
        )


def incomplete(result: CycleResult, account: str) -> str:
    """Which part of what an order rests on is missing or doubtful; empty when all of it is there."""
    venue = _venue(result, account)
    for surface in NEEDED:
        state = result.snapshot.state(account, surface) or next(
            (
                s
                for s in result.snapshot.surfaces
                if s.venue == venue and s.account == "" and s.surface is surface
            ),
            None,
        )
        if state is None:
            return f"{surface.value}: never read"
        if state.quality is not Quality.OK:
            return f"{surface.value}: {state.quality.value}, {state.reason}"
    return ""


def _approval(proposal: Proposal) -> ApprovalState:
    """Whether the actions leave it to a person, or the plan does what only a person may decide."""
    if proposal.released_by:
        return ApprovalState.APPROVED
    automatic = all(demand.action.approval is Approval.AUTO for demand in proposal.demands)
    return (
        ApprovalState.NOT_NEEDED if automatic and not proposal.plan.breaks_hedges else ApprovalState.PENDING
    )


def _age(result: CycleResult, account: str, now: datetime) -> float:
    venue = _venue(result, account)
    observed = [
        state.observed_at
        for state in result.snapshot.surfaces
        if state.surface in _MOVING
        and (state.account == account or (state.account == "" and state.venue == venue))
    ]
    ages = [math.nan if at is None else (now - at).total_seconds() for at in observed]
    # A NaN must win over every age, so this is not `max` of Python.
    return float(np.max(ages)) if ages else math.nan


def _skew(result: CycleResult, account: str) -> float:
    offset = result.known.venue(_venue(result, account)).clock_offset.value
    return math.nan if offset is None else offset


def _venue(result: CycleResult, account: str) -> str:
    return next(profile.venue for profile in result.snapshot.desk.accounts if profile.id == account)


def _code(result: CycleResult, account: str) -> int:
    return [profile.id for profile in result.snapshot.desk.accounts].index(account)


def _count(result: CycleResult, account: str) -> int:
    return int((result.snapshot.positions.account == _code(result, account)).sum())


def _gross(result: CycleResult, account: str) -> float:
    rows = result.snapshot.positions.account == _code(result, account)
    return float(np.abs(result.snapshot.positions.notional[rows]).sum())
