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
from riskd.judge.headroom import More, Room, more_of, rooms
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
from riskd.policy.bundle import Bundle

# For how many positions, the largest ones, room is looked for when nobody names a symbol; fewer where each costs more.
_POSITIONS_MAX, _ROWS_MAX = 20, 5_000

READ_ASIDE = frozenset({Surface.ASSET_INDEX})
"""What is read though no rule looks at it: what the coins count that back an account, which moves with them."""

_MOVES = (-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        asset: The coin that moves alone; empty: all do.
        scenario: Name of the scenario of which shares happen; empty: none.
        moves: Sizes; empty: the usual ones.
        symbol: Of the positions for which room is looked for; empty: the largest ones.
        side: ``long``, ``short`` or empty.
    """

    asset: str = ""
    scenario: str = ""
    moves: tuple[float, ...] = ()
    symbol: str = ""
    side: str = ""


class QuestionError(ValueError):
    """The question is about something that the book or the desk has not."""


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
    more: tuple[More, ...]
    largest_only: bool

    @property
    def desk(self) -> Desk:
        """Whose book it is."""
        return self.path.snapshot.desk


async def look_at(config: Path, policies: Sequence[str]) -> Sight:
    """Look at the configured accounts once, with other policies than the configured ones where some are named.

    Raises:
        RiskdError: As :func:`riskd.daemon.once.look`.
    """
    settings = read_settings(config)
    clock = SystemClock()
    connections = HttpConnections(settings, credentials_of(config), clock)
    names = tuple(policies) or seen_from(config.parent, settings.policy_files)
    with patient_queries() as queries:
        bundle = load_policies(names, queries).bundle
        return await look_with(settings, bundle, clock, connections, ask=asking(queries), also=READ_ASIDE)


def stressed(sight: Sight, question: Question) -> Stressed:
    """The answers for the book that a look saw.

    Raises:
        QuestionError: There is no such coin, scenario or position.
    """
    tables = sight.result.book.tables
    return stress(tables.snapshots[0], tables.histories[0], sight.bundle, sight.result.readings, question)


def stress(
    snapshot: Snapshot,
    history: History,
    bundle: Bundle,
    now: tuple[Reading, ...],
    question: Question,
) -> Stressed:
    """The answers for a book.

    Args:
        snapshot: As it is.
        history: As it is.
        bundle: Policies and waivers.
        now: What the bundle's rules say of the book.
        question: What is asked.

    Raises:
        QuestionError: There is no such coin, scenario or position.
    """
    scenario = _scenario(snapshot, question)
    path = PricePath.of(snapshot, history, scenario)
    way = Way(suppose=path.at, rules=tuple(bundle.rules), now=snapshot.taken_at, waivers=bundle.waivers)
    ahead = shares() if question.scenario else rises()
    back = np.zeros(1) if question.scenario else falls()
    moves = question.moves or (_SHARES if question.scenario else _MOVES)
    rows = _rows(snapshot, question)
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
        more=tuple(
            more_of(snapshot, history, row, rules=way.rules, now=way.now, waivers=way.waivers) for row in rows
        ),
        largest_only=not question.symbol and len(rows) < len(snapshot.positions),
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


def _rows(snapshot: Snapshot, question: Question) -> list[int]:
    """The positions for which room is looked for, the largest first."""
    positions = snapshot.positions
    sizes = np.nan_to_num(np.abs(positions.notional), nan=-1.0)
    rows = [
        row
        for row in np.argsort(-sizes, kind="stable").tolist()
        if question.symbol in ("", snapshot.instruments[positions.instrument[row]].symbol)
        and question.side in ("", positions.side(row))
    ]
    if question.symbol and not rows:
        held = sorted({snapshot.instruments[code].symbol for code in positions.instrument.tolist()})
        wanted = f"{question.symbol} {question.side}".strip()
        raise QuestionError(f"no position {wanted!r} is held; there are {', '.join(held) or 'none'}")
    # A position whose size or mark is not known cannot be supposed larger.
    known = [row for row in rows if sizes[row] > 0.0]
    return (
        known
        if question.symbol
        else known[: min(_POSITIONS_MAX, max(_ROWS_MAX // max(len(positions), 1), 1))]
    )
