"""One look, and then the questions of `riskd stress`: what moves of prices would do, how far limits are, what room is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riskd.adapters.system_clock import SystemClock
from riskd.daemon.connections import HttpConnections
from riskd.daemon.credential_check import credentials_of
from riskd.daemon.once import Sight, look_with
from riskd.daemon.policies import load_policies
from riskd.daemon.policy_files import seen_from
from riskd.daemon.queries import asking, patient_queries
from riskd.daemon.settings_file import read_settings
from riskd.daemon.stress_growths import Unasked, growths
from riskd.daemon.stress_question import Question, QuestionError
from riskd.judge.headroom import Room, rooms
from riskd.judge.larger import More, more_of
from riskd.judge.reading import Reading
from riskd.judge.reverse_stress import (
    Reach,
    falls,
    resolution_of,
    reverse_stress,
    rises,
    shares,
)
from riskd.judge.shock_curve import ShockCurve, shock_curve
from riskd.judge.supposed import Way
from riskd.measure.market_risk.scenarios import SCENARIOS, scenario_of
from riskd.measure.supposed.first_place import Resolution
from riskd.measure.supposed.suppose_prices import EVERYTHING, PricePath, coins_of, of_coin
from riskd.model.desk import Desk
from riskd.model.history import History
from riskd.model.report import Surface
from riskd.model.scenario import Scenario, coin_of
from riskd.model.snapshot import Snapshot
from riskd.observe.known import Known
from riskd.policy.bundle import Bundle

READ_ASIDE = frozenset({Surface.ASSET_INDEX})
"""What is read though no rule looks at it: what the coins count that back an account, which moves with them."""

_MOVES = (-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressed:
    """The answers.

    Attributes:
        scenario: What moves when the whole way is gone.
        is_scenario: Whether it is a scenario with a name, so that moves are shares of it.
        path: Of the prices.
        way: The same with the rules.
        now: What the rules say of the book as it is.
        policy_hash: Of the rules.
        resolution: How finely moves are told.
        symbol: The contract that was asked about; empty: none, so that room is looked for of what is held.
        stop: How far from mark a new position of it has its stop, as a share; NaN: it has none.
        more: How much more of each position may be held.
        unasked: Positions that were asked about and cannot be supposed larger.
        largest_only: Whether room was looked for of the largest positions only.
    """

    scenario: Scenario
    is_scenario: bool
    path: PricePath
    way: Way
    now: tuple[Reading, ...]
    policy_hash: str
    curve: ShockCurve
    reaches: tuple[Reach, ...]
    resolution: Resolution
    rooms: tuple[Room, ...]
    symbol: str
    stop: float
    more: tuple[More, ...]
    unasked: tuple[Unasked, ...]
    largest_only: bool

    @property
    def desk(self) -> Desk:
        """Whose book it is."""
        return self.path.snapshot.desk


async def look_at(config: Path, policies: Sequence[str], *, symbol: str = "") -> Sight:
    """Look at the configured accounts once, with other policies than the configured ones where some are named.

    Args:
        config: The configuration.
        policies: Instead of the configured ones; empty: these.
        symbol: A contract that is looked at too, whoever holds it; empty: none.

    Raises:
        RiskdError: As :func:`riskd.daemon.once.look`.
    """
    settings = read_settings(config)
    clock = SystemClock()
    connections = HttpConnections(settings, credentials_of(config), clock)
    names = tuple(policies) or seen_from(config.parent, settings.policy_files)
    with patient_queries() as queries:
        bundle = load_policies(names, queries).bundle
        return await look_with(
            settings,
            bundle,
            clock,
            connections,
            ask=asking(queries),
            also=READ_ASIDE,
            asked=frozenset({symbol} if symbol else ()),
        )


def stressed(sight: Sight, question: Question) -> Stressed:
    """The answers for the book that a look saw.

    Raises:
        QuestionError: There is no such coin, scenario or contract.
    """
    result = sight.result
    tables = result.book.tables
    return stress(
        tables.snapshots[0],
        tables.histories[0],
        sight.bundle,
        result.readings,
        question,
        known=result.known,
    )


def stress(
    snapshot: Snapshot,
    history: History,
    bundle: Bundle,
    now: tuple[Reading, ...],
    question: Question,
    *,
    known: Known,
) -> Stressed:
    """The answers for a book.

    Args:
        snapshot: As it is.
        history: As it is.
        bundle: Policies and waivers.
        now: What the bundle's rules say of the book.
        question: What is asked.
        known: What the venues told beside: what they list, and how accounts are set up.

    Raises:
        QuestionError: There is no such coin, scenario or contract.
    """
    scenario = _scenario(snapshot, question)
    path = PricePath.of(snapshot, history, scenario)
    way = Way(suppose=path.at, rules=tuple(bundle.rules), now=snapshot.taken_at, waivers=bundle.waivers)
    ahead = shares() if question.scenario else rises()
    back = np.zeros(1) if question.scenario else falls()
    moves = question.moves or (_SHARES if question.scenario else _MOVES)
    asked = growths(snapshot, known, question)
    resolution = resolution_of(len(snapshot.positions))
    return Stressed(
        scenario=scenario,
        is_scenario=bool(question.scenario),
        path=path,
        way=way,
        now=now,
        policy_hash=bundle.hash,
        curve=shock_curve(way, path, moves, most=float(ahead[-1])),
        reaches=reverse_stress(way, now, back=back, ahead=ahead, resolution=resolution),
        resolution=resolution,
        rooms=tuple(rooms(now)),
        symbol=question.symbol,
        stop=question.stop,
        more=tuple(
            more_of(each, history, rules=way.rules, now=way.now, waivers=way.waivers) for each in asked.found
        ),
        unasked=asked.unasked,
        largest_only=asked.largest_only,
    )


def _scenario(snapshot: Snapshot, question: Question) -> Scenario:
    if question.scenario:
        found = scenario_of(question.scenario, snapshot.desk)
        if found is None:
            known = ", ".join((*SCENARIOS, *(each.name for each in snapshot.desk.scenarios)))
            raise QuestionError(f"no scenario {question.scenario!r}; there are {known}")
        return found
    if not question.asset:
        return EVERYTHING
    coin, known_coins = coin_of(question.asset), coins_of(snapshot)
    if coin not in known_coins:
        held = ", ".join(sorted(known_coins)) or "none"
        raise QuestionError(f"nothing in the book follows {question.asset!r}; its coins are {held}")
    return of_coin(coin)
